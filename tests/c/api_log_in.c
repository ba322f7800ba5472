/* A native app's log-in in one call, and the wait for a redirect by itself; the program is its own browser. */
#include "api_authorization.h"
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

/* One request of the browser to the redirect URI: a query, or a form when it posts; the right state may follow it. */
struct visit {
    const char *path, *query;
    bool posts, has_state;
};

/* Makes its visits in a thread of its own, one after the other, and keeps what it is shown. */
struct browser {
    const struct visit *visits; /* ends with a NULL path */
    oauth_status returns;
    const oauth_cancel *cancel; /* triggered in place of visits */
    unsigned opened;
    pthread_t caller, thread;
    char url[1024], shown[8][4096];
};

static unsigned port_of(const char *url) {
    char redirect_uri[256];
    CHECK(parameter(url, "redirect_uri", redirect_uri, sizeof redirect_uri));
    CHECK(strncmp(redirect_uri, "http://127.0.0.1:", 17) == 0);
    return (unsigned)atoi(redirect_uri + 17);
}

static int connected(unsigned port) {
    struct sockaddr_in address;
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connection >= 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    return connection;
}

static void pay(const char *url, const struct visit *visit, char *shown, size_t capacity) {
    char state[64], answer[512], request[1024];
    int connection = connected(port_of(url));
    ssize_t count;
    CHECK(connection >= 0 && parameter(url, "state", state, sizeof state));
    snprintf(answer, sizeof answer, "%s%s%s", visit->query, visit->has_state ? "&state=" : "",
             visit->has_state ? state : "");
    if (visit->posts) {
        snprintf(request, sizeof request,
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                 "Content-Length: %u\r\n\r\n%s", visit->path, port_of(url), (unsigned)strlen(answer), answer);
    } else {
        snprintf(request, sizeof request, "GET %s?%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", visit->path, answer,
                 port_of(url));
    }
    CHECK(write(connection, request, strlen(request)) == (ssize_t)strlen(request));
    while ((count = read(connection, shown, capacity - 1)) > 0) {
        shown += count;
        capacity -= (size_t)count;
    }
    *shown = '\0';
    CHECK(count == 0);
    close(connection);
}

static void *browse(void *argument) {
    struct browser *browser = argument;
    size_t index;
    for (index = 0; browser->visits[index].path != NULL; index++) {
        pay(browser->url, &browser->visits[index], browser->shown[index], sizeof browser->shown[index]);
    }
    return NULL;
}

static oauth_status open_url(void *user_data, const char *url) {
    struct browser *browser = user_data;
    CHECK(pthread_equal(browser->caller, pthread_self()) && strlen(url) < sizeof browser->url);
    browser->opened++;
    strcpy(browser->url, url);
    oauth_cancel_trigger(browser->cancel);
    if (browser->visits != NULL) {
        CHECK(pthread_create(&browser->thread, NULL, browse, browser) == 0);
    }
    return browser->returns;
}

static struct browser browser_of(const struct visit *visits) {
    struct browser browser;
    memset(&browser, 0, sizeof browser);
    browser.visits = visits;
    browser.caller = pthread_self();
    return browser;
}

static void closed(const struct browser *browser) {
    CHECK(browser->opened == 1 && connected(port_of(browser->url)) < 0);
    if (browser->visits != NULL) {
        CHECK(pthread_join(browser->thread, NULL) == 0);
    }
}

static oauth_listener_options *own_pages(void) {
    oauth_listener_options *options = oauth_listener_options_new();
    oauth_listener_options_set_path(options, "/cb");
    oauth_listener_options_set_pages(options, "<p>SIGNED-IN", "<p>NOT-SIGNED-IN");
    return options;
}

/* Shows the URL to the browser of the test. */
static oauth_status log_in(const oauth_client *by, const char *scope, const oauth_params *params,
                           oauth_listener_options *listener, struct browser *browser,
                           const oauth_request_options *options, oauth_token **token, oauth_error **why) {
    oauth_listener_options *used = listener != NULL ? listener : oauth_listener_options_new();
    oauth_status status;
    oauth_listener_options_set_open_url(used, open_url, browser, NULL);
    status = oauth_log_in(by, scope, params, used, options, token, why);
    if (listener == NULL) {
        oauth_listener_options_free(used);
    }
    return status;
}

static void logs_in(void) {
    static const struct visit visits[] = {{"/", "code=c0de", false, true}, {NULL, NULL, false, false}};
    struct browser browser = browser_of(visits);
    oauth_token *token = NULL;
    char expected[512], verifier[64];
    fake.calls = 0;
    CHECK_OK(log_in(client, "a b", NULL, NULL, &browser, NULL, &token, &error));
    closed(&browser);
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    CHECK(strncmp(browser.url, AUTHORIZATION_ENDPOINT "?response_type=code&client_id=client&redirect_uri=",
                  strlen(AUTHORIZATION_ENDPOINT) + 49) == 0);
    CHECK_CONTAINS(browser.url, "&scope=a+b&state=");
    CHECK(fake.calls == 1 && parameter(fake.body_seen, "code_verifier", verifier, sizeof verifier));
    snprintf(expected, sizeof expected,
             "grant_type=authorization_code&code=c0de&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A%u%%2F"
             "&code_verifier=%s&client_id=client", port_of(browser.url), verifier);
    CHECK_TEXT(fake.body_seen, expected);
    CHECK(strncmp(browser.shown[0], "HTTP/1.1 200 ", 13) == 0);
    CHECK_LACKS(browser.shown[0], "c0de");
    oauth_token_free(token);
}

/* Only the right state on the right path ends the wait, by query or by form. */
static void what_is_waited_past(void) {
    static const struct visit visits[] = {
        {"/cb", "code=evil&state=x", false, false}, {"/cb", "code=evil", false, false},
        {"/", "code=evil", false, true},            {"/cb", "code=evil&code=evil", false, true},
        {"/cb", "state=", true, false},             {"/cb", "code=c0de", true, true},
        {NULL, NULL, false, false},
    };
    struct browser browser = browser_of(visits);
    oauth_listener_options *listener = own_pages();
    oauth_params *params = oauth_params_new();
    oauth_token *token = NULL;
    size_t index;
    fake.calls = 0;
    oauth_params_add(params, "response_mode", "form_post");
    CHECK_OK(log_in(client, NULL, params, listener, &browser, NULL, &token, &error));
    closed(&browser);
    CHECK(fake.calls == 1);
    CHECK_CONTAINS(browser.url, "&response_mode=form_post");
    CHECK_CONTAINS(fake.body_seen, "&code=c0de&");
    CHECK_CONTAINS(fake.body_seen, "%2Fcb&code_verifier=");
    for (index = 0; index < 5; index++) {
        CHECK(strncmp(browser.shown[index], "HTTP/1.1 4", 10) == 0);
        CHECK_LACKS(browser.shown[index], "SIGNED-IN");
    }
    CHECK_CONTAINS(browser.shown[5], "<p>SIGNED-IN");
    oauth_token_free(token);
    oauth_params_free(params);
    oauth_listener_options_free(listener);
}

/* A log-in that ends otherwise than with a token, and what the user is told. */
static void fails(const char *scope, const char *query, oauth_status status, const char *named, unsigned calls) {
    const struct visit visits[] = {{"/cb", query, false, true}, {NULL, NULL, false, false}};
    struct browser browser = browser_of(visits);
    oauth_listener_options *listener = own_pages();
    oauth_token *token = (oauth_token *)&fake;
    fake.calls = 0;
    CHECK_FAILS(log_in(client, scope, NULL, listener, &browser, NULL, &token, &error), status, named);
    closed(&browser);
    CHECK(token == NULL && fake.calls == calls);
    CHECK_CONTAINS(browser.shown[0], "<p>NOT-SIGNED-IN");
    oauth_listener_options_free(listener);
}

static void how_it_fails(void) {
    fails(NULL, "error=access_denied", OAUTH_ERROR_PROVIDER, "access_denied", 0);
    fails(NULL, "code=c0de&iss=https://evil.example", OAUTH_ERROR_ISSUER_MISMATCH, "evil.example", 0);
    fails("openid", "code=c0de", OAUTH_ERROR_ID_TOKEN, "is missing", 1);
    fake.body = "{\"error\":\"invalid_grant\"}";
    fake.http_status = 400;
    fails(NULL, "code=c0de", OAUTH_ERROR_PROVIDER, "invalid_grant", 1);
    fake.body = NULL;
    fake.http_status = 0;
}

static void nobody_comes_back(void) {
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_request_options *options = oauth_request_options_new();
    struct browser browser = browser_of(NULL);
    oauth_token *token = (oauth_token *)&fake;
    fake.calls = 0;
    browser.returns = 7;
    CHECK_FAILS(log_in(client, NULL, NULL, NULL, &browser, NULL, &token, &error),
                OAUTH_ERROR_CALLBACK, "open_url returned 7");
    closed(&browser);
    CHECK(token == NULL);
    browser = browser_of(NULL);
    browser.cancel = cancel;
    oauth_request_options_set_cancel(options, cancel);
    CHECK_FAILS(log_in(client, NULL, NULL, NULL, &browser, options, &token, &error),
                OAUTH_ERROR_CANCELLED, "come back");
    closed(&browser);
    oauth_request_options_free(options);
    options = oauth_request_options_new();
    browser = browser_of(NULL);
    oauth_request_options_set_deadline_ms(options, 50);
    CHECK_FAILS(log_in(client, NULL, NULL, NULL, &browser, options, &token, &error),
                OAUTH_ERROR_TIMEOUT, "come back");
    closed(&browser);
    CHECK(token == NULL && fake.calls == 0);
    oauth_request_options_free(options);
    oauth_cancel_free(cancel);
}

static void bad_arguments_open_no_browser(void) {
    struct browser browser = browser_of(NULL);
    oauth_params *params = oauth_params_new();
    oauth_listener_options *options = oauth_listener_options_new();
    oauth_listener *listener = NULL;
    oauth_token *token = (oauth_token *)&fake;
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    fake.calls = 0;
    CHECK_NAMES(log_in(NULL, NULL, NULL, NULL, &browser, NULL, &token, &error), argument, "client");
    CHECK(token == NULL);
    CHECK_NAMES(log_in(client, NULL, NULL, NULL, &browser, NULL, NULL, &error), argument, "token");
    CHECK(oauth_log_in(NULL, NULL, NULL, NULL, NULL, NULL, NULL) == argument);
    CHECK_NAMES(log_in(client, NOT_UTF8, NULL, NULL, &browser, NULL, &token, &error), argument,
                "scope");
    CHECK_NAMES(log_in(client, "a\n", NULL, NULL, &browser, NULL, &token, &error), argument, "scope");
    oauth_params_add(params, "state", "mine");
    CHECK_NAMES(log_in(client, NULL, params, NULL, &browser, NULL, &token, &error), argument,
                "parameters may not hold state");
    CHECK_OK(oauth_listener_open(NULL, &listener, &error));
    oauth_listener_options_set_port(options, (uint16_t)atoi(oauth_listener_redirect_uri(listener) + 17));
    CHECK_FAILS(log_in(client, NULL, NULL, options, &browser, NULL, &token, &error),
                OAUTH_ERROR_SYSTEM, "in use");
    oauth_listener_free(listener);
    oauth_listener_options_set_path(options, "cb");
    CHECK_NAMES(log_in(client, NULL, NULL, options, &browser, NULL, &token, &error), argument,
                "options: path");
    CHECK(token == NULL && fake.calls == 0 && browser.opened == 0);
    oauth_params_free(params);
    oauth_listener_options_free(options);
}

/* The same in steps. */
static void step_by_step(void) {
    static const struct visit visits[] = {
        {"/cb", "code=evil&state=x", false, false}, {"/cb", "code=c0de", false, true}, {NULL, NULL, false, false}};
    struct browser browser = browser_of(visits);
    oauth_listener_options *listening = own_pages();
    oauth_request_options *brief = oauth_request_options_new(), *cancelled = oauth_request_options_new();
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_listener *listener = NULL;
    oauth_authorization *authorization;
    char *redirect = (char *)&fake, expected[512];
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    CHECK_OK(oauth_listener_open(listening, &listener, &error));
    authorization = begun(client, oauth_listener_redirect_uri(listener), NULL);
    CHECK_NAMES(oauth_listener_wait(NULL, authorization, NULL, &redirect, &error), argument, "listener");
    CHECK(redirect == NULL);
    CHECK_NAMES(oauth_listener_wait(listener, NULL, NULL, &redirect, &error), argument, "expected");
    CHECK_NAMES(oauth_listener_wait(listener, authorization, NULL, NULL, &error), argument, "redirect");
    CHECK(oauth_listener_wait(NULL, NULL, NULL, NULL, NULL) == argument);
    oauth_request_options_set_deadline_ms(brief, 20);
    CHECK_FAILS(oauth_listener_wait(listener, authorization, brief, &redirect, &error), OAUTH_ERROR_TIMEOUT,
                "come back");
    oauth_request_options_set_cancel(cancelled, cancel);
    oauth_cancel_trigger(cancel);
    CHECK_FAILS(oauth_listener_wait(listener, authorization, cancelled, &redirect, &error), OAUTH_ERROR_CANCELLED,
                "come back");
    CHECK(redirect == NULL);
    CHECK(open_url(&browser, oauth_authorization_url(authorization)) == OAUTH_OK);
    CHECK_OK(oauth_listener_wait(listener, authorization, NULL, &redirect, &error));
    snprintf(expected, sizeof expected, "%s?code=c0de&state=%s", oauth_listener_redirect_uri(listener),
             oauth_authorization_state(authorization));
    CHECK_TEXT(redirect, expected);
    oauth_token_free(finished(authorization, redirect));
    oauth_string_free(redirect);
    oauth_listener_finish(listener, true);
    closed(&browser);
    CHECK(strncmp(browser.shown[0], "HTTP/1.1 4", 10) == 0);
    CHECK_CONTAINS(browser.shown[1], "<p>SIGNED-IN");
    CHECK_FAILS(oauth_listener_wait(listener, authorization, NULL, &redirect, &error), OAUTH_ERROR_INVALID_STATE,
                "already");
    CHECK(redirect == NULL);
    oauth_authorization_free(authorization);
    oauth_listener_free(listener);
    oauth_listener_options_free(listening);
    oauth_request_options_free(brief);
    oauth_request_options_free(cancelled);
    oauth_cancel_free(cancel);
}

int main(void) {
    client = server_client(&fake, ISSUER);
    logs_in();
    what_is_waited_past();
    how_it_fails();
    nobody_comes_back();
    bad_arguments_open_no_browser();
    step_by_step();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
