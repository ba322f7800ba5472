/* Requests of tokens that are started: what each sends, what each refuses at once by name, and that all is copied. */
#include "api_operation.h"

#define ROTATED "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":\"RT2\"}"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

/* A call that must work; `sent` is its whole form. */
#define GIVES(call, sent)                                  \
    do {                                                   \
        oauth_operation *operation = NULL;                 \
        oauth_token *token = NULL;                         \
        CHECK_OK(call);                                    \
        CHECK_OK(token_of(operation, &token, &error));     \
        CHECK_TEXT(oauth_token_access_token(token), "AT"); \
        CHECK_TEXT(fake.body_seen, sent);                  \
        CHECK_OK(oauth_operation_result(operation, &error)); \
        oauth_token_free(token);                           \
        oauth_operation_free(operation);                   \
    } while (0)

static void what_each_sends(void) {
    oauth_params *params = oauth_params_new();
    oauth_token *before = NULL;
    oauth_params_add(params, "resource", "r");
    GIVES(oauth_request_token_start(client, "Basic abc", "c0de", "http://r/", params, NULL, &operation, &error),
          "grant_type=authorization_code&code=c0de&redirect_uri=http%3A%2F%2Fr%2F&resource=r");
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic abc\n");
    GIVES(oauth_request_token_start(client, NULL, "c0de", NULL, NULL, NULL, &operation, &error),
          "grant_type=authorization_code&code=c0de");
    GIVES(oauth_request_client_credentials_start(client, "s", params, NULL, &operation, &error),
          "grant_type=client_credentials&scope=s&resource=r");
    GIVES(oauth_request_token_exchange_start(client, "S", "st", "A", "at", "rt", "s", NULL, NULL, &operation, &error),
          "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=S&subject_token_type=st"
          "&actor_token=A&actor_token_type=at&requested_token_type=rt&scope=s");
    GIVES(oauth_request_jwt_bearer_start(client, "a.b.c", "s", params, NULL, &operation, &error),
          "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c&scope=s&resource=r");
    GIVES(oauth_request_saml_bearer_start(client, "<a>\xc3\xa9?</a>", NULL, NULL, NULL, &operation, &error),
          "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=PGE-w6k_PC9hPg");
    GIVES(oauth_request_password_start(client, "u", "", "s", NULL, NULL, &operation, &error),
          "grant_type=password&username=u&password=&scope=s");
    GIVES(oauth_request_grant_start(client, "urn:x:y", params, NULL, &operation, &error),
          "grant_type=urn%3Ax%3Ay&resource=r");
    fake.body = ROTATED;
    before = refreshed(client, "RT1");
    GIVES(oauth_renew_token_start(client, before, "s", params, NULL, &operation, &error),
          "grant_type=refresh_token&refresh_token=RT2&scope=s&resource=r");
    fake.body = NULL;
    oauth_token_free(before);
    oauth_params_free(params);
}

static void what_each_refuses(void) {
    oauth_token *token = NULL;
    oauth_request_options *options = oauth_request_options_new();
    oauth_operation *none = NULL;
    oauth_token *given = (oauth_token *)&gate;
    CHECK_OK(oauth_token_new("AT", NULL, NULL, NULL, -1, &token, &error));
    fake.calls = 0;
    REFUSED(oauth_request_token_start(NULL, NULL, "c", NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_token_start(client, NULL, NULL, NULL, NULL, NULL, &operation, &error), "code");
    REFUSED(oauth_request_token_start(client, NOT_UTF8, "c", NULL, NULL, NULL, &operation, &error),
            "authorization_header");
    REFUSED(oauth_request_token_start(client, NULL, NOT_UTF8, NULL, NULL, NULL, &operation, &error), "code");
    REFUSED(oauth_request_token_start(client, NULL, "c", NOT_UTF8, NULL, NULL, &operation, &error), "redirect_uri");
    REFUSED(oauth_renew_token_start(NULL, token, NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_renew_token_start(client, NULL, NULL, NULL, NULL, &operation, &error), "before");
    REFUSED(oauth_renew_token_start(client, token, NOT_UTF8, NULL, NULL, &operation, &error), "scope");
    REFUSED(oauth_request_client_credentials_start(NULL, NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_client_credentials_start(client, NOT_UTF8, NULL, NULL, &operation, &error), "scope");
#define EXCHANGE(with, subject, subject_type, actor, actor_type, requested, scope)                                    \
    oauth_request_token_exchange_start(with, subject, subject_type, actor, actor_type, requested, scope, NULL, NULL, \
                                       &operation, &error)
    REFUSED(EXCHANGE(NULL, "S", "t", NULL, NULL, NULL, NULL), "client");
    REFUSED(EXCHANGE(client, NULL, "t", NULL, NULL, NULL, NULL), "subject_token is");
    REFUSED(EXCHANGE(client, NOT_UTF8, "t", NULL, NULL, NULL, NULL), "subject_token is");
    REFUSED(EXCHANGE(client, "S", NULL, NULL, NULL, NULL, NULL), "subject_token_type");
    REFUSED(EXCHANGE(client, "S", NOT_UTF8, NULL, NULL, NULL, NULL), "subject_token_type");
    REFUSED(EXCHANGE(client, "S", "t", NOT_UTF8, NULL, NULL, NULL), "actor_token is");
    REFUSED(EXCHANGE(client, "S", "t", "A", NOT_UTF8, NULL, NULL), "actor_token_type");
    REFUSED(EXCHANGE(client, "S", "t", NULL, NULL, NOT_UTF8, NULL), "requested_token_type");
    REFUSED(EXCHANGE(client, "S", "t", NULL, NULL, NULL, NOT_UTF8), "scope");
    REFUSED(oauth_request_jwt_bearer_start(NULL, "a", NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_jwt_bearer_start(client, NULL, NULL, NULL, NULL, &operation, &error), "assertion");
    REFUSED(oauth_request_jwt_bearer_start(client, NOT_UTF8, NULL, NULL, NULL, &operation, &error), "assertion");
    REFUSED(oauth_request_jwt_bearer_start(client, "a", NOT_UTF8, NULL, NULL, &operation, &error), "scope");
    REFUSED(oauth_request_saml_bearer_start(NULL, "a", NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_saml_bearer_start(client, NULL, NULL, NULL, NULL, &operation, &error), "assertion");
    REFUSED(oauth_request_saml_bearer_start(client, NOT_UTF8, NULL, NULL, NULL, &operation, &error), "assertion");
    REFUSED(oauth_request_saml_bearer_start(client, "a", NOT_UTF8, NULL, NULL, &operation, &error), "scope");
    REFUSED(oauth_request_password_start(NULL, "u", "p", NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_password_start(client, NULL, "p", NULL, NULL, NULL, &operation, &error), "username");
    REFUSED(oauth_request_password_start(client, NOT_UTF8, "p", NULL, NULL, NULL, &operation, &error), "username");
    REFUSED(oauth_request_password_start(client, "u", NULL, NULL, NULL, NULL, &operation, &error), "password");
    REFUSED(oauth_request_password_start(client, "u", NOT_UTF8, NULL, NULL, NULL, &operation, &error), "password");
    REFUSED(oauth_request_password_start(client, "u", "p", NOT_UTF8, NULL, NULL, &operation, &error), "scope");
    REFUSED(oauth_request_grant_start(NULL, "g", NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_grant_start(client, NULL, NULL, NULL, &operation, &error), "grant_type");
    REFUSED(oauth_request_grant_start(client, NOT_UTF8, NULL, NULL, &operation, &error), "grant_type");
    oauth_request_options_set_deadline_ms(options, 0);
    REFUSED(oauth_request_grant_start(client, "g", NULL, options, &operation, &error), "options");
    /* No place for the operation. */
#define NO_PLACE(call) CHECK_NAMES(call, OAUTH_ERROR_INVALID_ARGUMENT, "operation")
    NO_PLACE(oauth_request_token_start(client, NULL, "c", NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_renew_token_start(client, token, NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_request_client_credentials_start(client, NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_request_token_exchange_start(client, "S", "t", NULL, NULL, NULL, NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_request_jwt_bearer_start(client, "a", NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_request_saml_bearer_start(client, "a", NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_request_password_start(client, "u", "p", NULL, NULL, NULL, NULL, &error));
    NO_PLACE(oauth_request_grant_start(client, "g", NULL, NULL, NULL, &error));
    CHECK(oauth_request_grant_start(NULL, NULL, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(fake.calls == 0);
    /* What only the request finds out is the result. */
    CHECK_OK(oauth_renew_token_start(client, token, NULL, NULL, NULL, &none, &error));
    CHECK_FAILS(token_of(none, &given, &error), OAUTH_ERROR_INVALID_ARGUMENT, "refresh token");
    CHECK_FAILS(oauth_operation_result(none, &error), OAUTH_ERROR_INVALID_ARGUMENT, "refresh token");
    CHECK(given == NULL && fake.calls == 0);
    oauth_operation_free(none);
    oauth_request_options_free(options);
    oauth_token_free(token);
}

/* The thread of the client is held up meanwhile, so that the second call is read after all is gone. */
static void all_is_copied(void) {
    char username[] = "somebody", password[] = "p4ss";
    oauth_params *params = oauth_params_new();
    oauth_request_options *options = oauth_request_options_new();
    oauth_operation *first = NULL, *second = NULL;
    oauth_token *token = NULL;
    set_gate(false);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_request_client_credentials_start(client, NULL, NULL, NULL, &first, &error));
    until_asked();
    oauth_params_add(params, "resource", "r");
    oauth_request_options_add_header(options, "X-Own", "mine");
    CHECK_OK(oauth_request_password_start(client, username, password, NULL, params, options, &second, &error));
    memset(username, 'x', sizeof username - 1);
    memset(password, 'x', sizeof password - 1);
    oauth_params_free(params);
    oauth_request_options_free(options);
    CHECK_FAILS(oauth_operation_result(second, &error), OAUTH_ERROR_BUSY, "has not ended");
    oauth_operation_free(first); /* in the middle */
    set_gate(true);
    CHECK_OK(token_of(second, &token, &error));
    CHECK_TEXT(fake.body_seen, "grant_type=password&username=somebody&password=p4ss&resource=r");
    CHECK_CONTAINS(fake.headers_seen, "\nX-Own: mine\n");
    oauth_token_free(token);
    oauth_operation_free(second);
    fake.during = NULL;
}

/* The deadline counts from the start, also of a call that has to wait for the thread. */
static void the_deadline_counts_from_the_start(void) {
    const struct timespec pause = {0, 50000000};
    oauth_request_options *options = oauth_request_options_new();
    oauth_operation *first = NULL, *second = NULL;
    oauth_token *token = NULL;
    oauth_request_options_set_deadline_ms(options, 20);
    set_gate(false);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_request_grant_start(client, "urn:x:y", NULL, NULL, &first, &error));
    until_asked();
    CHECK_OK(oauth_request_grant_start(client, "urn:x:y", NULL, options, &second, &error));
    CHECK(nanosleep(&pause, NULL) == 0);
    fake.calls = 0;
    set_gate(true);
    CHECK_FAILS(token_of(second, &token, &error), OAUTH_ERROR_TIMEOUT, "time");
    CHECK(fake.calls == 0);
    CHECK_OK(token_of(first, &token, &error));
    oauth_token_free(token);
    oauth_operation_free(first);
    oauth_operation_free(second);
    oauth_request_options_free(options);
    fake.during = NULL;
}

int main(void) {
    client = fake_client(&fake);
    what_each_sends();
    what_each_refuses();
    all_is_copied();
    the_deadline_counts_from_the_start();
    oauth_client_free(client);
    until_alone();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
