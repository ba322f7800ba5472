/* The program as the library's transport: what it is given, what it may answer, and what each answer becomes. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

/* Getters and setters of nothing, and beyond the last header. */
static void null_and_bounds(struct fake *seen, const oauth_transport_request *request,
                            oauth_transport_response *response) {
    size_t count = oauth_transport_request_header_count(request), length = 7;
    (void)seen;
    CHECK(oauth_transport_request_method(NULL) == NULL);
    CHECK(oauth_transport_request_url(NULL) == NULL);
    CHECK(oauth_transport_request_header_count(NULL) == 0);
    CHECK(oauth_transport_request_header_name_at(NULL, 0) == NULL);
    CHECK(oauth_transport_request_header_value_at(NULL, 0) == NULL);
    CHECK(oauth_transport_request_body(NULL, &length) == NULL && length == 0);
    CHECK(oauth_transport_request_body(NULL, NULL) == NULL);
    CHECK(oauth_transport_request_remaining_ms(NULL) == 0);
    CHECK(!oauth_transport_request_cancelled(NULL));
    CHECK(count > 0);
    CHECK(oauth_transport_request_header_name_at(request, count) == NULL);
    CHECK(oauth_transport_request_header_value_at(request, count) == NULL);
    CHECK(oauth_transport_request_header_name_at(request, SIZE_MAX) == NULL);
    CHECK(oauth_transport_request_header_value_at(request, SIZE_MAX) == NULL);
    CHECK(oauth_transport_request_body(request, NULL) != NULL);
    CHECK(oauth_transport_request_remaining_ms(request) > 0);
    CHECK(!oauth_transport_request_cancelled(request));
    oauth_transport_response_set_status(NULL, 200);
    oauth_transport_response_add_header(NULL, "a", "b");
    oauth_transport_response_append_body(NULL, (const uint8_t *)"x", 1);
    oauth_transport_response_append_body(response, NULL, 0);
    oauth_transport_response_append_body(response, (const uint8_t *)"", 0);
}

static void what_is_given(void) {
    fake.during = null_and_bounds;
    oauth_token_free(refreshed(client, "r3fresh"));
    fake.during = NULL;
    CHECK_TEXT(fake.method, "POST");
    CHECK_TEXT(fake.url, FAKE_ENDPOINT);
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=r3fresh");
    CHECK_LACKS(fake.headers_seen, "content-length");
    CHECK_LACKS(fake.headers_seen, "host");
}

/* In pieces, with headers byte for byte. */
static void in_pieces(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)seen, (void)request;
    oauth_transport_response_set_status(response, 404); /* the last one counts */
    oauth_transport_response_set_status(response, 200);
    oauth_transport_response_add_header(response, "X-Odd", "\xff b");
    oauth_transport_response_append_body(response, (const uint8_t *)"n_type\":null,", 13);
    oauth_transport_response_append_body(response, (const uint8_t *)"\"access_token\":\"P\"}", 19);
}

static void what_is_answered(void) {
    oauth_token *token;
    fake.during = in_pieces;
    fake.body = "{\"toke";
    token = refreshed(client, "r3fresh");
    CHECK_TEXT(oauth_token_access_token(token), "P");
    CHECK_TEXT(oauth_token_response_json(token), "{\"token_type\":null,\"access_token\":\"P\"}");
    CHECK_TEXT(oauth_response_header(oauth_token_response(token), "x-odd"), "\xff b");
    CHECK_TEXT(oauth_response_header_name_at(oauth_token_response(token), 1), "X-Odd");
    oauth_token_free(token);
    fake.during = NULL;
    fake.body = NULL;
}

static void returns(oauth_status returned, oauth_status status, bool sent, oauth_advice advice, unsigned calls) {
    fake.returns = returned;
    fake.calls = 0;
    error = refused(client, "r3fresh", status);
    CHECK(oauth_error_request_sent(error) == sent);
    CHECK(oauth_error_advice(error) == advice);
    CHECK(oauth_error_attempts(error) == calls && fake.calls == calls);
    CHECK(oauth_error_response(error) == NULL);
    CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT);
    oauth_error_free(error);
    error = NULL;
    fake.returns = OAUTH_OK;
}

static void what_each_status_becomes(void) {
    /* Nothing was sent: tried again, two times here. */
    returns(OAUTH_ERROR_CONNECT, OAUTH_ERROR_CONNECT, false, OAUTH_ADVICE_RETRY, 3);
    returns(OAUTH_ERROR_TLS, OAUTH_ERROR_TLS, false, OAUTH_ADVICE_RETRY, 3);
    /* The server may have acted: never again. */
    returns(OAUTH_ERROR_TIMEOUT, OAUTH_ERROR_TIMEOUT, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
    returns(OAUTH_ERROR_CANCELLED, OAUTH_ERROR_CANCELLED, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
    returns(OAUTH_ERROR_CONNECTION_LOST, OAUTH_ERROR_CONNECTION_LOST, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
    returns(OAUTH_ERROR_INTERNAL, OAUTH_ERROR_CALLBACK, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
    returns(OAUTH_ERROR_PROVIDER, OAUTH_ERROR_CALLBACK, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
    returns(-1, OAUTH_ERROR_CALLBACK, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
    returns(12345, OAUTH_ERROR_CALLBACK, true, OAUTH_ADVICE_OUTCOME_UNKNOWN, 1);
}

static void bad_status(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request;
    oauth_transport_response_set_status(response, *(int32_t *)seen->extra);
}

static void no_name(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)seen, (void)request;
    oauth_transport_response_add_header(response, NULL, "v");
}

static void no_value(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)seen, (void)request;
    oauth_transport_response_add_header(response, "X-A", NULL);
}

static void no_bytes(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)seen, (void)request;
    oauth_transport_response_append_body(response, NULL, 1);
}

static void too_much(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    static const uint8_t spaces[1 << 16];
    size_t pieces;
    (void)seen, (void)request;
    for (pieces = 0; pieces < 20; pieces++) {
        oauth_transport_response_append_body(response, spaces, sizeof spaces);
    }
    oauth_transport_response_append_body(response, (const uint8_t *)"}", 1);
}

static void is_refused(void (*during)(struct fake *, const oauth_transport_request *, oauth_transport_response *),
                       oauth_status status, const char *named) {
    oauth_token *token = (oauth_token *)&fake;
    fake.during = during;
    CHECK_FAILS(oauth_refresh_token(client, NULL, "r3fresh", NULL, NULL, NULL, &token, &error), status, named);
    CHECK(token == NULL);
    fake.during = NULL;
}

static void bad_answers_are_refused(void) {
    int32_t statuses[] = {0, -1, 199, 100, 600, INT32_MAX, INT32_MIN, 65536 + 200};
    size_t index;
    for (index = 0; index < sizeof statuses / sizeof *statuses; index++) {
        fake.extra = &statuses[index];
        is_refused(bad_status, OAUTH_ERROR_CALLBACK, "HTTP status");
    }
    is_refused(no_name, OAUTH_ERROR_CALLBACK, "header");
    is_refused(no_value, OAUTH_ERROR_CALLBACK, "header");
    is_refused(no_bytes, OAUTH_ERROR_CALLBACK, "body");
    is_refused(too_much, OAUTH_ERROR_RESPONSE_TOO_LARGE, "1048576");
}

/* A redirect, an empty answer and an error page come back as what they are. */
static void every_http_status_is_judged_by_the_library(void) {
    const char *location[][2] = {{"Location", "https://other.example/"}, {NULL, NULL}};
    fake.headers = location;
    fake.http_status = 302;
    error = refused(client, "r3fresh", OAUTH_ERROR_REDIRECT);
    CHECK(oauth_response_status(oauth_error_response(error)) == 302);
    CHECK_TEXT(oauth_response_header(oauth_error_response(error), "location"), "https://other.example/");
    oauth_error_free(error);
    fake.headers = NULL;
    fake.body = "<html>";
    fake.http_status = 500;
    oauth_error_free(refused(client, "r3fresh", OAUTH_ERROR_HTTP));
    fake.http_status = 201;
    oauth_error_free(refused(client, "r3fresh", OAUTH_ERROR_HTTP));
    fake.body = "";
    fake.http_status = 200;
    oauth_error_free(refused(client, "r3fresh", OAUTH_ERROR_INVALID_RESPONSE));
    fake.body = NULL;
    fake.http_status = 0;
    error = NULL;
}

/* Calls from inside the callback: of the same client, and of one that is made and freed there. */
static void nested(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    struct fake inner = {0};
    oauth_client *other;
    (void)request, (void)response;
    seen->during = NULL;
    oauth_token_free(refreshed(client, "inner"));
    CHECK_CONTAINS(seen->body_seen, "refresh_token=inner");
    other = fake_client(&inner);
    oauth_token_free(refreshed(other, "other"));
    oauth_client_free(other);
    CHECK(inner.calls == 1 && inner.destroyed == 1);
}

static void calls_may_be_nested(void) {
    fake.calls = 0;
    fake.during = nested;
    oauth_token_free(refreshed(client, "outer"));
    CHECK(fake.calls == 2);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_retry_policy(config, 2, 1, false);
    client = client_of(config);
    what_is_given();
    what_is_answered();
    what_each_status_becomes();
    bad_answers_are_refused();
    every_http_status_is_judged_by_the_library();
    calls_may_be_nested();
    oauth_client_free(client);
    CHECK(fake.destroyed == 1);
    return 0;
}
