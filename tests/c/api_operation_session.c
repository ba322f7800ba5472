/* Calls of a session that are started: they change the login as the blocking ones do, and hold up nobody. */
#include "api_operation.h"
#include "api_shelf.h"

#define REVOKE "https://as.example/revoke"

static oauth_status slow_lock(void *user_data, const char *key) {
    set_asked();
    until_open();
    return shelf_lock(user_data, key);
}

static void result_is_ok(oauth_operation *operation) {
    oauth_token *token = (oauth_token *)&fake;
    CHECK_OK(result_of(operation, &error));
    CHECK_NAMES(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT, "operation gives");
    CHECK(token == NULL);
    oauth_operation_free(operation);
}

static void a_login_comes_and_goes(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "key", NULL), *other = opened(store, "key", NULL), *late;
    oauth_token *token = made("AT1", "RT1", 3600);
    oauth_operation *operation = NULL;
    char refresh_token[] = "RT9";
    CHECK_OK(oauth_session_adopt_start(session, token, NULL, &operation, &error));
    oauth_token_free(token);
    result_is_ok(operation);
    gives(other, "AT1");
    server_says(200, ROTATED);
    CHECK_OK(oauth_session_adopt_refresh_token_start(session, refresh_token, NULL, &operation, &error));
    memset(refresh_token, 'x', sizeof refresh_token - 1);
    result_is_ok(operation);
    gives(session, "AT2");
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=RT9");
    token = made("AT2", NULL, 3600);
    CHECK_OK(oauth_session_invalidate_start(session, token, NULL, &operation, &error));
    oauth_token_free(token);
    result_is_ok(operation);
    server_says(200, "{\"access_token\":\"AT3\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
    late = opened(store, "key", NULL);
    gives(late, "AT3");
    oauth_session_free(late);
    server_says(200, "");
    CHECK_OK(oauth_session_forget_start(session, true, NULL, &operation, &error));
    result_is_ok(operation);
    CHECK_TEXT(fake.url, REVOKE);
    CHECK_TEXT(fake.body_seen, "token=RT2&token_type_hint=refresh_token");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "");
    adopt(session, "AT3", "RT3", 3600);
    server_says(503, "");
    CHECK_OK(oauth_session_forget_start(session, true, NULL, &operation, &error));
    CHECK_FAILS(result_of(operation, &error), OAUTH_ERROR_NOT_REVOKED, "deleted");
    oauth_operation_free(operation);
    server_says(200, NULL);
    CHECK_OK(oauth_session_forget_start(session, false, NULL, &operation, &error));
    result_is_ok(operation);
    CHECK(fake.calls == 0);
    oauth_session_free(other);
    oauth_session_free(session);
    oauth_store_free(store);
}

/* The store waits: nothing else of the client does. */
static void a_store_that_blocks(void) {
    struct shelf shelf;
    oauth_store *store = NULL;
    oauth_session *session;
    oauth_token *token = made("AT1", "RT1", 3600), *other_token = NULL;
    oauth_operation *adopting = NULL, *freed = NULL, *other = NULL;
    memset(&shelf, 0, sizeof shelf);
    CHECK_OK(oauth_store_open_callbacks(shelf_load, shelf_save, shelf_delete, slow_lock, shelf_unlock, &shelf, NULL, &store,
                                       &error));
    session = opened(store, "key", NULL);
    set_gate(false);
    CHECK_OK(oauth_session_adopt_start(session, token, NULL, &adopting, &error));
    until_asked();
    CHECK_OK(oauth_request_grant_start(client, "urn:x:y", NULL, NULL, &other, &error));
    CHECK_OK(token_of(other, &other_token, &error));
    CHECK(!oauth_operation_done(adopting));
    CHECK_FAILS(oauth_operation_result(adopting, &error), OAUTH_ERROR_BUSY, "has not ended");
    oauth_token_free(other_token);
    oauth_operation_free(other);
    set_gate(true);
    result_is_ok(adopting);
    gives(session, "AT1");
    /* Freed in the middle, with all that it uses. */
    set_gate(false);
    CHECK_OK(oauth_session_adopt_start(session, token, NULL, &freed, &error));
    until_asked();
    oauth_operation_free(freed);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_token_free(token);
    set_gate(true);
    until_threads(2); /* this one, and the client's */
}

static void *renews(void *session) {
    oauth_token *token = NULL;
    oauth_error *own = NULL; /* the other one is the first thread's */
    CHECK(oauth_session_token(session, NULL, &token, &own) == OAUTH_OK && own == NULL);
    CHECK_TEXT(oauth_token_access_token(token), "AT2");
    oauth_token_free(token);
    return NULL;
}

static void nothing_is_under_way(void) {
    oauth_store *store = memory();
    oauth_session *session = expired(store, "key", NULL);
    oauth_request_options *options = oauth_request_options_new();
    oauth_operation *operation = NULL, *renewal = NULL, *stopped = NULL, *late = NULL, *freed = NULL;
    oauth_token *token = NULL;
    pthread_t driver;
    server_says(200, ROTATED);
    CHECK_OK(oauth_session_finish_start(session, NULL, &operation, &error));
    result_is_ok(operation);
    CHECK(fake.calls == 0);
    /* A blocking call renews. */
    set_gate(false);
    fake.during = wait_at_gate;
    CHECK(pthread_create(&driver, NULL, renews, session) == 0);
    until_asked();
    CHECK_OK(oauth_session_token_start(session, NULL, &renewal, &error));
    CHECK_OK(oauth_session_finish_start(session, NULL, &operation, &error));
    CHECK_OK(oauth_session_finish_start(session, NULL, &stopped, &error));
    CHECK_OK(oauth_session_finish_start(session, NULL, &freed, &error));
    oauth_request_options_set_deadline_ms(options, 20);
    CHECK_OK(oauth_session_finish_start(session, options, &late, &error));
    oauth_operation_cancel(stopped);
    CHECK_FAILS(result_of(stopped, &error), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK_FAILS(result_of(late, &error), OAUTH_ERROR_TIMEOUT, "time");
    oauth_operation_free(freed);
    CHECK(!oauth_operation_done(operation) && !oauth_operation_done(renewal));
    set_gate(true);
    result_is_ok(operation);
    CHECK_OK(token_of(renewal, &token, &error));
    CHECK_TEXT(oauth_token_access_token(token), "AT2");
    CHECK(pthread_join(driver, NULL) == 0 && fake.calls == 1);
    fake.during = NULL;
    oauth_token_free(token);
    oauth_operation_free(stopped);
    oauth_operation_free(late);
    oauth_operation_free(renewal);
    oauth_request_options_free(options);
    oauth_session_free(session);
    oauth_store_free(store);
}

static oauth_status acquires(void *user_data, const oauth_client *given, const char *key, const oauth_token *before,
                             oauth_token **token) {
    const oauth_session *session = *(oauth_session **)user_data;
    const oauth_status busy = OAUTH_ERROR_BUSY;
    (void)given, (void)key, (void)before;
    *token = made("P1", NULL, 3600);
    NOT_STARTED(oauth_session_adopt_start(session, *token, NULL, &operation, &error), busy, "the session");
    NOT_STARTED(oauth_session_adopt_refresh_token_start(session, "R", NULL, &operation, &error), busy, "the session");
    NOT_STARTED(oauth_session_invalidate_start(session, *token, NULL, &operation, &error), busy, "the session");
    NOT_STARTED(oauth_session_forget_start(session, false, NULL, &operation, &error), busy, "the session");
    NOT_STARTED(oauth_session_finish_start(session, NULL, &operation, &error), busy, "the session");
    return OAUTH_OK;
}

static void a_callback_of_the_session_is_busy(void) {
    oauth_session *session = NULL;
    oauth_session_options *options = oauth_session_options_new();
    oauth_session_options_set_acquire(options, acquires, &session, NULL);
    session = opened(NULL, "key", options);
    oauth_session_options_free(options);
    gives(session, "P1");
    oauth_session_free(session);
}

static void what_each_refuses(void) {
    const oauth_status invalid = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_session *session = opened(NULL, "key", NULL);
    oauth_token *token = made("AT", NULL, 60);
    oauth_request_options *options = oauth_request_options_new();
    REFUSED(oauth_session_adopt_start(NULL, token, NULL, &operation, &error), "session");
    REFUSED(oauth_session_adopt_start(session, NULL, NULL, &operation, &error), "token");
    REFUSED(oauth_session_adopt_refresh_token_start(NULL, "R", NULL, &operation, &error), "session");
    REFUSED(oauth_session_adopt_refresh_token_start(session, NULL, NULL, &operation, &error), "refresh_token");
    REFUSED(oauth_session_adopt_refresh_token_start(session, NOT_UTF8, NULL, &operation, &error), "refresh_token");
    REFUSED(oauth_session_adopt_refresh_token_start(session, "", NULL, &operation, &error), "refresh_token");
    REFUSED(oauth_session_invalidate_start(NULL, token, NULL, &operation, &error), "session");
    REFUSED(oauth_session_invalidate_start(session, NULL, NULL, &operation, &error), "token");
    CHECK_NAMES(oauth_session_invalidate_start(session, token, NULL, NULL, &error), invalid, "operation");
    REFUSED(oauth_session_forget_start(NULL, false, NULL, &operation, &error), "session");
    REFUSED(oauth_session_finish_start(NULL, NULL, &operation, &error), "session");
    CHECK_NAMES(oauth_session_adopt_start(session, token, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_session_adopt_refresh_token_start(session, "R", NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_session_forget_start(session, false, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_session_finish_start(session, NULL, NULL, &error), invalid, "operation");
    oauth_request_options_set_timeout_ms(options, 0);
    REFUSED(oauth_session_adopt_start(session, token, options, &operation, &error), "options");
    REFUSED(oauth_session_finish_start(session, options, &operation, &error), "options");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "");
    oauth_request_options_free(options);
    oauth_token_free(token);
    oauth_session_free(session);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_revocation_endpoint(config, REVOKE);
    client = client_of(config);
    what_each_refuses();
    a_login_comes_and_goes();
    nothing_is_under_way();
    a_store_that_blocks();
    a_callback_of_the_session_is_busy();
    oauth_client_free(client);
    until_alone();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
