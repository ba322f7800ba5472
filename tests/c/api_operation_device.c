/* Log-ins of devices that are started, and polls: what can be read and used meanwhile, and what is left. */
#include "api_operation.h"

#define DEVICE_ENDPOINT "https://as.example/device_authorization"
#define CODES "{\"device_code\":\"D\",\"user_code\":\"WDJB\",\"verification_uri\":\"https://as.example/device\"," \
              "\"verification_uri_complete\":\"https://as.example/device?WDJB\",\"interval\":0}"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;
static struct fake_answer at[] = {{DEVICE_ENDPOINT, CODES, 0}, {NULL, NULL, 0}};

static oauth_device_authorization *begun(void) {
    oauth_device_authorization *device = NULL;
    CHECK_OK(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error));
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

static void it_begins(void) {
    oauth_params *params = oauth_params_new();
    oauth_operation *operation = NULL;
    oauth_device_authorization *device = NULL;
    oauth_params_add(params, "resource", "r");
    CHECK_OK(oauth_device_authorization_begin_start(client, "a b", params, NULL, &operation, &error));
    oauth_params_free(params);
    CHECK_OK(result_of(operation, &error));
    CHECK_TEXT(fake.body_seen, "client_id=client&scope=a+b&resource=r");
    CHECK_OK(oauth_operation_device_authorization(operation, &device, &error));
    CHECK_TEXT(oauth_device_authorization_user_code(device), "WDJB");
    oauth_device_authorization_free(device);
    CHECK_FAILS(oauth_operation_device_authorization(operation, &device, &error), OAUTH_ERROR_INVALID_STATE, "already");
    CHECK(device == NULL);
    oauth_operation_free(operation);
    CHECK_OK(oauth_device_authorization_begin_start(client, NULL, NULL, NULL, &operation, &error));
    CHECK_OK(result_of(operation, &error));
    oauth_operation_free(operation); /* nobody has taken it */
    at[0].http_status = 503;
    CHECK_OK(oauth_device_authorization_begin_start(client, NULL, NULL, NULL, &operation, &error));
    CHECK_FAILS(result_of(operation, &error), OAUTH_ERROR_HTTP, "503");
    oauth_operation_free(operation);
    at[0].http_status = 0;
}

static oauth_status poll_it(oauth_device_authorization *device) {
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    oauth_status status;
    CHECK_OK(oauth_device_authorization_poll_start(device, NULL, &operation, &error));
    status = token_of(operation, &token, &error);
    CHECK((token != NULL) == (status == OAUTH_OK));
    oauth_token_free(token);
    oauth_operation_free(operation);
    return status;
}

static oauth_operation *waits(oauth_device_authorization *device) {
    oauth_operation *operation = NULL;
    CHECK_OK(oauth_device_authorization_wait_start(device, NULL, &operation, &error));
    return operation;
}

/* Every call that would use it is refused, and all that it shows can be read. */
static void is_in_use(oauth_device_authorization *device) {
    const oauth_status busy = OAUTH_ERROR_BUSY;
    oauth_token *token = (oauth_token *)&fake;
    CHECK_FAILS(oauth_device_authorization_poll(device, NULL, &token, &error), busy, "device is in use");
    CHECK_FAILS(oauth_device_authorization_wait(device, NULL, &token, &error), busy, "device is in use");
    CHECK(token == NULL);
    NOT_STARTED(oauth_device_authorization_poll_start(device, NULL, &operation, &error), busy, "device is in use");
    NOT_STARTED(oauth_device_authorization_wait_start(device, NULL, &operation, &error), busy, "device is in use");
    CHECK_TEXT(oauth_device_authorization_user_code(device), "WDJB");
    CHECK_TEXT(oauth_device_authorization_verification_uri(device), "https://as.example/device");
    CHECK_TEXT(oauth_device_authorization_verification_uri_complete(device), "https://as.example/device?WDJB");
    CHECK_TEXT(oauth_json_raw(oauth_device_authorization_json(device), NULL), CODES);
    CHECK(oauth_device_authorization_qr_text(device) != NULL && oauth_device_authorization_expires_at_s(device) > 0);
    (void)oauth_device_authorization_next_poll_in_ms(device);
}

static void what_each_leaves(void) {
    oauth_device_authorization *slowed = begun(), *granted, *stopped, *denied, *freed, *left;
    oauth_operation *waiting, *cancelled, *of_freed, *of_left;
    oauth_token *token = NULL;
    CHECK_FAILS(poll_it(slowed), OAUTH_ERROR_AUTHORIZATION_PENDING, "not due");
    granted = begun(), stopped = begun(), denied = begun(), freed = begun(), left = begun();
    waiting = waits(granted);
    is_in_use(granted);
    cancelled = waits(stopped);
    oauth_operation_cancel(cancelled);
    CHECK_FAILS(token_of(cancelled, &token, &error), OAUTH_ERROR_CANCELLED, "cancelled");
    oauth_operation_free(cancelled);
    of_freed = waits(freed);
    oauth_device_authorization_free(freed);
    of_left = waits(left);
    oauth_operation_free(of_left);
    oauth_device_authorization_free(left);
    CHECK_OK(token_of(waiting, &token, &error));
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    oauth_token_free(token);
    oauth_operation_free(waiting);
    CHECK_FAILS(poll_it(granted), OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_FAILS(oauth_device_authorization_poll(granted, NULL, &token, &error), OAUTH_ERROR_INVALID_STATE, "used up");
    oauth_device_authorization_free(granted);
    CHECK_OK(token_of(of_freed, &token, &error));
    oauth_token_free(token);
    oauth_operation_free(of_freed);
    let_pass(oauth_device_authorization_next_poll_in_ms(denied));
    answers(400, "{\"error\":\"slow_down\"}");
    CHECK_FAILS(poll_it(slowed), OAUTH_ERROR_AUTHORIZATION_PENDING, "slow_down");
    CHECK(oauth_device_authorization_next_poll_in_ms(slowed) > 1000);
    oauth_device_authorization_free(slowed);
    answers(400, "{\"error\":\"access_denied\"}");
    CHECK_FAILS(poll_it(denied), OAUTH_ERROR_PROVIDER, "access_denied");
    CHECK_FAILS(poll_it(denied), OAUTH_ERROR_INVALID_STATE, "used up");
    oauth_device_authorization_free(denied);
    answers(0, NULL);
    set_gate(false);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_device_authorization_poll_start(stopped, NULL, &waiting, &error));
    until_asked();
    is_in_use(stopped); /* also while it is polled */
    set_gate(true);
    CHECK_OK(token_of(waiting, &token, &error));
    fake.during = NULL;
    oauth_token_free(token);
    oauth_operation_free(waiting);
    oauth_device_authorization_free(stopped);
}

static void what_each_refuses(void) {
    const oauth_status invalid = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_device_authorization *device = begun();
    oauth_request_options *options = oauth_request_options_new();
    oauth_token *token = NULL;
    REFUSED(oauth_device_authorization_begin_start(NULL, NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_device_authorization_begin_start(client, NOT_UTF8, NULL, NULL, &operation, &error), "scope");
    CHECK_NAMES(oauth_device_authorization_begin_start(client, NULL, NULL, NULL, NULL, &error), invalid, "operation");
    REFUSED(oauth_device_authorization_poll_start(NULL, NULL, &operation, &error), "device");
    REFUSED(oauth_device_authorization_wait_start(NULL, NULL, &operation, &error), "device");
    CHECK_NAMES(oauth_device_authorization_poll_start(device, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_device_authorization_wait_start(device, NULL, NULL, &error), invalid, "operation");
    oauth_request_options_set_deadline_ms(options, 0);
    REFUSED(oauth_device_authorization_poll_start(device, options, &operation, &error), "options");
    REFUSED(oauth_device_authorization_wait_start(device, options, &operation, &error), "options");
    CHECK_FAILS(oauth_device_authorization_poll(device, NULL, &token, &error), OAUTH_ERROR_AUTHORIZATION_PENDING, "due");
    oauth_request_options_free(options);
    oauth_device_authorization_free(device);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_client(config, "client", NULL);
    oauth_config_set_device_authorization_endpoint(config, DEVICE_ENDPOINT);
    fake.at = at;
    client = client_of(config);
    it_begins();
    what_each_refuses();
    what_each_leaves();
    oauth_client_free(client);
    until_alone();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
