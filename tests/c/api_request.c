/* The two calls: what they send, and every bad argument, alone, with nothing sent. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client, *bare;
static oauth_params *params;
static oauth_request_options *options;

static void a_code_is_sent(void) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_request_token(client, NULL, "c0/de+=&", "https://app.example/cb?x=1", params, options, &token,
                                 &error));
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    CHECK_TEXT(fake.body_seen, "grant_type=authorization_code&code=c0%2Fde%2B%3D%26"
                               "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1");
    oauth_token_free(token);
    /* Without a redirect_uri it is left out. */
    CHECK_OK(oauth_request_token(client, NULL, "c", NULL, NULL, NULL, &token, &error));
    CHECK_TEXT(fake.body_seen, "grant_type=authorization_code&code=c");
    oauth_token_free(token);
}

static void a_refresh_token_is_sent(void) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_refresh_token(client, NULL, "r/+", "a b", params, options, &token, &error));
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=r%2F%2B&scope=a+b");
    oauth_token_free(token);
    CHECK_OK(oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, &error));
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=r");
    oauth_token_free(token);
}

/* Nobody has to want the error. */
static void the_error_is_optional(void) {
    oauth_token *token = (oauth_token *)&fake;
    CHECK(oauth_request_token(client, NULL, NULL, NULL, NULL, NULL, &token, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(token == NULL);
    CHECK(oauth_request_token(client, NULL, "c", NULL, NULL, NULL, &token, NULL) == OAUTH_OK);
    oauth_token_free(token);
    token = (oauth_token *)&fake;
    CHECK(oauth_refresh_token(NULL, NULL, "r", NULL, NULL, NULL, &token, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(token == NULL);
    CHECK(oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, NULL) == OAUTH_OK);
    oauth_token_free(token);
}

static void code_refused(const oauth_client *with, const char *header, const char *code, const char *redirect_uri,
                         const char *name) {
    oauth_token *token = (oauth_token *)&fake;
    CHECK_NAMES(oauth_request_token(with, header, code, redirect_uri, params, options, &token, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, name);
    CHECK(token == NULL && fake.calls == 0);
}

static void refresh_refused(const oauth_client *with, const char *header, const char *refresh_token,
                            const char *scope, const char *name) {
    oauth_token *token = (oauth_token *)&fake;
    CHECK_NAMES(oauth_refresh_token(with, header, refresh_token, scope, params, options, &token, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, name);
    CHECK(token == NULL && fake.calls == 0);
}

static void bad_arguments_are_named_and_nothing_is_sent(void) {
    const char *bad_headers[] = {"", NOT_UTF8, "Basic x\r\nX-A: b", "Basic x\nX-A: b", "\x01", "x\x7f"};
    size_t index;
    fake.calls = 0;
    code_refused(NULL, "H", "c", NULL, "client");
    code_refused(client, "H", NULL, NULL, "code");
    code_refused(client, "H", "", NULL, "code");
    code_refused(client, "H", NOT_UTF8, NULL, "code");
    code_refused(client, "H", "c", "", "redirect_uri");
    code_refused(client, "H", "c", NOT_UTF8, "redirect_uri");
    refresh_refused(NULL, "H", "r", NULL, "client");
    refresh_refused(client, "H", NULL, NULL, "refresh_token");
    refresh_refused(client, "H", "", NULL, "refresh_token");
    refresh_refused(client, "H", NOT_UTF8, NULL, "refresh_token");
    refresh_refused(client, "H", "r", NOT_UTF8, "scope");
    for (index = 0; index < sizeof bad_headers / sizeof *bad_headers; index++) {
        code_refused(client, bad_headers[index], "c", NULL, "authorization_header");
        refresh_refused(client, bad_headers[index], "r", NULL, "authorization_header");
    }
    /* Nothing says who the client is. */
    code_refused(bare, NULL, "c", NULL, "client has no client_id");
    refresh_refused(bare, NULL, "r", NULL, "client has no client_id");
    CHECK_NAMES(oauth_request_token(client, "H", "c", NULL, params, options, NULL, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, "token");
    CHECK_NAMES(oauth_refresh_token(client, "H", "r", NULL, params, options, NULL, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, "token");
    CHECK(fake.calls == 0);
}

/* Neither the code nor the refresh token is ever in a message about it. */
static void messages_hold_no_secret(void) {
    oauth_token *token = NULL;
    CHECK(oauth_request_token(client, "s3cret\r\n", "v3ryc0de", NULL, NULL, NULL, &token, &error) ==
          OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK_LACKS(oauth_error_message(error), "s3cret");
    CHECK_LACKS(oauth_error_message(error), "v3ryc0de");
    oauth_error_free(error);
    error = NULL;
}

int main(void) {
    oauth_config *config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    bare = client_of(config);
    client = fake_client(&fake);
    params = oauth_params_new();
    options = oauth_request_options_new();
    a_code_is_sent();
    a_refresh_token_is_sent();
    the_error_is_optional();
    bad_arguments_are_named_and_nothing_is_sent();
    messages_hold_no_secret();
    oauth_params_free(params);
    oauth_request_options_free(options);
    oauth_client_free(bare);
    oauth_client_free(client);
    CHECK(fake.destroyed == 2);
    return 0;
}
