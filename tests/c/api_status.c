/* Versions, status names, and freeing nothing. */
#include "check.h"

static void versions_agree(void) {
    char numbers[64];
    snprintf(numbers, sizeof numbers, "%d.%d.%d", OAUTH_VERSION_MAJOR, OAUTH_VERSION_MINOR, OAUTH_VERSION_PATCH);
    CHECK_TEXT(oauth_version(), OAUTH_VERSION_STRING);
    CHECK(strncmp(OAUTH_VERSION_STRING, numbers, strlen(numbers)) == 0);
    CHECK(oauth_version() == oauth_version());
}

#define NAMED(status) CHECK_TEXT(oauth_status_name(status), #status)

static void every_status_has_its_name(void) {
    NAMED(OAUTH_OK);
    NAMED(OAUTH_ERROR_INVALID_ARGUMENT);
    NAMED(OAUTH_ERROR_INVALID_CONFIG);
    NAMED(OAUTH_ERROR_INVALID_STATE);
    NAMED(OAUTH_ERROR_BUSY);
    NAMED(OAUTH_ERROR_BUFFER_TOO_SMALL);
    NAMED(OAUTH_ERROR_INTERNAL);
    NAMED(OAUTH_ERROR_CALLBACK);
    NAMED(OAUTH_ERROR_CANCELLED);
    NAMED(OAUTH_ERROR_TIMEOUT);
    NAMED(OAUTH_ERROR_CONNECT);
    NAMED(OAUTH_ERROR_TLS);
    NAMED(OAUTH_ERROR_CONNECTION_LOST);
    NAMED(OAUTH_ERROR_REDIRECT);
    NAMED(OAUTH_ERROR_RESPONSE_TOO_LARGE);
    NAMED(OAUTH_ERROR_HTTP);
    NAMED(OAUTH_ERROR_INVALID_RESPONSE);
    NAMED(OAUTH_ERROR_PROVIDER);
    NAMED(OAUTH_ERROR_AUTHORIZATION_PENDING);
    NAMED(OAUTH_ERROR_EXPIRED);
    NAMED(OAUTH_ERROR_STATE_MISMATCH);
    NAMED(OAUTH_ERROR_ISSUER_MISMATCH);
    NAMED(OAUTH_ERROR_ID_TOKEN);
    NAMED(OAUTH_ERROR_SYSTEM);
    NAMED(OAUTH_ERROR_LOGIN_REQUIRED);
    NAMED(OAUTH_ERROR_STORE);
    CHECK_TEXT(oauth_status_name(-1), "OAUTH_ERROR_UNKNOWN");
    CHECK_TEXT(oauth_status_name(9999), "OAUTH_ERROR_UNKNOWN");
    CHECK_TEXT(oauth_status_name(INT32_MIN), "OAUTH_ERROR_UNKNOWN");
    CHECK_TEXT(oauth_status_name(INT32_MAX), "OAUTH_ERROR_UNKNOWN");
}

static void nothing_can_be_freed(void) {
    oauth_string_free(NULL);
    oauth_error_free(NULL);
    oauth_token_free(NULL);
    oauth_params_free(NULL);
    oauth_cancel_free(NULL);
    oauth_request_options_free(NULL);
    oauth_config_free(NULL);
    oauth_client_free(NULL);
}

int main(void) {
    versions_agree();
    every_status_has_its_name();
    nothing_can_be_freed();
    return 0;
}
