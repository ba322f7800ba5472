/* Errors: everything that is known of a failure, the constant of every registered error, and what to do next. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static void nothing_of_nothing(void) {
    CHECK(oauth_error_status(NULL) == OAUTH_OK && oauth_error_message(NULL) == NULL);
    CHECK(oauth_error_provider_error(NULL) == NULL && oauth_error_provider_code(NULL) == OAUTH_PROVIDER_UNKNOWN);
    CHECK(oauth_error_provider_description(NULL) == NULL && oauth_error_provider_uri(NULL) == NULL);
    CHECK(oauth_error_advice(NULL) == OAUTH_ADVICE_NONE && oauth_error_retry_after_s(NULL) == -1);
    CHECK(!oauth_error_request_sent(NULL) && oauth_error_attempts(NULL) == 0 && oauth_error_endpoint(NULL) == NULL);
    CHECK(oauth_error_deviations(NULL) == 0 && oauth_error_response(NULL) == NULL);
    CHECK(oauth_error_provider_json(NULL) == NULL && oauth_error_ref(NULL) == NULL);
    oauth_error_free(NULL);
}

static void a_wrong_argument(void) {
    oauth_token *token = NULL;
    CHECK(oauth_refresh_token(client, NULL, NULL, NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_error_status(error) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_error_provider_error(error) == NULL && oauth_error_provider_code(error) == OAUTH_PROVIDER_UNKNOWN);
    CHECK(oauth_error_provider_description(error) == NULL && oauth_error_provider_uri(error) == NULL);
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_FIX_REQUEST && oauth_error_retry_after_s(error) == -1);
    CHECK(!oauth_error_request_sent(error) && oauth_error_attempts(error) == 0);
    CHECK(oauth_error_endpoint(error) == NULL && oauth_error_deviations(error) == 0);
    CHECK(oauth_error_response(error) == NULL && oauth_error_provider_json(error) == NULL);
    oauth_error_free(error);
    error = NULL;
}

static void a_refusal_has_all_its_fields(void) {
    oauth_error *same;
    const oauth_json *json;
    const char *headers[][2] = {{"Content-Type", "application/json"}, {"Retry-After", "120"}, {NULL, NULL}};
    fake.headers = headers;
    fake.http_status = 400;
    fake.body = "{\"error\":\"invalid_scope\",\"error_description\":\"d\\u00e9sol\\u00e9\\n\","
                "\"error_uri\":\"https://as.example/e\",\"more\":1}";
    error = refused(client, "r3fresh", OAUTH_ERROR_PROVIDER);
    CHECK_TEXT(oauth_error_provider_error(error), "invalid_scope");
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_INVALID_SCOPE);
    CHECK_TEXT(oauth_error_provider_description(error), "d\xc3\xa9sol\xc3\xa9\n");
    CHECK_TEXT(oauth_error_provider_uri(error), "https://as.example/e");
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_FIX_REQUEST);
    CHECK(oauth_error_retry_after_s(error) == 120);
    CHECK(oauth_error_request_sent(error) && oauth_error_attempts(error) == 1);
    CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT); /* without its query */
    CHECK(oauth_error_deviations(error) == 0);
    CHECK(oauth_response_status(oauth_error_response(error)) == 400);
    CHECK_CONTAINS(oauth_error_message(error), "invalid_scope");
    CHECK_CONTAINS(oauth_error_message(error), "d\xc3\xa9sol\xc3\xa9\\n");
    CHECK_TEXT(oauth_json_text(oauth_error_provider_json(error), "error_uri"), "https://as.example/e");
    CHECK(oauth_json_number(oauth_error_provider_json(error), "more", -7) == 1);
    /* Another handle to the same error, and to all that was borrowed from it. */
    same = oauth_error_ref(error);
    json = oauth_error_provider_json(error);
    oauth_error_free(error);
    CHECK(json == oauth_error_provider_json(same) && oauth_json_count(json) == 4);
    CHECK_CONTAINS(oauth_error_message(same), "invalid_scope");
    error = same;
    oauth_error_free(error);
    error = NULL;
    fake.headers = NULL;
    fake.http_status = 0;
    fake.body = NULL;
}

/* What is no JSON object has no members. */
static void answers_without_json(void) {
    const char *bodies[] = {"", "<p>no</p>", "error=invalid_grant", "[1]", "{\"error\":\"invalid_grant\"", "{} {}"};
    size_t index;
    fake.http_status = 400;
    for (index = 0; index < sizeof bodies / sizeof *bodies; index++) {
        oauth_token *token = NULL;
        fake.body = bodies[index];
        CHECK(oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, &error) != OAUTH_OK);
        CHECK(oauth_error_response(error) != NULL && oauth_error_provider_json(error) == NULL);
        oauth_error_free(error);
        error = NULL;
    }
    fake.body = "\xef\xbb\xbf{\"error\":{\"code\":\"x\"},\"a\":1,\"a\":2}";
    error = refused(client, "r", OAUTH_ERROR_PROVIDER);
    CHECK_TEXT(oauth_json_text(oauth_json_object(oauth_error_provider_json(error), "error"), "code"), "x");
    CHECK(oauth_json_number(oauth_error_provider_json(error), "a", -7) == 1); /* of two the first */
    oauth_error_free(error);
    error = NULL;
    fake.body = "{\"error\":\"invalid_grant\",\"error_description\":\"caf\xe9\"}"; /* no UTF-8 */
    error = refused(client, "r", OAUTH_ERROR_PROVIDER);
    CHECK_TEXT(oauth_json_text(oauth_error_provider_json(error), "error_description"), "caf\xef\xbf\xbd");
    oauth_error_free(error);
    error = NULL;
    fake.http_status = 0;
    fake.body = NULL;
}

static void code_of(const char *text, oauth_provider_code code, oauth_advice advice) {
    char body[200];
    snprintf(body, sizeof body, "{\"error\":\"%s\"}", text);
    fake.http_status = 400;
    fake.body = body;
    error = refused(client, "r3fresh", OAUTH_ERROR_PROVIDER);
    CHECK_TEXT(oauth_error_provider_error(error), text);
    if (oauth_error_provider_code(error) != code || oauth_error_advice(error) != advice) {
        printf("%s: code %d, advice %d\n", text, (int)oauth_error_provider_code(error), (int)oauth_error_advice(error));
        exit(1);
    }
    oauth_error_free(error);
    error = NULL;
    fake.http_status = 0;
    fake.body = NULL;
}

#define BASIC "OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC "
#define BASIC_RAW "OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW"

/* Where the two encodings of Basic differ, a server that refuses the client may want the other one. */
static void the_encoding_that_may_be_wrong(void) {
    static const struct {
        const char *client_id, *client_secret, *header;
        oauth_client_authentication method;
        bool named;
    } table[] = {
        {"client", "a+b", NULL, OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, true},
        {"client", "a b", NULL, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC, true},
        {"client", "a%b", NULL, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW, true},
        {"cli\xc3\xa9nt", "secret", NULL, OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, true},
        {"client", "a/b=c:d&~", NULL, OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, false},
        {"cli:ent", "a+b", NULL, OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, false}, /* raw, it cannot be sent */
        {"client", "a+b", NULL, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST, false},
        {"client", "a+b", "Custom header", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, false},
    };
    char body[1200], description[1001];
    size_t index, length;
    memset(description, 'x', sizeof description - 1);
    description[sizeof description - 1] = '\0';
    fake.http_status = 401;
    fake.body = body;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        oauth_config *config = fake_config(&fake);
        oauth_client *unknown;
        oauth_config_set_client(config, table[index].client_id, table[index].client_secret);
        oauth_config_set_client_authentication(config, table[index].method);
        unknown = client_of(config);
        for (length = 0; length <= 1000; length += 1000) {
            oauth_token *token = NULL;
            const char *message;
            snprintf(body, sizeof body, "{\"error\":\"invalid_client\",\"error_description\":\"%.*s\"}", (int)length,
                     description);
            CHECK(oauth_refresh_token(unknown, table[index].header, "r3fresh", NULL, NULL, NULL, &token, &error) ==
                  OAUTH_ERROR_PROVIDER);
            message = oauth_error_message(error);
            CHECK(is_one_line(message) && oauth_error_advice(error) == OAUTH_ADVICE_FIX_CONFIG);
            CHECK_CONTAINS(message, "invalid_client");
            CHECK((strstr(message, BASIC) != NULL) == table[index].named);
            CHECK((strstr(message, BASIC_RAW) != NULL) == table[index].named);
            CHECK((strstr(message, "oauth_config_set_client_authentication") != NULL) == table[index].named);
            oauth_error_free(error);
            error = NULL;
        }
        oauth_client_free(unknown);
    }
    fake.http_status = 0;
    fake.body = NULL;
}

static void every_registered_error(void) {
    code_of("invalid_request", OAUTH_PROVIDER_INVALID_REQUEST, OAUTH_ADVICE_FIX_REQUEST);
    code_of("invalid_client", OAUTH_PROVIDER_INVALID_CLIENT, OAUTH_ADVICE_FIX_CONFIG);
    code_of("invalid_grant", OAUTH_PROVIDER_INVALID_GRANT, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("unauthorized_client", OAUTH_PROVIDER_UNAUTHORIZED_CLIENT, OAUTH_ADVICE_FIX_CONFIG);
    code_of("unsupported_grant_type", OAUTH_PROVIDER_UNSUPPORTED_GRANT_TYPE, OAUTH_ADVICE_FIX_REQUEST);
    code_of("invalid_scope", OAUTH_PROVIDER_INVALID_SCOPE, OAUTH_ADVICE_FIX_REQUEST);
    code_of("server_error", OAUTH_PROVIDER_SERVER_ERROR, OAUTH_ADVICE_RETRY_LATER);
    code_of("temporarily_unavailable", OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE, OAUTH_ADVICE_RETRY_LATER);
    code_of("access_denied", OAUTH_PROVIDER_ACCESS_DENIED, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("unsupported_response_type", OAUTH_PROVIDER_UNSUPPORTED_RESPONSE_TYPE, OAUTH_ADVICE_FIX_REQUEST);
    code_of("authorization_pending", OAUTH_PROVIDER_AUTHORIZATION_PENDING, OAUTH_ADVICE_RETRY_LATER);
    code_of("slow_down", OAUTH_PROVIDER_SLOW_DOWN, OAUTH_ADVICE_RETRY_LATER);
    code_of("expired_token", OAUTH_PROVIDER_EXPIRED_TOKEN, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("invalid_target", OAUTH_PROVIDER_INVALID_TARGET, OAUTH_ADVICE_FIX_REQUEST);
    code_of("unsupported_token_type", OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE, OAUTH_ADVICE_FIX_REQUEST);
    code_of("use_dpop_nonce", OAUTH_PROVIDER_USE_DPOP_NONCE, OAUTH_ADVICE_RETRY);
    code_of("invalid_dpop_proof", OAUTH_PROVIDER_INVALID_DPOP_PROOF, OAUTH_ADVICE_FIX_REQUEST);
    code_of("login_required", OAUTH_PROVIDER_LOGIN_REQUIRED, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("interaction_required", OAUTH_PROVIDER_INTERACTION_REQUIRED, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("consent_required", OAUTH_PROVIDER_CONSENT_REQUIRED, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("account_selection_required", OAUTH_PROVIDER_ACCOUNT_SELECTION_REQUIRED, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("invalid_token", OAUTH_PROVIDER_INVALID_TOKEN, OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("insufficient_scope", OAUTH_PROVIDER_INSUFFICIENT_SCOPE, OAUTH_ADVICE_FIX_REQUEST);
    code_of("invalid_authorization_details", OAUTH_PROVIDER_INVALID_AUTHORIZATION_DETAILS, OAUTH_ADVICE_FIX_REQUEST);
    code_of("insufficient_user_authentication", OAUTH_PROVIDER_INSUFFICIENT_USER_AUTHENTICATION,
            OAUTH_ADVICE_LOG_IN_AGAIN);
    code_of("made_up_by_a_server", OAUTH_PROVIDER_UNKNOWN, OAUTH_ADVICE_NONE);
    code_of("INVALID_GRANT", OAUTH_PROVIDER_UNKNOWN, OAUTH_ADVICE_NONE);
}

/* An answer without an OAuth error. */
static void http_only(int32_t status, const char *retry_after, oauth_advice advice, int64_t retry_after_s) {
    const char *headers[2][2] = {{"Retry-After", NULL}, {NULL, NULL}};
    headers[0][1] = retry_after;
    fake.headers = retry_after ? headers : headers + 1;
    fake.http_status = status;
    fake.body = "<html>";
    error = refused(client, "r3fresh", OAUTH_ERROR_HTTP);
    CHECK(oauth_error_advice(error) == advice);
    CHECK(oauth_error_retry_after_s(error) == retry_after_s);
    CHECK(oauth_error_provider_error(error) == NULL && oauth_error_provider_code(error) == OAUTH_PROVIDER_UNKNOWN);
    CHECK(oauth_error_request_sent(error) && oauth_error_attempts(error) == 1);
    oauth_error_free(error);
    error = NULL;
    fake.headers = NULL;
    fake.http_status = 0;
    fake.body = NULL;
}

static void deviates(int32_t http_status, const char *body, oauth_deviations deviations, const char *provider_error,
                     const char *description) {
    fake.http_status = http_status;
    fake.body = body;
    error = refused(client, "r3fresh", OAUTH_ERROR_PROVIDER);
    CHECK(oauth_error_deviations(error) == deviations);
    CHECK_TEXT(oauth_error_provider_error(error), provider_error);
    CHECK_TEXT(oauth_error_provider_description(error), description);
    oauth_error_free(error);
    error = NULL;
    fake.http_status = 0;
    fake.body = NULL;
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT "?tenant=a");
    client = client_of(config);
    nothing_of_nothing();
    a_wrong_argument();
    a_refusal_has_all_its_fields();
    answers_without_json();
    every_registered_error();
    the_encoding_that_may_be_wrong();
    http_only(503, "120", OAUTH_ADVICE_RETRY_LATER, 120);
    http_only(429, "99999999", OAUTH_ADVICE_RETRY_LATER, 3600);
    http_only(500, NULL, OAUTH_ADVICE_RETRY_LATER, -1);
    http_only(503, "soon", OAUTH_ADVICE_RETRY_LATER, -1);
    http_only(503, "Sun, 06 Nov 1994 08:49:37 GMT", OAUTH_ADVICE_RETRY_LATER, 0);
    http_only(404, NULL, OAUTH_ADVICE_FIX_CONFIG, -1);
    http_only(400, NULL, OAUTH_ADVICE_NONE, -1);
    deviates(401, "{\"error\":\"x\"}", 0, "x", NULL);
    deviates(200, "{\"error\":\"x\"}", OAUTH_DEVIATION_ERROR_STATUS, "x", NULL);
    deviates(400, "{\"error\":\"x\",\"error_description\":\"a\xff\"}", OAUTH_DEVIATION_INVALID_UTF8, "x",
             "a\xef\xbf\xbd");
    deviates(400, "{\"error\":{\"type\":\"x\",\"message\":\"m\"}}", OAUTH_DEVIATION_ERROR_OBJECT, "x", "m");
    deviates(400, "{\"error\":\"x\",\"error_description\":\"a\\u0000b\"}", OAUTH_DEVIATION_NUL_IN_VALUE, "x", NULL);
    oauth_client_free(client);
    return 0;
}
