/* Log-ins that are started: through the browser, and step by step. */
#include "api_browser.h"
#include "api_operation.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;
static unsigned destroyed;

static void gone(void *user_data) {
    (void)user_data;
    destroyed++;
}

/* Called on the client's thread; the test goes on once the browser is open. */
static oauth_status open_elsewhere(void *user_data, const char *url) {
    struct browser *browser = user_data;
    oauth_status status;
    CHECK(!pthread_equal(browser->caller, pthread_self()));
    browser->caller = pthread_self();
    status = open_url(user_data, url);
    set_asked();
    return status;
}

/* A log-in for which the test keeps nothing but the operation. */
static oauth_operation *begun_log_in(struct browser *browser, oauth_listener_options *listener) {
    char scope[] = "a b";
    oauth_params *params = oauth_params_new();
    oauth_operation *operation = NULL;
    oauth_params_add(params, "prompt", "login");
    oauth_listener_options_set_open_url(listener, open_elsewhere, browser, gone);
    destroyed = 0;
    set_gate(false);
    CHECK_OK(oauth_log_in_start(client, scope, params, listener, NULL, &operation, &error));
    memset(scope, 'x', sizeof scope - 1);
    oauth_params_free(params);
    oauth_listener_options_free(listener);
    until_asked();
    return operation;
}

static void brings_a_code(struct browser *browser) {
    begin(browser);
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, browser->shown[0]);
}

static void logs_in(void) {
    struct browser browser = browser_of(brings_a_code);
    oauth_operation *operation = begun_log_in(&browser, own_pages());
    oauth_token *token = NULL;
    CHECK_OK(token_of(operation, &token, &error));
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    CHECK(destroyed == 1);
    closed(&browser);
    CHECK_CONTAINS(browser.url, "&scope=a+b&");
    CHECK_CONTAINS(browser.url, "prompt=login");
    CHECK_CONTAINS(browser.shown[0], "<p>SIGNED-IN");
    oauth_token_free(token);
    oauth_operation_free(operation);
}

static void fails(struct browser *browser) {
    begin(browser);
    come_back(browser, "/cb", "error=access_denied", false, browser->cookie, browser->shown[0]);
}

static void the_user_refuses(void) {
    struct browser browser = browser_of(fails);
    oauth_operation *operation = begun_log_in(&browser, own_pages());
    oauth_token *token = NULL;
    CHECK_FAILS(token_of(operation, &token, &error), OAUTH_ERROR_PROVIDER, "access_denied");
    closed(&browser);
    CHECK_CONTAINS(browser.shown[0], "<p>NOT-SIGNED-IN");
    oauth_operation_free(operation);
    browser = browser_of(NULL);
    browser.returns = 7;
    operation = begun_log_in(&browser, own_pages());
    CHECK_FAILS(token_of(operation, &token, &error), OAUTH_ERROR_CALLBACK, "open_url returned 7");
    oauth_operation_free(operation);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whoever stops waiting leaves no open port behind. */
static void the_port_is_closed_at_once(void) {
    int freed;
    for (freed = 0; freed < 2; freed++) {
        struct browser browser = browser_of(NULL);
        oauth_operation *operation = begun_log_in(&browser, own_pages());
        oauth_token *token = NULL;
        int connection, one_more = 1;
        int64_t began_ms;
        connection = connected(port_of(browser.given));
        CHECK(connection >= 0);
        close(connection);
        began_ms = now_ms();
        if (freed) {
            oauth_operation_free(operation);
        } else {
            oauth_operation_cancel(operation);
        }
        while ((one_more = connected(port_of(browser.given))) >= 0) {
            close(one_more);
        }
        CHECK(now_ms() - began_ms < 2000); /* valgrind is slow */
        if (!freed) {
            CHECK_FAILS(token_of(operation, &token, &error), OAUTH_ERROR_CANCELLED, "come back");
            oauth_operation_free(operation);
        }
        closed(&browser);
    }
}

/* It sends its redirect, and reads nothing until it may. */
static void reads_nothing(struct browser *browser) {
    char state[64], request[512];
    int connection;
    begin(browser);
    CHECK(parameter(browser->url, "state", state, sizeof state));
    connection = connected(port_of(browser->given));
    snprintf(request, sizeof request, "GET /cb?code=c0de&state=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nCookie: %s\r\n\r\n", state,
             port_of(browser->given), browser->cookie);
    CHECK(connection >= 0 && write(connection, request, strlen(request)) == (ssize_t)strlen(request));
    until_open();
    close(connection);
}

static bool has_connection(const struct browser *browser) {
    int connection = connected(port_of(browser->given));
    if (connection >= 0) {
        close(connection);
    }
    return connection >= 0;
}

static void a_slow_browser_holds_nobody_up(void) {
    enum { LONG = 16 * 1024 * 1024 };
    struct browser browser = browser_of(reads_nothing);
    oauth_listener_options *listener = own_pages();
    oauth_operation *operation, *other = NULL;
    oauth_token *token = NULL;
    char *page = malloc(LONG);
    int64_t began_ms;
    memset(page, 'x', LONG - 1);
    page[LONG - 1] = '\0';
    oauth_listener_options_set_pages(listener, page, NULL);
    free(page);
    operation = begun_log_in(&browser, listener);
    while (has_connection(&browser)) { /* until the redirect has come */
    }
    began_ms = now_ms();
    CHECK_OK(oauth_request_grant_start(client, "urn:x:y", NULL, NULL, &other, &error));
    CHECK_OK(token_of(other, &token, &error));
    CHECK(now_ms() - began_ms < 1500 && !oauth_operation_done(operation));
    set_gate(true);
    oauth_token_free(token);
    oauth_operation_free(other);
    CHECK_OK(token_of(operation, &token, &error));
    oauth_token_free(token);
    oauth_operation_free(operation);
    closed(&browser);
}

static void an_authorization_begins(void) {
    oauth_operation *operation = NULL;
    oauth_authorization *authorization = NULL;
    oauth_token *token = NULL;
    CHECK_OK(oauth_authorization_begin_start(client, REDIRECT_URI, "a b", NULL, NULL, &operation, &error));
    CHECK_OK(result_of(operation, &error));
    CHECK_OK(oauth_operation_authorization(operation, &authorization, &error));
    CHECK_TEXT(said(authorization, "scope"), "a b");
    CHECK_TEXT(said(authorization, "redirect_uri"), REDIRECT_URI);
    oauth_token_free(finished(authorization, answer(authorization, "code=c0de")));
    oauth_authorization_free(authorization);
    CHECK_FAILS(oauth_operation_authorization(operation, &authorization, &error), OAUTH_ERROR_INVALID_STATE, "already");
    CHECK(authorization == NULL);
    CHECK_NAMES(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT, "operation gives");
    oauth_operation_free(operation);
    /* Nobody takes it. */
    CHECK_OK(oauth_authorization_begin_start(client, REDIRECT_URI, NULL, NULL, NULL, &operation, &error));
    CHECK_OK(result_of(operation, &error));
    oauth_operation_free(operation);
    CHECK_OK(oauth_authorization_begin_start(client, "cb", NULL, NULL, NULL, &operation, &error));
    CHECK_FAILS(result_of(operation, &error), OAUTH_ERROR_INVALID_ARGUMENT, "redirect_uri");
    oauth_operation_free(operation);
}

static oauth_status finish(oauth_authorization *authorization, const char *redirect) {
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    oauth_status status;
    CHECK_OK(oauth_authorization_finish_start(authorization, redirect, NULL, NULL, &operation, &error));
    status = token_of(operation, &token, &error);
    CHECK((token != NULL) == (status == OAUTH_OK));
    oauth_token_free(token);
    oauth_operation_free(operation);
    return status;
}

/* As the blocking call leaves it. */
static void what_uses_up_an_authorization(void) {
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    fake.calls = 0;
    CHECK_FAILS(finish(authorization, "code=c0de&state=x"), OAUTH_ERROR_STATE_MISMATCH, "state");
    CHECK(fake.calls == 0);
    fake.returns = OAUTH_ERROR_CONNECT;
    CHECK_FAILS(finish(authorization, answer(authorization, "code=c0de")), OAUTH_ERROR_CONNECT, "");
    fake.returns = OAUTH_OK;
    fake.calls = 0;
    CHECK_OK(finish(authorization, answer(authorization, "code=c0de")));
    CHECK(fake.calls == 1);
    CHECK_FAILS(finish(authorization, answer(authorization, "code=c0de")), OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_INVALID_STATE, "used up");
    oauth_authorization_free(authorization);
}

static void in_use(void) {
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    oauth_params *params = oauth_params_new();
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    char *json = (char *)&fake, redirect[512];
    const char *url = oauth_authorization_url(authorization);
    strcpy(redirect, answer(authorization, "code=c0de"));
    oauth_params_add(params, "resource", "r");
    set_gate(false);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_authorization_finish_start(authorization, redirect, params, NULL, &operation, &error));
    oauth_params_free(params);
    CHECK_UNFINISHED(authorization, redirect, OAUTH_ERROR_BUSY, "authorization is in use");
    until_asked();
    NOT_STARTED(oauth_authorization_finish_start(authorization, redirect, NULL, NULL, &operation, &error),
                OAUTH_ERROR_BUSY, "authorization is in use");
    CHECK_UNFINISHED(authorization, redirect, OAUTH_ERROR_BUSY, "authorization is in use");
    CHECK_FAILS(oauth_authorization_to_json(authorization, &json, &error), OAUTH_ERROR_BUSY, "authorization is in use");
    CHECK(json == NULL && oauth_authorization_url(authorization) == url);
    CHECK(strstr(url, oauth_authorization_state(authorization)) != NULL && oauth_authorization_nonce(authorization) == NULL);
    set_gate(true);
    CHECK_OK(token_of(operation, &token, &error));
    CHECK_CONTAINS(fake.body_seen, "&resource=r");
    CHECK_UNFINISHED(authorization, redirect, OAUTH_ERROR_INVALID_STATE, "used up");
    CHECK_FAILS(oauth_authorization_to_json(authorization, &json, &error), OAUTH_ERROR_INVALID_STATE, "used up");
    oauth_token_free(token);
    oauth_operation_free(operation);
    oauth_authorization_free(authorization);
    /* Both are freed in the middle, in either order. */
    authorization = begun(client, REDIRECT_URI, NULL);
    set_gate(false);
    CHECK_OK(oauth_authorization_finish_start(authorization, answer(authorization, "code=c0de"), NULL, NULL, &operation,
                                              &error));
    until_asked();
    oauth_authorization_free(authorization);
    set_gate(true);
    CHECK_OK(token_of(operation, &token, &error));
    oauth_token_free(token);
    oauth_operation_free(operation);
    authorization = begun(client, REDIRECT_URI, NULL);
    set_gate(false);
    CHECK_OK(oauth_authorization_finish_start(authorization, answer(authorization, "code=c0de"), NULL, NULL, &operation,
                                              &error));
    until_asked();
    oauth_operation_free(operation);
    oauth_authorization_free(authorization);
    set_gate(true);
    fake.during = NULL;
}

static void what_each_refuses(void) {
    const oauth_status invalid = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    oauth_listener_options *listener = oauth_listener_options_new();
    oauth_request_options *options = oauth_request_options_new();
    REFUSED(oauth_log_in_start(NULL, NULL, NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_log_in_start(client, NOT_UTF8, NULL, NULL, NULL, &operation, &error), "scope");
    CHECK_NAMES(oauth_log_in_start(client, NULL, NULL, NULL, NULL, NULL, &error), invalid, "operation");
    oauth_listener_options_set_path(listener, "cb");
    REFUSED(oauth_log_in_start(client, NULL, NULL, listener, NULL, &operation, &error), "options: path");
    REFUSED(oauth_authorization_begin_start(NULL, REDIRECT_URI, NULL, NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_authorization_begin_start(client, NULL, NULL, NULL, NULL, &operation, &error), "redirect_uri");
    REFUSED(oauth_authorization_begin_start(client, NOT_UTF8, NULL, NULL, NULL, &operation, &error), "redirect_uri");
    REFUSED(oauth_authorization_begin_start(client, REDIRECT_URI, NOT_UTF8, NULL, NULL, &operation, &error), "scope");
    CHECK_NAMES(oauth_authorization_begin_start(client, REDIRECT_URI, NULL, NULL, NULL, NULL, &error), invalid,
                "operation");
    REFUSED(oauth_authorization_finish_start(NULL, "code=c", NULL, NULL, &operation, &error), "authorization");
    REFUSED(oauth_authorization_finish_start(authorization, NULL, NULL, NULL, &operation, &error), "redirect");
    REFUSED(oauth_authorization_finish_start(authorization, NOT_UTF8, NULL, NULL, &operation, &error), "redirect");
    CHECK_NAMES(oauth_authorization_finish_start(authorization, "code=c", NULL, NULL, NULL, &error), invalid, "operation");
    oauth_request_options_set_timeout_ms(options, 0);
    REFUSED(oauth_authorization_finish_start(authorization, "code=c", NULL, options, &operation, &error), "options");
    oauth_token_free(finished(authorization, answer(authorization, "code=c0de"))); /* it is not in use */
    oauth_request_options_free(options);
    oauth_listener_options_free(listener);
    oauth_authorization_free(authorization);
}

int main(void) {
    client = server_client(&fake, NULL);
    logs_in();
    the_user_refuses();
    the_port_is_closed_at_once();
    a_slow_browser_holds_nobody_up();
    an_authorization_begins();
    what_uses_up_an_authorization();
    in_use();
    what_each_refuses();
    oauth_client_free(client);
    until_alone();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
