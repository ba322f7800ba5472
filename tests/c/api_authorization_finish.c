/* The authorization code grant, part two: which answers are believed, and what each mistake leaves behind. */
#include "api_authorization.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client; /* public, without issuer */

/* None of these reaches the token endpoint, and the right answer is still good afterwards. */
static void foreign_answers(void) {
    static const struct {
        const char *beginning; /* the right state follows */
        oauth_status status;
        const char *named;
    } foreign[] = {
        {"code=c&code=c", OAUTH_ERROR_INVALID_RESPONSE, "twice"},
        {"code=c&state=", OAUTH_ERROR_INVALID_RESPONSE, "twice"},
        {"code=", OAUTH_ERROR_INVALID_RESPONSE, "empty code"},
        {"x=1", OAUTH_ERROR_INVALID_RESPONSE, "neither a code nor an error"},
        {"code=c&x=1\n", OAUTH_ERROR_INVALID_RESPONSE, "control character"},
        {"https://evil.example/cb?code=c", OAUTH_ERROR_INVALID_RESPONSE, "elsewhere"},
        {"http://127.0.0.1:8081/cb?code=c", OAUTH_ERROR_INVALID_RESPONSE, "elsewhere"},
        {"http://127.0.0.1:8080/other?code=c", OAUTH_ERROR_INVALID_RESPONSE, "elsewhere"},
        {REDIRECT_URI "#code=c", OAUTH_ERROR_INVALID_RESPONSE, "response_mode"},
        {"code=c&iss=https%3A%2F%2Fevil.example", OAUTH_ERROR_ISSUER_MISMATCH, "https://evil.example"},
        {"code=c&iss=" ISSUER "%2F", OAUTH_ERROR_ISSUER_MISMATCH, ISSUER "/"},
        {"error=access_denied&iss=https://evil.example", OAUTH_ERROR_ISSUER_MISMATCH, "https://evil.example"},
    };
    static const char *stateless[] = {
        "", "?", "code=c", "error=access_denied", REDIRECT_URI "?code=c", "code=c&state=", "code=c&state=x",
        "code=c&state=x&iss=https://evil.example", "error=access_denied&state=x&iss=https://evil.example",
    };
    oauth_client *with_issuer = server_client(&fake, ISSUER);
    oauth_authorization *authorization = begun(with_issuer, REDIRECT_URI, NULL);
    oauth_authorization *other = begun(with_issuer, REDIRECT_URI, NULL);
    size_t index;
    fake.calls = 0;
    for (index = 0; index < sizeof foreign / sizeof *foreign; index++) {
        CHECK_UNFINISHED(authorization, answer(authorization, foreign[index].beginning), foreign[index].status,
                         foreign[index].named);
    }
    for (index = 0; index < sizeof stateless / sizeof *stateless; index++) {
        CHECK_UNFINISHED(authorization, stateless[index], OAUTH_ERROR_STATE_MISMATCH, "state");
    }
    CHECK_UNFINISHED(authorization, answer(other, "code=c"), OAUTH_ERROR_STATE_MISMATCH, "state");
    CHECK(fake.calls == 0);
    oauth_token_free(finished(authorization, answer(authorization, "code=c&iss=https%3A%2F%2Fas.example")));
    oauth_token_free(finished(other, answer(other, REDIRECT_URI "?code=c")));
    CHECK(fake.calls == 2);
    oauth_authorization_free(authorization);
    oauth_authorization_free(other);
    oauth_client_free(with_issuer);
}

/* The user said no: that is the answer, and there is no second one. */
static void a_refusal(void) {
    char *json = (char *)&fake;
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    oauth_token *token = (oauth_token *)&fake;
    fake.calls = 0;
    CHECK(oauth_authorization_finish(authorization,
                                     answer(authorization, "code=c&error=access_denied&error_description=N%c3%b6%0a"
                                                           "&error_uri=https%3A%2F%2Fas.example%2Fe"),
                                     NULL, NULL, &token, &error) == OAUTH_ERROR_PROVIDER);
    CHECK(token == NULL && fake.calls == 0);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_ACCESS_DENIED);
    CHECK_TEXT(oauth_error_provider_error(error), "access_denied");
    CHECK_TEXT(oauth_error_provider_description(error), "N\xc3\xb6\n");
    CHECK_TEXT(oauth_error_provider_uri(error), "https://as.example/e");
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN && !oauth_error_request_sent(error));
    CHECK(is_one_line(oauth_error_message(error)));
    CHECK_CONTAINS(oauth_error_message(error), "access_denied: N\xc3\xb6\\n");
    oauth_error_free(error);
    error = NULL;
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_INVALID_STATE, "begin a new one");
    CHECK(fake.calls == 0);
    /* Nobody else can take it up again, either. */
    CHECK_FAILS(oauth_authorization_to_json(authorization, &json, &error), OAUTH_ERROR_INVALID_STATE, "begin a new one");
    CHECK(json == NULL);
    oauth_authorization_free(authorization);
}

/* A code that never left is still good; one that may have left is not. */
static void a_code_that_never_left(void) {
    static const oauth_status sent[] = {OAUTH_ERROR_CONNECTION_LOST, OAUTH_ERROR_TIMEOUT, OAUTH_ERROR_CALLBACK};
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    oauth_request_options *options = oauth_request_options_new();
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_params *params = oauth_params_new();
    oauth_token *token = NULL;
    size_t index;
    fake.calls = 0;
    oauth_request_options_set_cancel(options, cancel);
    oauth_cancel_trigger(cancel);
    CHECK_FAILS(oauth_authorization_finish(authorization, answer(authorization, "code=c"), NULL, options, &token,
                                           &error), OAUTH_ERROR_CANCELLED, "cancelled");
    oauth_params_add(params, "code_verifier", "mine");
    CHECK_NAMES(oauth_authorization_finish(authorization, answer(authorization, "code=c"), params, NULL, &token,
                                           &error), OAUTH_ERROR_INVALID_ARGUMENT, "field_parameters");
    CHECK(fake.calls == 0);
    oauth_request_options_free(options);
    options = oauth_request_options_new();
    oauth_request_options_set_retry_policy(options, 0, 1, false);
    fake.returns = OAUTH_ERROR_CONNECT;
    CHECK_FAILS(oauth_authorization_finish(authorization, answer(authorization, "code=c"), NULL, options, &token,
                                           &error), OAUTH_ERROR_CONNECT, "connect");
    fake.returns = OAUTH_ERROR_TLS;
    CHECK_FAILS(oauth_authorization_finish(authorization, answer(authorization, "code=c"), NULL, options, &token,
                                           &error), OAUTH_ERROR_TLS, "TLS");
    CHECK(token == NULL && fake.calls == 2);
    fake.returns = OAUTH_OK;
    oauth_token_free(finished(authorization, answer(authorization, "code=c")));
    oauth_authorization_free(authorization);
    for (index = 0; index < sizeof sent / sizeof *sent; index++) {
        authorization = begun(client, REDIRECT_URI, NULL);
        fake.calls = 0;
        fake.returns = sent[index];
        CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), sent[index], "");
        fake.returns = OAUTH_OK;
        CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_INVALID_STATE, "begin a new one");
        CHECK(fake.calls == 1);
        oauth_authorization_free(authorization);
    }
    oauth_request_options_free(options);
    oauth_cancel_free(cancel);
    oauth_params_free(params);
}

static void bad_arguments_of_finish(void) {
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    oauth_token *token = (oauth_token *)&fake;
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    fake.calls = 0;
    CHECK_NAMES(oauth_authorization_finish(NULL, "code=c", NULL, NULL, &token, &error), argument, "authorization");
    CHECK(token == NULL);
    CHECK_NAMES(oauth_authorization_finish(authorization, NULL, NULL, NULL, &token, &error), argument, "redirect");
    CHECK_NAMES(oauth_authorization_finish(authorization, NOT_UTF8, NULL, NULL, &token, &error), argument, "redirect");
    CHECK_NAMES(oauth_authorization_finish(authorization, answer(authorization, "code=c"), NULL, NULL, NULL, &error),
                argument, "token");
    CHECK(oauth_authorization_finish(authorization, NULL, NULL, NULL, NULL, NULL) == argument);
    CHECK(fake.calls == 0);
    oauth_token_free(finished(authorization, answer(authorization, "code=c")));
    oauth_authorization_free(authorization);
}

/* Where the token endpoint has to be looked up and cannot be, by the process that finishes, the code never left. */
static void a_token_endpoint_that_is_not_found(void) {
    struct metadata metadata = {0, METADATA(""), 0};
    oauth_client *one, *other;
    oauth_authorization *begun_here, *authorization = NULL;
    char *json = NULL;
    fake.extra = &metadata;
    one = server_client(&fake, ISSUER);
    other = server_client(&fake, ISSUER);
    begun_here = begun(one, REDIRECT_URI, NULL);
    CHECK_OK(oauth_authorization_to_json(begun_here, &json, &error));
    CHECK_OK(oauth_authorization_from_json(other, json, &authorization, &error));
    fake.calls = metadata.fetched = 0;
    metadata.http_status = 503;
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_HTTP, "");
    CHECK(metadata.fetched > 0 && fake.calls == 0);
    metadata.http_status = 200;
    oauth_token_free(finished(authorization, answer(authorization, "code=c")));
    CHECK(fake.calls == 1);
    oauth_string_free(json);
    oauth_authorization_free(authorization);
    oauth_authorization_free(begun_here);
    oauth_client_free(other);
    oauth_client_free(one);
    fake.extra = NULL;
}

/* For looking through: every line and message of a log-in whose server, or whoever forges redirects, echoes all it knows. */
static char lines[16384];

static void keep_line(void *user_data, oauth_log_level level, const char *line) {
    (void)user_data, (void)level;
    fake_append(lines, sizeof lines, line);
    fake_append(lines, sizeof lines, "\n");
}

static void keep_message(oauth_authorization *authorization, const char *redirect, oauth_status status) {
    oauth_token *token = NULL;
    CHECK(oauth_authorization_finish(authorization, redirect, NULL, NULL, &token, &error) == status);
    keep_line(NULL, 0, oauth_error_message(error));
    oauth_error_free(error);
    error = NULL;
}

static oauth_status echo(void *user_data, const oauth_transport_request *request, oauth_transport_response *response) {
    char body[sizeof ((struct fake *)user_data)->body_seen + 64];
    fake_record(user_data, request);
    snprintf(body, sizeof body, "{\"error\":\"invalid_grant\",\"error_description\":\"%s\"}", fake.body_seen);
    oauth_transport_response_set_status(response, 400);
    oauth_transport_response_append_body(response, (const uint8_t *)body, strlen(body));
    return OAUTH_OK;
}

static void no_secret_is_shown(void) {
    char beginning[512], state[64], verifier[64];
    oauth_config *config = oauth_config_new();
    oauth_client *logging;
    oauth_authorization *authorization;
    oauth_config_set_client(config, "client", NULL);
    oauth_config_set_issuer(config, ISSUER);
    oauth_config_set_authorization_endpoint(config, AUTHORIZATION_ENDPOINT);
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_transport(config, echo, &fake, NULL);
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, keep_line, NULL, NULL);
    logging = client_of(config);
    authorization = begun(logging, REDIRECT_URI, NULL);
    strcpy(state, oauth_authorization_state(authorization));
    snprintf(beginning, sizeof beginning, "https://evil.example/%s?code=v3ryc0de", state);
    keep_message(authorization, answer(authorization, beginning), OAUTH_ERROR_INVALID_RESPONSE);
    keep_message(authorization, answer(authorization, "code=v3ryc0de&code=v3ryc0de"), OAUTH_ERROR_INVALID_RESPONSE);
    keep_message(authorization, "code=v3ryc0de&state=0ther5tate", OAUTH_ERROR_STATE_MISMATCH);
    snprintf(beginning, sizeof beginning, "code=v3ryc0de&iss=v3ryc0de%s", state);
    keep_message(authorization, answer(authorization, beginning), OAUTH_ERROR_ISSUER_MISMATCH);
    keep_message(authorization, answer(authorization, "code=v3ryc0de"), OAUTH_ERROR_PROVIDER);
    CHECK(parameter(fake.body_seen, "code_verifier", verifier, sizeof verifier));
    CHECK_LACKS(lines, verifier);
    oauth_authorization_free(authorization);
    authorization = begun(logging, REDIRECT_URI, NULL);
    snprintf(beginning, sizeof beginning, "error=x&error_description=for+%s",
             oauth_authorization_state(authorization));
    keep_message(authorization, answer(authorization, beginning), OAUTH_ERROR_PROVIDER);
    CHECK_LACKS(lines, oauth_authorization_state(authorization));
    oauth_authorization_free(authorization);
    authorization = begun(logging, REDIRECT_URI, NULL);
    keep_message(authorization, answer(authorization, "code=v3ryc0de&error=x&error_description=v3ryc0de"),
                 OAUTH_ERROR_PROVIDER);
    CHECK_LACKS(lines, state);
    CHECK_LACKS(lines, "v3ryc0de");
    CHECK_LACKS(lines, "0ther5tate");
    CHECK_CONTAINS(lines, "[redacted]");
    oauth_authorization_free(authorization);
    oauth_client_free(logging);
}

int main(void) {
    client = server_client(&fake, NULL);
    foreign_answers();
    a_refusal();
    a_code_that_never_left();
    bad_arguments_of_finish();
    a_token_endpoint_that_is_not_found();
    no_secret_is_shown();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
