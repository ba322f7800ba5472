/* A native app's log-in in one call, and the wait for a redirect by itself; the program is its own browser. */
#include "api_browser.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static void brings_a_code(struct browser *browser) {
    begin(browser);
    come_back(browser, "/", "code=c0de", false, browser->cookie, browser->shown[0]);
}

static void logs_in(void) {
    struct browser browser = browser_of(brings_a_code);
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
             "&code_verifier=%s&client_id=client", port_of(browser.given), verifier);
    CHECK_TEXT(fake.body_seen, expected);
    CHECK(strncmp(browser.shown[0], "HTTP/1.1 200 ", 13) == 0);
    CHECK_LACKS(browser.shown[0], "c0de");
    oauth_token_free(token);
}

static void brings_much_else_before(struct browser *browser) {
    unsigned port = port_of(browser->given);
    const char *cookie = browser->cookie;
    begin(browser);
    ask(port, "GET", "/cb?code=evil&state=x", cookie, NULL, browser->shown[0]);
    ask(port, "GET", "/cb?code=evil", cookie, NULL, browser->shown[1]);
    come_back(browser, "/", "code=evil", false, cookie, browser->shown[2]);
    come_back(browser, "/cb", "code=evil&code=evil", false, cookie, browser->shown[3]);
    ask(port, "POST", "/cb", cookie, "state=", browser->shown[4]);
    come_back(browser, "/cb", "code=c0de", true, cookie, browser->shown[5]);
}

/* Only the right state on the right path ends the wait, by query or by form. */
static void what_is_waited_past(void) {
    struct browser browser = browser_of(brings_much_else_before);
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

static void brings_its_extra(struct browser *browser) {
    begin(browser);
    come_back(browser, "/cb", browser->extra, false, browser->cookie, browser->shown[0]);
}

/* A log-in that ends otherwise than with a token, and what the user is told. */
static void fails(const char *scope, const char *query, oauth_status status, const char *named, unsigned calls) {
    struct browser browser = browser_of(brings_its_extra);
    oauth_listener_options *listener = own_pages();
    oauth_token *token = (oauth_token *)&fake;
    browser.extra = query;
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
    CHECK(log_in(client, NULL, NULL, NULL, &browser, NULL, &token, &error) == OAUTH_ERROR_CALLBACK);
    CHECK_CONTAINS(oauth_error_message(error), "open_url returned 7");
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_NONE && !oauth_error_request_sent(error)); /* nothing is in doubt */
    oauth_error_free(error);
    error = NULL;
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

static void brings_two(struct browser *browser) {
    begin(browser);
    come_back(browser, "/cb", "code=evil", false, "", browser->shown[0]);
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, browser->shown[1]);
}

/* The same in steps. */
static void step_by_step(void) {
    struct browser browser = browser_of(brings_two);
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
    CHECK(open_url(&browser, oauth_listener_browser_url(listener)) == OAUTH_OK);
    CHECK_OK(oauth_listener_wait(listener, authorization, NULL, &redirect, &error));
    snprintf(expected, sizeof expected, "%s?code=c0de&state=%s", oauth_listener_redirect_uri(listener),
             oauth_authorization_state(authorization));
    CHECK_TEXT(redirect, expected);
    oauth_token_free(finished(authorization, redirect));
    oauth_string_free(redirect);
    oauth_listener_finish(listener, true);
    closed(&browser);
    CHECK_TEXT(browser.url, oauth_authorization_url(authorization));
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
