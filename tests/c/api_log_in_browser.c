/* Only the browser that was opened brings the redirect: other users of the machine, who see its command line, do not. */
#include "api_browser.h"

#ifdef __linux__
#include <sys/fsuid.h>
#endif

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static bool is(const char *shown, const char *status) {
    return strncmp(shown, "HTTP/1.1 ", 9) == 0 && strncmp(shown + 9, status, 3) == 0;
}

/* A log-in with this browser that must end with the code of its user. */
static struct browser ends_well(void (*script)(struct browser *browser), const void *extra) {
    struct browser browser = browser_of(script);
    oauth_listener_options *listener = own_pages();
    oauth_token *token = NULL;
    browser.extra = extra;
    fake.calls = 0;
    CHECK_OK(log_in(client, NULL, NULL, listener, &browser, NULL, &token, &error));
    closed(&browser);
    CHECK(fake.calls == 1);
    CHECK_CONTAINS(fake.body_seen, "&code=c0de&");
    oauth_token_free(token);
    oauth_listener_options_free(listener);
    return browser;
}

/* The URL that the program opens tells nothing, and the cookie is what it should be. */
static void looks_around(struct browser *browser) {
    unsigned port = port_of(browser->given);
    ask(port, "GET", target_of(browser->given), "", NULL, browser->shown[0]);
    CHECK(header(browser->shown[0], "\r\nSet-Cookie: ", ";", browser->cookie, sizeof browser->cookie));
    CHECK(header(browser->shown[0], "\r\nLocation: ", "\r", browser->url, sizeof browser->url));
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, browser->shown[1]);
}

static void what_the_browser_is_given(void) {
    struct browser browser = ends_well(looks_around, NULL);
    char name[64], expected[512];
    size_t length = strcspn(browser.cookie, "=");
    CHECK(strlen(target_of(browser.given)) == 44 && strchr(browser.given, '?') == NULL);
    CHECK(is(browser.shown[0], "303") && strncmp(browser.url, AUTHORIZATION_ENDPOINT "?", 27) == 0);
    CHECK_CONTAINS(browser.shown[0], "; Path=/; Max-Age=");
    CHECK_CONTAINS(browser.shown[0], "; HttpOnly; SameSite=Lax\r\n");
    CHECK_CONTAINS(browser.shown[0], "\r\nCache-Control: no-store\r\n");
    CHECK(length == 29 && strlen(browser.cookie) == length + 44);
    memcpy(name, browser.cookie, length);
    name[length] = '\0';
    snprintf(expected, sizeof expected, "\r\nSet-Cookie: %s=; Path=/; Max-Age=0\r\n", name);
    CHECK_CONTAINS(browser.shown[1], expected); /* taken back with the last page */
    CHECK_CONTAINS(browser.shown[1], "<p>SIGNED-IN");
}

/* Redirects with the right state, of somebody who is not the browser: by query, then by form. */
static void is_robbed(struct browser *browser) {
    char wrong[128], *one;
    begin(browser);
    strcpy(wrong, browser->cookie);
    one = wrong + strlen(wrong) - 10;
    *one = *one == 'x' ? 'y' : 'x';
    come_back(browser, "/cb", "code=evil", false, "", browser->shown[0]);
    come_back(browser, "/cb", "code=evil", false, wrong, browser->shown[1]);
    come_back(browser, "/cb", "code=evil", false, browser->extra, browser->shown[2]);
    come_back(browser, "/cb", "code=evil", true, "", browser->shown[3]);
    come_back(browser, "/cb", "code=evil", true, wrong, browser->shown[4]);
    come_back(browser, "/cb", "code=evil", true, browser->extra, browser->shown[5]);
    come_back(browser, "/cb", "error=access_denied", false, "", browser->shown[6]);
    come_back(browser, "/cb", "code=c0de", true, browser->cookie, browser->shown[7]);
}

static void lends_its_cookie(struct browser *browser) {
    begin(browser);
    strcpy((char *)browser->extra, browser->cookie);
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, browser->shown[0]);
}

static void a_redirect_without_the_cookie_is_refused(void) {
    char of_another[128] = "";
    struct browser browser;
    size_t index;
    ends_well(lends_its_cookie, of_another);
    browser = ends_well(is_robbed, of_another);
    for (index = 0; index < 7; index++) {
        CHECK(is(browser.shown[index], "403"));
        CHECK_CONTAINS(browser.shown[index], "must end in the browser window in which it began");
        CHECK_LACKS(browser.shown[index], "SIGNED-IN");
        CHECK_LACKS(browser.shown[index], "evil");
    }
    CHECK_CONTAINS(browser.shown[7], "<p>SIGNED-IN");
}

/* What does not use up the one-time address, and what it is after the first who opens it. */
static void opens_it_again(struct browser *browser) {
    unsigned port = port_of(browser->given);
    const char *target = target_of(browser->given);
    char with_query[128], early[256], shown[SHOWN_BYTES];
    snprintf(with_query, sizeof with_query, "%s?", target);
    snprintf(early, sizeof early, "%s HTTP/1.1\r\nSec-Purpose: prefetch\r\nX:", target);
    ask(port, "GET", "/favicon.ico", "", NULL, browser->shown[0]);
    ask(port, "HEAD", target, "", NULL, browser->shown[1]);
    ask(port, "POST", target, "", "", browser->shown[2]);
    ask(port, "GET", with_query, "", NULL, browser->shown[3]);
    ask(port, "GET", early, "", NULL, browser->shown[4]);
    begin(browser);
    ask(port, "GET", target, "", NULL, browser->shown[5]);
    ask(port, "GET", target, "oauth-log-in-0123456789abcdef=x", NULL, browser->shown[6]);
    begin(browser); /* reloaded, with its cookie */
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, shown);
}

static void the_address_works_once(void) {
    struct browser browser = ends_well(opens_it_again, NULL);
    size_t index;
    for (index = 0; index < 7; index++) {
        CHECK(is(browser.shown[index], index < 5 ? "400" : "403"));
        CHECK_LACKS(browser.shown[index], "Set-Cookie");
        CHECK_LACKS(browser.shown[index], "state");
    }
    CHECK_CONTAINS(browser.shown[5], "This address works once, and was opened before.");
}

#ifdef __linux__
/* Sockets of this thread belong to this user from now on, where only root can bring that about. */
static bool becomes(unsigned user) {
    setfsuid(user);
    return (unsigned)setfsuid((uid_t)-1) == user;
}

/* Another user of the machine is faster than the browser: by IPv4, and by IPv6 that speaks IPv4. */
static void comes_second(struct browser *browser) {
    unsigned port = port_of(browser->given);
    CHECK(becomes(65534));
    ask(port, "GET", target_of(browser->given), "", NULL, browser->shown[0]);
    ask_from(true, port, "GET", target_of(browser->given), "", NULL, browser->shown[1]);
    CHECK(becomes(geteuid()));
    begin(browser);
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, browser->shown[2]);
}

static void the_address_is_for_this_user(void) {
    struct browser browser;
    size_t index;
    bool can = becomes(65534);
    CHECK(becomes(geteuid()));
    if (!can) {
        return;
    }
    browser = ends_well(comes_second, NULL);
    for (index = 0; index < 2; index++) {
        CHECK(is(browser.shown[index], "403"));
        CHECK_CONTAINS(browser.shown[index], "only for the user of this machine who has started the program");
        CHECK_LACKS(browser.shown[index], "Set-Cookie");
    }
    CHECK_CONTAINS(browser.shown[2], "<p>SIGNED-IN");
}
#endif

/* Far more forms than are kept, and the browser's own after them. */
static void is_flooded(struct browser *browser) {
    char state[64], form[256];
    unsigned count;
    begin(browser);
    CHECK(parameter(browser->url, "state", state, sizeof state));
    snprintf(form, sizeof form, "code=evil&state=%s", state);
    for (count = 0; count < 100; count++) {
        ask(port_of(browser->given), "POST", "/cb", "", form, browser->shown[0]);
    }
    come_back(browser, "/cb", "code=c0de", true, browser->cookie, browser->shown[1]);
}

/* The cookie comes with the form itself from a server on the same host. */
static void posts_from_the_same_site(struct browser *browser) {
    char state[64], form[256];
    begin(browser);
    CHECK(parameter(browser->url, "state", state, sizeof state));
    snprintf(form, sizeof form, "code=c0de&state=%s", state);
    ask(port_of(browser->given), "POST", "/cb", browser->cookie, form, browser->shown[1]);
}

static void forms_are_kept_for_the_browser(void) {
    struct browser browser = ends_well(is_flooded, NULL);
    CHECK_CONTAINS(browser.shown[1], "<p>SIGNED-IN");
    browser = ends_well(posts_from_the_same_site, NULL);
    CHECK_CONTAINS(browser.shown[1], "<p>SIGNED-IN");
}

struct two {
    const oauth_cancel *cancel; /* ends the wait for the first */
    const oauth_authorization *second;
};

static void leaves_a_form_of_the_first(struct browser *browser) {
    const struct two *two = browser->extra;
    unsigned port = port_of(browser->given);
    char state[64], form[256], address[256];
    begin(browser);
    CHECK(parameter(browser->url, "state", state, sizeof state));
    snprintf(form, sizeof form, "code=old&state=%s", state);
    ask(port, "POST", "/cb", "", form, browser->shown[0]);
    CHECK(header(browser->shown[0], "\r\nLocation: ", "\r", address, sizeof address));
    oauth_cancel_trigger(two->cancel);
    ask(port, "GET", target_of(address), browser->cookie, NULL, browser->shown[1]);
    strcpy(browser->url, oauth_authorization_url(two->second));
    come_back(browser, "/cb", "code=c0de", false, browser->cookie, browser->shown[2]);
}

static void a_form_is_for_its_authorization(void) {
    struct browser browser = browser_of(leaves_a_form_of_the_first);
    oauth_listener_options *options = own_pages();
    oauth_request_options *until_cancelled = oauth_request_options_new();
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_listener *listener = NULL;
    oauth_authorization *first, *second;
    struct two two;
    char *redirect = NULL;
    oauth_request_options_set_cancel(until_cancelled, cancel);
    CHECK_OK(oauth_listener_open(options, &listener, &error));
    first = begun(client, oauth_listener_redirect_uri(listener), NULL);
    second = begun(client, oauth_listener_redirect_uri(listener), NULL);
    two.cancel = cancel;
    two.second = second;
    browser.extra = &two;
    CHECK(open_url(&browser, oauth_listener_browser_url(listener)) == OAUTH_OK);
    CHECK_FAILS(oauth_listener_wait(listener, first, until_cancelled, &redirect, &error), OAUTH_ERROR_CANCELLED, "");
    CHECK_OK(oauth_listener_wait(listener, second, NULL, &redirect, &error));
    CHECK_CONTAINS(redirect, "code=c0de&");
    oauth_listener_finish(listener, true);
    closed(&browser);
    CHECK(is(browser.shown[1], "400"));
    oauth_string_free(redirect);
    oauth_authorization_free(first);
    oauth_authorization_free(second);
    oauth_listener_free(listener);
    oauth_cancel_free(cancel);
    oauth_request_options_free(until_cancelled);
    oauth_listener_options_free(options);
}

static void has_no_cookie(struct browser *browser) {
    char redirect_uri[64], answer[256], state[64];
    CHECK(parameter(browser->url, "redirect_uri", redirect_uri, sizeof redirect_uri));
    CHECK(parameter(browser->url, "state", state, sizeof state));
    snprintf(answer, sizeof answer, "/?code=c0de&state=%s", state);
    ask(port_of(redirect_uri), "GET", answer, "", NULL, browser->shown[0]);
}

/* As open_url, but what it is given is the authorization's URL. */
static oauth_status open_elsewhere(void *user_data, const char *url) {
    struct browser *browser = user_data;
    CHECK(strncmp(url, AUTHORIZATION_ENDPOINT "?", 27) == 0 && strlen(url) < sizeof browser->url);
    strcpy(browser->url, url);
    CHECK(pthread_create(&browser->thread, NULL, browse, browser) == 0);
    return OAUTH_OK;
}

static void the_check_can_be_switched_off(void) {
    struct browser browser = browser_of(has_no_cookie);
    oauth_listener_options *options = oauth_listener_options_new();
    oauth_listener *listener = NULL;
    oauth_token *token = NULL;
    oauth_listener_options_set_check_browser(options, false);
    oauth_listener_options_set_open_url(options, open_elsewhere, &browser, NULL);
    CHECK_OK(oauth_log_in(client, NULL, NULL, options, NULL, &token, &error));
    CHECK(pthread_join(browser.thread, NULL) == 0);
    CHECK_CONTAINS(browser.shown[0], "You are signed in.");
    CHECK_LACKS(browser.shown[0], "Set-Cookie");
    CHECK_OK(oauth_listener_open(options, &listener, &error));
    CHECK(oauth_listener_browser_url(listener) == NULL && oauth_listener_browser_url(NULL) == NULL);
    oauth_listener_options_set_check_browser(NULL, true);
    oauth_listener_free(listener);
    oauth_token_free(token);
    oauth_listener_options_free(options);
}

/* The library's own pages: the program's name in plain text, and a policy that allows their style and nothing else. */
static void looks_at_its_page(struct browser *browser) {
    begin(browser);
    come_back(browser, "/", browser->extra, false, "", browser->shown[0]);
    come_back(browser, "/", browser->extra, false, browser->cookie, browser->shown[1]);
}

static void pages_name_the_program(void) {
    const char *answers[] = {"code=c0de", "error=access_denied"}, *titles[] = {"Signed in", "Not signed in"};
    size_t index;
    for (index = 0; index < 2; index++) {
        struct browser browser = browser_of(looks_at_its_page);
        oauth_listener_options *options = oauth_listener_options_new();
        oauth_token *token = NULL;
        char heading[64], title[96];
        browser.extra = answers[index];
        oauth_listener_options_set_program_name(options, "<i>Tom & \"J\303\251r\303\264me\"'s</i>");
        if (index == 0) {
            CHECK_OK(log_in(client, NULL, NULL, options, &browser, NULL, &token, &error));
        } else {
            CHECK_FAILS(log_in(client, NULL, NULL, options, &browser, NULL, &token, &error), OAUTH_ERROR_PROVIDER, "");
        }
        closed(&browser);
        snprintf(heading, sizeof heading, "<h1>%s</h1>", titles[index]);
        snprintf(title, sizeof title, "<title>%s - &lt;i&gt;Tom &amp; ", titles[index]);
        CHECK_CONTAINS(browser.shown[0], " - &lt;i&gt;Tom &amp; ");
        CHECK_CONTAINS(browser.shown[1], heading);
        CHECK_CONTAINS(browser.shown[1], title);
        CHECK_CONTAINS(browser.shown[1],
                       "to &lt;i&gt;Tom &amp; &quot;J\303\251r\303\264me&quot;&#39;s&lt;/i&gt;");
        CHECK_LACKS(browser.shown[1], "<i>");
        CHECK_LACKS(browser.shown[1], "<script");
        CHECK_CONTAINS(browser.shown[1], "Content-Security-Policy: default-src 'none'; style-src 'sha256-");
        oauth_token_free(token);
        oauth_listener_options_free(options);
    }
}

int main(void) {
    client = server_client(&fake, ISSUER);
    what_the_browser_is_given();
    a_redirect_without_the_cookie_is_refused();
    the_address_works_once();
#ifdef __linux__
    the_address_is_for_this_user();
#endif
    forms_are_kept_for_the_browser();
    a_form_is_for_its_authorization();
    the_check_can_be_switched_off();
    pages_name_the_program();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
