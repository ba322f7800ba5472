/* Options of one call, and the switch that stops it. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static oauth_status send_with(const oauth_request_options *options) {
    oauth_token *token = (oauth_token *)&fake;
    oauth_status status = oauth_refresh_token(client, NULL, "r", NULL, NULL, options, &token, &error);
    CHECK((token != NULL) == (status == OAUTH_OK));
    oauth_token_free(token);
    return status;
}

static void headers_come_after_those_of_the_client(void) {
    oauth_request_options *options = oauth_request_options_new();
    CHECK(options != NULL);
    oauth_request_options_add_header(options, "X-Tenant", "call");
    oauth_request_options_add_header(options, "X-Tenant", "\xc3\xa9");
    oauth_request_options_add_header(options, "accept", "a/b");
    CHECK_OK(send_with(options));
    CHECK_CONTAINS(fake.headers_seen, "\nX-Tenant: client\nX-Tenant: call\nX-Tenant: \xc3\xa9\naccept: a/b\n");
    CHECK_LACKS(fake.headers_seen, "application/json");
    oauth_request_options_free(options);
    CHECK_OK(send_with(NULL));
    CHECK_LACKS(fake.headers_seen, "X-Tenant: call");
}

static void remaining(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)response;
    *(uint32_t *)seen->extra = oauth_transport_request_remaining_ms(request);
}

/* The shorter of the two counts, and both in place of the client's. */
static void time_is_bounded(void) {
    uint32_t left = 0;
    oauth_request_options *options = oauth_request_options_new();
    fake.during = remaining;
    fake.extra = &left;
    oauth_request_options_set_timeout_ms(options, 2000000);
    CHECK_OK(send_with(options));
    CHECK(left > 1900000 && left <= 2000000);
    oauth_request_options_set_deadline_ms(options, 1000000);
    CHECK_OK(send_with(options));
    CHECK(left > 900000 && left <= 1000000);
    oauth_request_options_set_timeout_ms(options, 500000);
    CHECK_OK(send_with(options));
    CHECK(left > 400000 && left <= 500000);
    oauth_request_options_free(options);
    fake.during = NULL;
}

static void retries_are_those_of_the_call(void) {
    oauth_request_options *options = oauth_request_options_new();
    fake.returns = OAUTH_ERROR_TLS;
    fake.calls = 0;
    oauth_request_options_set_retry_policy(options, 3, 1, false);
    CHECK_FAILS(send_with(options), OAUTH_ERROR_TLS, FAKE_ENDPOINT);
    CHECK(fake.calls == 4);
    oauth_request_options_set_retry_policy(options, 0, 1, true);
    CHECK_FAILS(send_with(options), OAUTH_ERROR_TLS, FAKE_ENDPOINT);
    CHECK(fake.calls == 5);
    oauth_request_options_free(options);
    fake.returns = OAUTH_OK;
}

/* Refused by both calls, again and again, and nothing is sent. Frees the options. */
static void is_refused(oauth_request_options *options, const char *named) {
    oauth_token *token = (oauth_token *)&fake;
    unsigned calls = fake.calls;
    oauth_status status = send_with(options);
    CHECK_CONTAINS(oauth_error_message(error), named);
    CHECK_NAMES(status, OAUTH_ERROR_INVALID_ARGUMENT, "options");
    status = oauth_request_token(client, NULL, "c", NULL, NULL, options, &token, &error);
    CHECK_CONTAINS(oauth_error_message(error), named);
    CHECK_NAMES(status, OAUTH_ERROR_INVALID_ARGUMENT, "options");
    CHECK(token == NULL && fake.calls == calls);
    oauth_request_options_free(options);
}

#define REFUSED(call, named)                                         \
    do {                                                             \
        oauth_request_options *options = oauth_request_options_new(); \
        call;                                                        \
        is_refused(options, named);                                  \
    } while (0)

static void bad_values_are_refused(void) {
    REFUSED(oauth_request_options_set_timeout_ms(options, 0), "timeout_ms");
    REFUSED(oauth_request_options_set_deadline_ms(options, 0), "deadline_ms");
    REFUSED(oauth_request_options_add_header(options, NULL, "v"), "header");
    REFUSED(oauth_request_options_add_header(options, "X-A", NULL), "header");
    REFUSED(oauth_request_options_add_header(options, NOT_UTF8, "v"), "header");
    REFUSED(oauth_request_options_add_header(options, "X-A", NOT_UTF8), "header");
    REFUSED(oauth_request_options_add_header(options, "X-A\r\nX-B: c", "v"), "header");
    REFUSED(oauth_request_options_add_header(options, "X-A", "v\r\nX-B: c"), "header");
    REFUSED(oauth_request_options_add_header(options, "X-A", "v\n"), "header");
    REFUSED(oauth_request_options_add_header(options, "X-A", "\x01"), "header");
    REFUSED(oauth_request_options_add_header(options, "", "v"), "header");
    REFUSED(oauth_request_options_add_header(options, "Authorization", "v"), "Authorization");
    REFUSED(oauth_request_options_add_header(options, "host", "v"), "host");
    REFUSED(oauth_request_options_add_header(options, "Content-Length", "0"), "Content-Length");
    REFUSED(oauth_request_options_add_header(options, "Content-Type", "a/b"), "Content-Type");
    REFUSED(oauth_request_options_add_header(options, "Transfer-Encoding", "chunked"), "Transfer-Encoding");
    REFUSED(oauth_request_options_add_header(options, "Connection", "close"), "Connection");
    /* The first bad value stays. */
    REFUSED((oauth_request_options_add_header(options, NULL, "v"), oauth_request_options_add_header(options, "X-A", NULL),
             oauth_request_options_add_header(options, "X-A", "good")), "name");
}

static void nothing_is_done_to_nothing(void) {
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_request_options_set_timeout_ms(NULL, 1);
    oauth_request_options_set_deadline_ms(NULL, 1);
    oauth_request_options_set_retry_policy(NULL, 1, 1, false);
    oauth_request_options_add_header(NULL, "X-A", "v");
    oauth_request_options_set_cancel(NULL, cancel);
    oauth_request_options_free(NULL);
    oauth_cancel_trigger(NULL);
    oauth_cancel_free(NULL);
    oauth_cancel_free(cancel);
}

/* What the callback sees before and after it triggers the switch itself. */
static void trigger(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)response;
    CHECK(!oauth_transport_request_cancelled(request));
    oauth_cancel_trigger(seen->extra);
    CHECK(oauth_transport_request_cancelled(request));
}

static void a_switch_stops_calls_now_and_later(void) {
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_request_options *options = oauth_request_options_new();
    unsigned calls = fake.calls;
    CHECK(cancel != NULL);
    oauth_request_options_set_cancel(options, cancel);
    CHECK_OK(send_with(options));
    fake.during = trigger;
    fake.extra = cancel;
    CHECK_OK(send_with(options)); /* the answer came all the same */
    fake.during = NULL;
    CHECK(fake.calls == calls + 2);
    oauth_cancel_trigger(cancel); /* again */
    oauth_cancel_free(cancel);    /* the options keep it */
    CHECK_FAILS(send_with(options), OAUTH_ERROR_CANCELLED, FAKE_ENDPOINT);
    CHECK(fake.calls == calls + 2);
    CHECK(send_with(options) == OAUTH_ERROR_CANCELLED);
    CHECK(!oauth_error_request_sent(error));
    oauth_error_free(error);
    error = NULL;
    oauth_request_options_set_cancel(options, NULL);
    CHECK_OK(send_with(options));
    oauth_request_options_free(options);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_add_header(config, "X-Tenant", "client");
    client = client_of(config);
    headers_come_after_those_of_the_client();
    time_is_bounded();
    retries_are_those_of_the_call();
    bad_values_are_refused();
    nothing_is_done_to_nothing();
    a_switch_stops_calls_now_and_later();
    oauth_client_free(client);
    return 0;
}
