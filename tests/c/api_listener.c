/* The loopback listener: where it listens, and every bad argument. The wait is another program's. */
#include "check.h"

static oauth_error *error;

static oauth_listener *opened(const oauth_listener_options *options) {
    oauth_listener *listener = NULL;
    CHECK_OK(oauth_listener_open(options, &listener, &error));
    CHECK(listener != NULL);
    return listener;
}

/* "http://HOST:PORT" and the path; gives the port. */
static uint16_t is_at(const oauth_listener *listener, const char *before, const char *after) {
    const char *uri = oauth_listener_redirect_uri(listener);
    char *end;
    unsigned long port;
    CHECK(uri != NULL && strncmp(uri, before, strlen(before)) == 0);
    port = strtoul(uri + strlen(before), &end, 10);
    CHECK_TEXT(end, after);
    CHECK(port > 0 && port <= 65535);
    return (uint16_t)port;
}

static void listens_where_it_is_told(void) {
    oauth_listener *listener = opened(NULL), *other = (oauth_listener *)&error;
    oauth_listener_options *options = oauth_listener_options_new();
    uint16_t port = is_at(listener, "http://127.0.0.1:", "/");
    CHECK(options != NULL);
    oauth_listener_options_set_host(options, "127.0.0.1");
    oauth_listener_options_set_path(options, "/callback");
    oauth_listener_options_set_pages(options, "<p>yes", "<p>no");
    oauth_listener_options_set_port(options, port);
    CHECK_FAILS(oauth_listener_open(options, &other, &error), OAUTH_ERROR_SYSTEM, "in use");
    CHECK(other == NULL);
    oauth_listener_finish(listener, true); /* for nobody */
    oauth_listener_free(listener);

    listener = opened(options);
    CHECK(is_at(listener, "http://127.0.0.1:", "/callback") == port);
    oauth_listener_options_set_host(options, "localhost");
    oauth_listener_options_set_path(options, "");
    oauth_listener_options_set_port(options, 0);
    other = opened(options);
    oauth_listener_options_free(options);
    is_at(other, "http://localhost:", "");
    oauth_listener_free(other);
    oauth_listener_free(listener);
}

static void has_ipv6_or_says_so(void) {
    oauth_listener_options *options = oauth_listener_options_new();
    oauth_listener *listener = NULL;
    oauth_listener_options_set_host(options, "::1");
    if (oauth_listener_open(options, &listener, &error) == OAUTH_OK) {
        is_at(listener, "http://[::1]:", "/");
    } else {
        CHECK(strstr(oauth_error_message(error), "[::1]:0") != NULL && listener == NULL);
        oauth_error_free(error);
        error = NULL;
    }
    oauth_listener_free(listener);
    oauth_listener_options_free(options);
}

#define REFUSED(call, named)                                                                   \
    do {                                                                                       \
        oauth_listener_options *options = oauth_listener_options_new();                        \
        oauth_listener *listener = (oauth_listener *)&error;                                   \
        call;                                                                                  \
        CHECK_NAMES(oauth_listener_open(options, &listener, &error), OAUTH_ERROR_INVALID_ARGUMENT, \
                    "options: " named);                                                        \
        CHECK(listener == NULL);                                                               \
        oauth_listener_options_free(options);                                                  \
    } while (0)

static void bad_values_are_refused(void) {
    REFUSED(oauth_listener_options_set_host(options, NULL), "host");
    REFUSED(oauth_listener_options_set_host(options, ""), "host");
    REFUSED(oauth_listener_options_set_host(options, "0.0.0.0"), "host");
    REFUSED(oauth_listener_options_set_host(options, "\xff"), "host");
    REFUSED(oauth_listener_options_set_path(options, NULL), "path");
    REFUSED(oauth_listener_options_set_path(options, "\xff"), "path");
    REFUSED(oauth_listener_options_set_path(options, "callback"), "path");
    REFUSED(oauth_listener_options_set_path(options, "/a?b"), "path");
    REFUSED(oauth_listener_options_set_path(options, "/a\r\nb"), "path");
    REFUSED(oauth_listener_options_set_pages(options, "\xff", NULL), "success_html");
    REFUSED(oauth_listener_options_set_pages(options, NULL, "\xff"), "failure_html");
    REFUSED(oauth_listener_options_set_program_name(options, "\xff"), "name");
    REFUSED(oauth_listener_options_set_program_name(options, "a\nb"), "name");
    /* The first bad value stays. */
    REFUSED((oauth_listener_options_set_host(options, "any"), oauth_listener_options_set_path(options, NULL),
             oauth_listener_options_set_host(options, "::1")), "host");
    CHECK_NAMES(oauth_listener_open(NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "listener");
    CHECK(oauth_listener_open(NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
}

static void nothing_is_done_to_nothing(void) {
    oauth_listener_options_set_host(NULL, "::1");
    oauth_listener_options_set_port(NULL, 1);
    oauth_listener_options_set_path(NULL, "/");
    oauth_listener_options_set_pages(NULL, "", "");
    oauth_listener_options_set_program_name(NULL, "");
    oauth_listener_options_set_check_browser(NULL, true);
    oauth_listener_options_free(NULL);
    CHECK(oauth_listener_redirect_uri(NULL) == NULL && oauth_listener_browser_url(NULL) == NULL);
    oauth_listener_finish(NULL, true);
    oauth_listener_free(NULL);
}

int main(void) {
    listens_where_it_is_told();
    has_ipv6_or_says_so();
    bad_values_are_refused();
    nothing_is_done_to_nothing();
    return 0;
}
