/* Calls that are started: when they are done, what they give, and who is told. */
#include "api_operation.h"
#include "api_session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* The loop of a program. */
struct loop {
    int woken[2];
    unsigned destroyed;
    pthread_t by;
};

static void wake(void *user_data) {
    struct loop *loop = user_data;
    loop->by = pthread_self();
    CHECK(write(loop->woken[1], "x", 1) == 1);
}

static void gone(void *user_data) {
    ((struct loop *)user_data)->destroyed++;
}

static oauth_status ended(oauth_operation *operation, oauth_token **token) {
    return token_of(operation, token, &error);
}

static void it_is_done_when_the_answer_is_there(void) {
    oauth_store *store = memory();
    oauth_session *session = expired(store, "key", NULL);
    oauth_operation *operation = NULL;
    oauth_token *token = (oauth_token *)&gate;
    int descriptor;
    set_gate(false);
    server_says(200, ROTATED);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_session_token_start(session, NULL, &operation, &error));
    descriptor = (int)oauth_operation_descriptor(operation);
    CHECK(descriptor >= 0 && descriptor == (int)oauth_operation_descriptor(operation));
    until_asked();
    CHECK(!oauth_operation_done(operation) && !is_readable(descriptor, 0));
    CHECK_FAILS(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_BUSY, "has not ended");
    CHECK(token == NULL);
    set_gate(true);
    CHECK_OK(ended(operation, &token));
    CHECK_TEXT(oauth_token_access_token(token), "AT2");
    oauth_token_free(token);
    CHECK_OK(oauth_operation_token(operation, &token, &error)); /* once more */
    CHECK(is_readable(descriptor, 0) && descriptor == (int)oauth_operation_descriptor(operation));
    oauth_token_free(token);
    oauth_operation_free(operation);
    gives(session, "AT2"); /* and the store has it */
    CHECK(fake.calls == 1);
    /* One that needs no request has ended soon, too. */
    CHECK_OK(oauth_session_token_start(session, NULL, &operation, &error));
    CHECK_OK(ended(operation, &token));
    CHECK_TEXT(oauth_token_access_token(token), "AT2");
    oauth_token_free(token);
    oauth_operation_free(operation);
    fake.during = NULL;
    oauth_session_free(session);
    oauth_store_free(store);
}

static void *blocks(void *data) {
    oauth_token *token = NULL;
    oauth_error *own = NULL; /* the other one is the first thread's */
    CHECK(oauth_session_token(data, NULL, &token, &own) == OAUTH_OK && own == NULL);
    CHECK_TEXT(oauth_token_access_token(token), "AT2");
    oauth_token_free(token);
    return NULL;
}

static void operations_and_blocking_calls_share_a_renewal(void) {
    enum { MANY = 50 };
    oauth_store *store = memory();
    oauth_session *session = expired(store, "key", NULL);
    oauth_operation *operations[MANY];
    oauth_token *token = NULL;
    pthread_t threads[4];
    size_t at;
    set_gate(false);
    server_says(200, ROTATED);
    fake.during = wait_at_gate;
    CHECK(pthread_create(&threads[0], NULL, blocks, session) == 0);
    until_asked(); /* a blocking call drives it */
    for (at = 0; at < MANY; at++) {
        CHECK_OK(oauth_session_token_start(session, NULL, &operations[at], &error));
    }
    for (at = 1; at < 4; at++) {
        CHECK(pthread_create(&threads[at], NULL, blocks, session) == 0);
    }
    oauth_operation_free(operations[0]);
    oauth_operation_cancel(operations[1]);
    CHECK_FAILS(ended(operations[1], &token), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK_FAILS(oauth_operation_token(operations[1], &token, &error), OAUTH_ERROR_CANCELLED, "cancelled");
    oauth_operation_free(operations[1]);
    set_gate(true);
    for (at = 2; at < MANY; at++) {
        CHECK_OK(ended(operations[at], &token));
        CHECK_TEXT(oauth_token_access_token(token), "AT2");
        oauth_token_free(token);
        oauth_operation_free(operations[at]);
    }
    for (at = 0; at < 4; at++) {
        CHECK(pthread_join(threads[at], NULL) == 0);
    }
    CHECK(fake.calls == 1);
    fake.during = NULL;
    oauth_session_free(session);
    oauth_store_free(store);
}

static void the_loop_is_woken(void) {
    struct loop loop = {{-1, -1}, 0, pthread_self()}, other = {{-1, -1}, 0, pthread_self()};
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    char byte;
    CHECK(pipe(loop.woken) == 0);
    other.woken[1] = loop.woken[1];
    set_gate(false);
    server_says(200, ROTATED);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_refresh_token_start(client, NULL, "RT", NULL, NULL, NULL, &operation, &error));
    oauth_operation_on_done(operation, wake, &other, gone);
    oauth_operation_on_done(operation, wake, &loop, gone);
    CHECK(other.destroyed == 1 && loop.destroyed == 0 && !is_readable(loop.woken[0], 0));
    set_gate(true);
    CHECK(read(loop.woken[0], &byte, 1) == 1 && !pthread_equal(loop.by, pthread_self()));
    CHECK(oauth_operation_done(operation));
    CHECK_OK(oauth_operation_token(operation, &token, &error));
    CHECK_TEXT(oauth_token_refresh_token(token), "RT2");
    CHECK(oauth_token_response(token) != NULL);
    oauth_token_free(token);
    /* Set late, it is called too. */
    oauth_operation_on_done(operation, wake, &other, gone);
    CHECK(read(loop.woken[0], &byte, 1) == 1);
    oauth_operation_free(operation);

    /* Freed before the end: nobody is called. */
    set_gate(false);
    CHECK_OK(oauth_refresh_token_start(client, NULL, "RT", NULL, NULL, NULL, &operation, &error));
    until_asked();
    loop.destroyed = 0;
    oauth_operation_on_done(operation, wake, &loop, gone);
    oauth_operation_free(operation);
    CHECK(loop.destroyed == 1);
    set_gate(true);
    CHECK_OK(oauth_refresh_token_start(client, NULL, "RT", NULL, NULL, NULL, &operation, &error));
    CHECK_OK(ended(operation, &token)); /* after the other one, on the same thread */
    CHECK(!is_readable(loop.woken[0], 0));
    oauth_token_free(token);
    oauth_operation_free(operation);
    fake.during = NULL;
    close(loop.woken[0]);
    close(loop.woken[1]);
}

static void what_failed_is_said(void) {
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    server_says(400, "{\"error\":\"invalid_grant\"}");
    CHECK_OK(oauth_refresh_token_start(client, "Basic abc", "RT", "scope", NULL, NULL, &operation, &error));
    CHECK(ended(operation, &token) == OAUTH_ERROR_PROVIDER && token == NULL);
    CHECK(oauth_error_response(error) != NULL && oauth_error_provider_code(error) == OAUTH_PROVIDER_INVALID_GRANT);
    oauth_error_free(error);
    error = NULL;
    CHECK(strstr(fake.headers_seen, "Basic abc") != NULL && strstr(fake.body_seen, "scope=scope") != NULL);
    CHECK_FAILS(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_PROVIDER, "invalid_grant");
    oauth_operation_free(operation);
    server_says(200, NULL);
}

/* A server that never answers; the way to it is the library's own. */
static oauth_client *silent(int *listener) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    char url[64];
    oauth_config *config = oauth_config_new();
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(*listener, (struct sockaddr *)&address, length) == 0 && listen(*listener, 128) == 0);
    CHECK(getsockname(*listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/token", ntohs(address.sin_port));
    oauth_config_set_token_endpoint(config, url);
    oauth_config_set_client(config, "client", "s3cr3t");
    return client_of(config);
}

static void it_can_be_stopped(void) {
    enum { MANY = 100 };
    int listener;
    size_t at;
    oauth_client *to_silence = silent(&listener);
    oauth_operation *operations[MANY];
    oauth_token *token = NULL;
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_request_options *options = oauth_request_options_new();
    oauth_request_options_set_cancel(options, cancel);
    for (at = 0; at < MANY; at++) {
        const oauth_request_options *own = at % 2 == 0 ? options : NULL;
        CHECK_OK(oauth_refresh_token_start(to_silence, NULL, "RT", NULL, NULL, own, &operations[at], &error));
    }
    CHECK(!oauth_operation_done(operations[MANY - 1]));
    oauth_cancel_trigger(cancel);
    for (at = 1; at < MANY; at += 2) {
        oauth_operation_cancel(operations[at]);
        oauth_operation_cancel(operations[at]);
    }
    for (at = 0; at < MANY - 2; at++) {
        CHECK_FAILS(ended(operations[at], &token), OAUTH_ERROR_CANCELLED, "cancelled");
        oauth_operation_free(operations[at]);
    }
    oauth_request_options_free(options);
    oauth_cancel_free(cancel);
    oauth_operation_free(operations[at++]); /* whether it is done or not */
    oauth_client_free(to_silence);
    CHECK_FAILS(ended(operations[at], &token), OAUTH_ERROR_CANCELLED, "cancelled"); /* it keeps the client */
    oauth_operation_free(operations[at]);
    /* A deadline counts from the start. */
    close(listener);
    to_silence = silent(&listener);
    options = oauth_request_options_new();
    oauth_request_options_set_deadline_ms(options, 20);
    CHECK_OK(oauth_refresh_token_start(to_silence, NULL, "RT", NULL, NULL, options, &operations[0], &error));
    oauth_request_options_free(options);
    CHECK_FAILS(ended(operations[0], &token), OAUTH_ERROR_TIMEOUT, "time");
    oauth_operation_free(operations[0]);
    oauth_client_free(to_silence);
    close(listener);
}

static oauth_status busy_acquire(void *user_data, const oauth_client *given, const char *key, const oauth_token *before,
                                 oauth_token **token) {
    oauth_operation *operation = NULL;
    oauth_error *why = NULL;
    (void)given, (void)key, (void)before;
    CHECK(oauth_session_token_start(*(oauth_session **)user_data, NULL, &operation, &why) == OAUTH_ERROR_BUSY);
    CHECK(operation == NULL && why != NULL);
    oauth_error_free(why);
    return oauth_token_new("P1", "Bearer", NULL, NULL, (int64_t)time(NULL) + 3600, token, NULL);
}

static void a_callback_of_the_session_is_busy(void) {
    oauth_session *session = NULL;
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    oauth_session_options *options = oauth_session_options_new();
    oauth_session_options_set_acquire(options, busy_acquire, &session, NULL);
    CHECK_OK(oauth_session_open(client, NULL, "key", options, &session, &error));
    oauth_session_options_free(options);
    CHECK_OK(oauth_session_token_start(session, NULL, &operation, &error));
    CHECK_OK(ended(operation, &token));
    CHECK_TEXT(oauth_token_access_token(token), "P1");
    oauth_token_free(token);
    oauth_operation_free(operation);
    oauth_session_free(session);
}

static void nothing_is_null(void) {
    struct loop loop = {{-1, -1}, 0, pthread_self()};
    oauth_operation *operation = (oauth_operation *)&gate;
    oauth_token *token = (oauth_token *)&gate;
    oauth_request_options *options = oauth_request_options_new();
    oauth_session *session = opened(NULL, "key", NULL);
    const oauth_status invalid = OAUTH_ERROR_INVALID_ARGUMENT;
    CHECK(oauth_operation_descriptor(NULL) == -1 && oauth_operation_done(NULL));
    oauth_operation_cancel(NULL);
    oauth_operation_free(NULL);
    oauth_operation_on_done(NULL, wake, &loop, gone);
    CHECK(loop.destroyed == 1);
    CHECK_NAMES(oauth_operation_token(NULL, &token, &error), invalid, "operation");
    CHECK(token == NULL);
    CHECK_NAMES(oauth_session_token_start(NULL, NULL, &operation, &error), invalid, "session");
    CHECK(operation == NULL);
    CHECK_NAMES(oauth_session_token_start(session, NULL, NULL, &error), invalid, "operation");
    oauth_request_options_set_timeout_ms(options, 0);
    CHECK_NAMES(oauth_session_token_start(session, options, &operation, &error), invalid, "options");
    CHECK_NAMES(oauth_refresh_token_start(NULL, NULL, "RT", NULL, NULL, NULL, &operation, &error), invalid, "client");
    CHECK_NAMES(oauth_refresh_token_start(client, NULL, NULL, NULL, NULL, NULL, &operation, &error), invalid,
                "refresh_token");
    CHECK_NAMES(oauth_refresh_token_start(client, "\xff", "RT", NULL, NULL, NULL, &operation, &error), invalid,
                "authorization_header");
    CHECK_NAMES(oauth_refresh_token_start(client, NULL, "RT", "\xff", NULL, NULL, &operation, &error), invalid, "scope");
    CHECK_NAMES(oauth_refresh_token_start(client, NULL, "RT", NULL, NULL, NULL, NULL, &error), invalid, "operation");
    CHECK_OK(oauth_refresh_token_start(client, NULL, "", NULL, NULL, NULL, &operation, &error));
    CHECK_FAILS(ended(operation, &token), invalid, "refresh_token");
    oauth_operation_on_done(operation, NULL, &loop, gone);
    CHECK(loop.destroyed == 2);
    CHECK_NAMES(oauth_operation_token(operation, NULL, &error), invalid, "token");
    oauth_operation_free(operation);
    oauth_request_options_free(options);
    oauth_session_free(session);
}

int main(void) {
    client = fake_client(&fake);
    nothing_is_null();
    it_is_done_when_the_answer_is_there();
    operations_and_blocking_calls_share_a_renewal();
    the_loop_is_woken();
    what_failed_is_said();
    it_can_be_stopped();
    a_callback_of_the_session_is_busy();
    oauth_client_free(client);
    until_alone();
    return 0;
}
