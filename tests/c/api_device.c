/* The device grant (RFC 8628): what is sent, what is shown, and how polling ends. Time is short here; when exactly polls
 * are sent is for tests/wire/device_polling.rs. */
#include "api_fake.h"
#include <time.h>

#define DEVICE_ENDPOINT "https://as.example/device_authorization"
#define CODES(more)                                                                           \
    "{\"device_code\":\"D3v/c0de+\",\"user_code\":\"WDJB-MJHT\","                             \
    "\"verification_uri\":\"https://as.example/device\"" more "}"
#define URI_COMPLETE "https://as.example/device?user_code=WDJB-MJHT"

static oauth_error *error;
static struct fake fake;
static oauth_client *client; /* public */
static struct fake_answer at[] = {{DEVICE_ENDPOINT, NULL, 0}, {NULL, NULL, 0}};

static oauth_config *device_config(const char *client_secret) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_client(config, "client", client_secret);
    oauth_config_set_device_authorization_endpoint(config, DEVICE_ENDPOINT);
    oauth_config_set_issuer(config, "https://as.example"); /* for its ID token */
    oauth_config_set_retry_policy(config, 0, 1, false);
    return config;
}

static oauth_device_authorization *begun(const char *codes) {
    oauth_device_authorization *device = NULL;
    at[0].body = codes;
    CHECK_OK(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error));
    CHECK(device != NULL);
    return device;
}

static void let_pass(uint32_t ms) {
    struct timespec pause;
    pause.tv_sec = ms / 1000;
    pause.tv_nsec = (long)(ms % 1000) * 1000000;
    nanosleep(&pause, NULL);
}

static void answers(int32_t http_status, const char *body) {
    fake.http_status = http_status;
    fake.body = body;
}

static void nothing_of_nothing(void) {
    CHECK(oauth_device_authorization_user_code(NULL) == NULL);
    CHECK(oauth_device_authorization_verification_uri(NULL) == NULL);
    CHECK(oauth_device_authorization_verification_uri_complete(NULL) == NULL);
    CHECK(oauth_device_authorization_qr_text(NULL) == NULL && oauth_device_authorization_json(NULL) == NULL);
    CHECK(oauth_device_authorization_expires_at_s(NULL) == -1 && oauth_device_authorization_next_poll_in_ms(NULL) == 0);
    oauth_device_authorization_free(NULL);
}

static void what_is_sent_and_shown(void) {
    oauth_params *params = oauth_params_new();
    oauth_device_authorization *device = NULL, *plain;
    oauth_client *confidential = client_of(device_config("s3cr3t"));
    int64_t before_s = (int64_t)time(NULL), expires_at_s;
    const char *qr_text;
    uint32_t next_ms;
    oauth_params_add(params, "resource", "https://r.example/");
    at[0].body = CODES(",\"verification_uri_complete\":\"" URI_COMPLETE "\",\"expires_in\":1800,\"interval\":7,\"x\":1");
    CHECK_OK(oauth_device_authorization_begin(client, "a b", params, NULL, &device, &error));
    CHECK_TEXT(fake.method, "POST");
    CHECK_TEXT(fake.url, DEVICE_ENDPOINT);
    CHECK_TEXT(fake.body_seen, "client_id=client&scope=a+b&resource=https%3A%2F%2Fr.example%2F");
    CHECK_LACKS(fake.headers_seen, "\nauthorization:");
    CHECK_TEXT(oauth_device_authorization_user_code(device), "WDJB-MJHT");
    CHECK_TEXT(oauth_device_authorization_verification_uri(device), "https://as.example/device");
    CHECK_TEXT(oauth_device_authorization_verification_uri_complete(device), URI_COMPLETE);
    CHECK_TEXT(oauth_json_raw(oauth_device_authorization_json(device), NULL), at[0].body);
    expires_at_s = oauth_device_authorization_expires_at_s(device);
    CHECK(expires_at_s >= before_s + 1800 && expires_at_s <= (int64_t)time(NULL) + 1800);
    next_ms = oauth_device_authorization_next_poll_in_ms(device);
    CHECK(next_ms > 0 && next_ms <= 7000);
    qr_text = oauth_device_authorization_qr_text(device);
    CHECK(qr_text != NULL && qr_text == oauth_device_authorization_qr_text(device));
    CHECK(qr_text[strlen(qr_text) - 1] == '\n' && strstr(qr_text, "\xe2\x96\x88") != NULL);
    /* What the server leaves out. */
    plain = begun(CODES(""));
    CHECK(oauth_device_authorization_verification_uri_complete(plain) == NULL);
    CHECK(strcmp(oauth_device_authorization_qr_text(plain), qr_text) != 0);
    next_ms = oauth_device_authorization_next_poll_in_ms(plain);
    CHECK(next_ms > 0 && next_ms <= 5000);
    CHECK(oauth_device_authorization_expires_at_s(plain) >= before_s + 60);
    CHECK_TEXT(fake.body_seen, "client_id=client");
    oauth_device_authorization_free(plain);
    oauth_device_authorization_free(device);
    /* A client with a secret authenticates here, too (RFC 8628 section 3.1). */
    CHECK_OK(oauth_device_authorization_begin(confidential, NULL, NULL, NULL, &device, &error));
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic Y2xpZW50OnMzY3IzdA==\n");
    CHECK_TEXT(fake.body_seen, "client_id=client");
    oauth_device_authorization_free(device);
    /* Not twice for a program that adds it by itself. */
    oauth_params_add(params, "client_id", "client");
    CHECK_OK(oauth_device_authorization_begin(confidential, NULL, params, NULL, &device, &error));
    CHECK_TEXT(fake.body_seen, "resource=https%3A%2F%2Fr.example%2F&client_id=client");
    oauth_device_authorization_free(device);
    oauth_client_free(confidential);
    oauth_params_free(params);
}

static void a_uri_too_long_for_a_picture(void) {
    char path[5000], codes[6000];
    oauth_device_authorization *device;
    memset(path, 'x', sizeof path);
    snprintf(codes, sizeof codes, CODES(",\"verification_uri_complete\":\"https://a/%.*s\""), (int)sizeof path, path);
    device = begun(codes);
    CHECK(oauth_device_authorization_qr_text(device) == NULL);
    oauth_device_authorization_free(device);
}

/* GitHub answers so unless it is asked for JSON. */
static void an_answer_that_is_a_form(void) {
    static const char *types[][2] = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {NULL, NULL}};
    const char *(*headers[])[2] = {types, NULL};
    size_t index;
    for (index = 0; index < 2; index++) {
        oauth_device_authorization *device;
        uint32_t next_ms;
        fake.headers = headers[index];
        device = begun("device_code=D3v%2Fc0de%2B&user_code=WDJB-MJHT&expires_in=899&interval=7"
                       "&verification_uri=https%3A%2F%2Fas.example%2Fdevice");
        CHECK_TEXT(oauth_device_authorization_user_code(device), "WDJB-MJHT");
        CHECK_TEXT(oauth_device_authorization_verification_uri(device), "https://as.example/device");
        CHECK_TEXT(oauth_json_text(oauth_device_authorization_json(device), "device_code"), "D3v/c0de+");
        next_ms = oauth_device_authorization_next_poll_in_ms(device);
        CHECK(next_ms > 5000 && next_ms <= 7000);
        oauth_device_authorization_free(device);
    }
    fake.headers = NULL;
}

/* The user can do without it: what is no web address is not opened and not shown, and the codes are good. */
static void a_complete_uri_that_is_none(void) {
    oauth_device_authorization *device = begun(CODES(",\"verification_uri_complete\":\"javascript:alert(1)\""));
    CHECK_TEXT(oauth_device_authorization_verification_uri_complete(device), NULL);
    CHECK_TEXT(oauth_device_authorization_user_code(device), "WDJB-MJHT");
    CHECK(oauth_device_authorization_qr_text(device) != NULL);
    oauth_device_authorization_free(device);
}

static void not_begun(const char *codes, int32_t http_status, oauth_status status, const char *named) {
    oauth_device_authorization *device = (oauth_device_authorization *)&fake;
    at[0].body = codes;
    at[0].http_status = http_status;
    CHECK_FAILS(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error), status, named);
    CHECK(device == NULL);
    at[0].http_status = 0;
}

static void answers_that_are_none(void) {
    const oauth_status invalid = OAUTH_ERROR_INVALID_RESPONSE;
    not_begun("{\"device_code\":\"D\",\"user_code\":\"U\"}", 0, invalid, "verification_uri was missing");
    not_begun("{\"device_code\":\"D\",\"verification_uri\":\"https://as.example/\"}", 0, invalid, "user_code");
    not_begun("{\"user_code\":\"U\",\"verification_uri\":\"https://as.example/\"}", 0, invalid, "device_code");
    not_begun(CODES(",\"user_code\":\"X\""), 0, invalid, "twice");
    not_begun("[]", 0, invalid, "");
    not_begun("device_code=D&user_code=U", 0, invalid, "verification_uri was missing");
    not_begun("device_code=D&user_code=U&user_code=V&verification_uri=https%3A%2F%2Fas.example%2F", 0, invalid, "twice");
    not_begun("device_code=D%00&user_code=U&verification_uri=https%3A%2F%2Fas.example%2F", 0, invalid, "device_code");
    not_begun("<html>", 500, OAUTH_ERROR_HTTP, "");
    not_begun(CODES(""), 404, OAUTH_ERROR_HTTP, "");
    not_begun("{\"error\":\"invalid_scope\"}", 400, OAUTH_ERROR_PROVIDER, "invalid_scope");
}

static void bad_arguments(void) {
    oauth_params *params = oauth_params_new();
    oauth_device_authorization *device = (oauth_device_authorization *)&fake;
    oauth_token *token = (oauth_token *)&fake;
    oauth_client *bare = fake_client(&fake), *nobody;
    oauth_config *config = oauth_config_new();
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_config_set_device_authorization_endpoint(config, DEVICE_ENDPOINT);
    nobody = client_of(config);
    fake.calls = 0;
    CHECK_NAMES(oauth_device_authorization_begin(NULL, NULL, NULL, NULL, &device, &error), argument, "client");
    CHECK(device == NULL);
    CHECK_NAMES(oauth_device_authorization_begin(client, NULL, NULL, NULL, NULL, &error), argument, "device");
    CHECK(oauth_device_authorization_begin(NULL, NULL, NULL, NULL, NULL, NULL) == argument);
    CHECK_NAMES(oauth_device_authorization_begin(client, NOT_UTF8, NULL, NULL, &device, &error), argument, "scope");
    CHECK_NAMES(oauth_device_authorization_begin(client, "a\x01", NULL, NULL, &device, &error), argument, "scope");
    CHECK_NAMES(oauth_device_authorization_begin(bare, NULL, NULL, NULL, &device, &error), OAUTH_ERROR_INVALID_CONFIG,
                "device_authorization_endpoint");
    CHECK_NAMES(oauth_device_authorization_begin(nobody, NULL, NULL, NULL, &device, &error), argument,
                "client has no client_id");
    oauth_params_add(params, "grant_type", "mine");
    CHECK_NAMES(oauth_device_authorization_begin(client, NULL, params, NULL, &device, &error), argument,
                "parameters may not hold grant_type");
    CHECK(device == NULL && fake.calls == 0);
    CHECK_NAMES(oauth_device_authorization_poll(NULL, NULL, &token, &error), argument, "device");
    CHECK(token == NULL);
    CHECK_NAMES(oauth_device_authorization_wait(NULL, NULL, &token, &error), argument, "device");
    CHECK(oauth_device_authorization_poll(NULL, NULL, NULL, NULL) == argument);
    CHECK(oauth_device_authorization_wait(NULL, NULL, NULL, NULL) == argument);
    device = begun(CODES(""));
    CHECK_NAMES(oauth_device_authorization_poll(device, NULL, NULL, &error), argument, "token");
    CHECK_NAMES(oauth_device_authorization_wait(device, NULL, NULL, &error), argument, "token");
    oauth_device_authorization_free(device);
    oauth_params_free(params);
    oauth_client_free(bare);
    oauth_client_free(nobody);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t called_at_ms;

/* A call that must end without a token. */
#define CHECK_NO_TOKEN(poll, device, options, status, named)                                        \
    do {                                                                                            \
        oauth_token *none_ = (oauth_token *)&fake;                                                  \
        called_at_ms = now_ms();                                                                    \
        CHECK_FAILS(oauth_device_authorization_##poll((device), (options), &none_, &error), (status), (named)); \
        CHECK(none_ == NULL);                                                                       \
    } while (0)

/* Before the poll is due the server is asked nothing, and a wait that is given up can be made again. */
static void not_due_yet(void) {
    oauth_device_authorization *device = begun(CODES(",\"interval\":5"));
    oauth_request_options *brief = oauth_request_options_new(), *cancelled = oauth_request_options_new();
    oauth_cancel *cancel = oauth_cancel_new();
    int repeat;
    oauth_request_options_set_deadline_ms(brief, 20);
    oauth_request_options_set_cancel(cancelled, cancel);
    oauth_cancel_trigger(cancel);
    fake.calls = 0;
    CHECK_NO_TOKEN(poll, device, NULL, OAUTH_ERROR_AUTHORIZATION_PENDING, "not due");
    for (repeat = 0; repeat < 2; repeat++) {
        CHECK_NO_TOKEN(wait, device, brief, OAUTH_ERROR_TIMEOUT, "enter the code");
        CHECK_NO_TOKEN(wait, device, cancelled, OAUTH_ERROR_CANCELLED, "enter the code");
    }
    CHECK(fake.calls == 0);
    oauth_device_authorization_free(device);
    oauth_request_options_free(brief);
    oauth_request_options_free(cancelled);
    oauth_cancel_free(cancel);
}

/* So long after the last call. */
static void next_poll_is_in(const oauth_device_authorization *device, uint32_t s) {
    uint32_t ms = oauth_device_authorization_next_poll_in_ms(device);
    if (ms + (now_ms() - called_at_ms) + 1 < (int64_t)s * 1000 || ms > s * 1000) {
        printf("the next poll is due in %u ms, not %u s\n", (unsigned)ms, (unsigned)s);
        exit(1);
    }
}

/* Each has its own: all are begun at once, so that one second makes all of their polls due. */
enum { GRANTED, PENDING, SLOWED, SLOWED_BY, SLOWED_BY_FORM, BUSY, LOST, DENIED, WITHDRAWN, REFUSED, UNPROVEN, OLD, WAITING, DEVICES };
static oauth_device_authorization *devices[DEVICES];

static void how_a_poll_ends(void) {
    static const char *busy_headers[][2] = {{"Retry-After", "30"}, {NULL, NULL}};
    oauth_token *token = NULL;
    fake.calls = 0;
    answers(400, "{\"error\":\"authorization_pending\",\"error_description\":\"D3v/c0de+ D3v%2Fc0de%2B\"}");
    CHECK_NO_TOKEN(poll, devices[PENDING], NULL, OAUTH_ERROR_AUTHORIZATION_PENDING, "[redacted] [redacted]");
    CHECK_TEXT(fake.url, FAKE_ENDPOINT);
    CHECK_TEXT(fake.body_seen, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
                               "&device_code=D3v%2Fc0de%2B&client_id=client");
    next_poll_is_in(devices[PENDING], 1);
    CHECK(fake.calls == 1);
    answers(400, "{\"error\":\"slow_down\"}");
    called_at_ms = now_ms();
    CHECK(oauth_device_authorization_poll(devices[SLOWED], NULL, &token, &error) == OAUTH_ERROR_AUTHORIZATION_PENDING);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_SLOW_DOWN && token == NULL);
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_RETRY_LATER && oauth_error_request_sent(error));
    oauth_error_free(error);
    error = NULL;
    next_poll_is_in(devices[SLOWED], 6);
    answers(400, "{\"error\":\"slow_down\",\"interval\":\"20\"}");
    CHECK_NO_TOKEN(poll, devices[SLOWED_BY], NULL, OAUTH_ERROR_AUTHORIZATION_PENDING, "slow_down");
    next_poll_is_in(devices[SLOWED_BY], 20);
    answers(200, "error=slow_down&interval=21");
    CHECK_NO_TOKEN(poll, devices[SLOWED_BY_FORM], NULL, OAUTH_ERROR_AUTHORIZATION_PENDING, "slow_down");
    next_poll_is_in(devices[SLOWED_BY_FORM], 21);
    fake.headers = busy_headers;
    answers(503, "busy");
    CHECK_NO_TOKEN(poll, devices[BUSY], NULL, OAUTH_ERROR_HTTP, "");
    fake.headers = NULL;
    next_poll_is_in(devices[BUSY], 30);
    fake.returns = OAUTH_ERROR_CONNECT;
    CHECK_NO_TOKEN(poll, devices[LOST], NULL, OAUTH_ERROR_CONNECT, "");
    fake.returns = OAUTH_OK;
    next_poll_is_in(devices[LOST], 2);
    answers(400, "{\"error\":\"access_denied\"}");
    CHECK_NO_TOKEN(poll, devices[DENIED], NULL, OAUTH_ERROR_PROVIDER, "access_denied");
    answers(400, "{\"error\":\"expired_token\"}");
    CHECK_NO_TOKEN(wait, devices[WITHDRAWN], NULL, OAUTH_ERROR_EXPIRED, "expired_token");
    answers(400, "{\"error\":\"invalid_grant\"}");
    CHECK_NO_TOKEN(wait, devices[REFUSED], NULL, OAUTH_ERROR_PROVIDER, "invalid_grant");
    answers(0, "{\"access_token\":\"AT\",\"id_token\":\"not proven\"}");
    CHECK_NO_TOKEN(wait, devices[UNPROVEN], NULL, OAUTH_ERROR_ID_TOKEN, "JWT");
    fake.calls = 0;
    answers(0, NULL);
    CHECK_NO_TOKEN(poll, devices[OLD], NULL, OAUTH_ERROR_EXPIRED, "begin a new");
    CHECK_NO_TOKEN(wait, devices[OLD], NULL, OAUTH_ERROR_EXPIRED, "begin a new");
    CHECK(fake.calls == 0 && oauth_device_authorization_next_poll_in_ms(devices[OLD]) == 0);
    CHECK_OK(oauth_device_authorization_poll(devices[GRANTED], NULL, &token, &error));
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    oauth_token_free(token);
    CHECK(fake.calls == 1);
    /* What is decided stays so. */
    CHECK_NO_TOKEN(poll, devices[GRANTED], NULL, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_NO_TOKEN(wait, devices[GRANTED], NULL, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_NO_TOKEN(wait, devices[DENIED], NULL, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_NO_TOKEN(poll, devices[WITHDRAWN], NULL, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_NO_TOKEN(poll, devices[REFUSED], NULL, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_NO_TOKEN(poll, devices[UNPROVEN], NULL, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK(fake.calls == 1);
}

/* Pending, even as HTTP 200, is no answer yet; the next one is. */
static void decide(struct fake *decided, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request, (void)response;
    answers(0, NULL);
    decided->during = NULL;
}

static void a_wait_goes_on(void) {
    oauth_token *token = NULL;
    fake.calls = 0;
    fake.during = decide;
    answers(200, "{\"error\":\"authorization_pending\"}");
    oauth_client_free(client); /* the devices keep what they need */
    CHECK_OK(oauth_device_authorization_wait(devices[WAITING], NULL, &token, &error));
    CHECK(fake.calls == 2);
    oauth_token_free(token);
}

int main(void) {
    size_t index;
    fake.at = at;
    client = client_of(device_config(NULL));
    nothing_of_nothing();
    what_is_sent_and_shown();
    a_uri_too_long_for_a_picture();
    an_answer_that_is_a_form();
    a_complete_uri_that_is_none();
    answers_that_are_none();
    bad_arguments();
    not_due_yet();
    for (index = 0; index < DEVICES; index++) {
        devices[index] = begun(index == OLD ? CODES(",\"expires_in\":1") : CODES(",\"interval\":0"));
    }
    let_pass(oauth_device_authorization_next_poll_in_ms(devices[DEVICES - 1]));
    how_a_poll_ends();
    a_wait_goes_on();
    for (index = 0; index < DEVICES; index++) {
        oauth_device_authorization_free(devices[index]);
    }
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
