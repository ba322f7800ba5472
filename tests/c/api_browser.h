/* The user's browser, played by a thread of the test: it opens what it is given, keeps its cookie, and comes back. */
#ifndef API_BROWSER_H
#define API_BROWSER_H

#include "api_authorization.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHOWN_BYTES 4096

struct browser {
    void (*script)(struct browser *browser); /* what it does once it is opened; NULL: nothing */
    const void *extra;                       /* for the script */
    oauth_status returns;
    const oauth_cancel *cancel; /* triggered when it is opened */
    unsigned opened;
    pthread_t caller, thread;
    char given[256]; /* the URL that it was opened with */
    char url[1024];  /* the authorization's URL, once it has been sent there */
    char cookie[128], shown[8][SHOWN_BYTES];
};

/* The port of "http://127.0.0.1:PORT...". */
static inline unsigned port_of(const char *url) {
    CHECK(strncmp(url, "http://127.0.0.1:", 17) == 0);
    return (unsigned)atoi(url + 17);
}

static inline int connected(unsigned port) {
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

/* The same by a socket of IPv6, where there is any. */
static inline int connected_mapped(unsigned port) {
    struct sockaddr_in6 address;
    int connection = socket(AF_INET6, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons((uint16_t)port);
    CHECK(inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr) == 1);
    if (connection < 0) {
        return connected(port);
    }
    CHECK(connect(connection, (struct sockaddr *)&address, sizeof address) == 0);
    return connection;
}

/* One request to the listener: a GET, or with a form a POST; the cookie may be empty. */
static inline void ask_from(bool mapped, unsigned port, const char *method, const char *target, const char *cookie,
                            const char *form, char *shown) {
    char request[2048];
    int connection = mapped ? connected_mapped(port) : connected(port);
    size_t capacity = SHOWN_BYTES;
    ssize_t count;
    CHECK(connection >= 0);
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s%s", method, target, port,
             *cookie ? "Cookie: theme=dark; " : "", cookie, *cookie ? "\r\n" : "");
    if (form != NULL) {
        size_t length = strlen(request);
        snprintf(request + length, sizeof request - length,
                 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %u\r\n\r\n%s",
                 (unsigned)strlen(form), form);
    } else {
        strcat(request, "\r\n");
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

static inline void ask(unsigned port, const char *method, const char *target, const char *cookie, const char *form,
                       char *shown) {
    ask_from(false, port, method, target, cookie, form, shown);
}

/* The value of a header; false without it. */
static inline bool header(const char *shown, const char *name, const char *ends, char *value, size_t capacity) {
    const char *at = strstr(shown, name);
    size_t length = at != NULL ? strcspn(at + strlen(name), ends) : 0;
    CHECK(length < capacity);
    if (at != NULL) {
        memcpy(value, at + strlen(name), length);
        value[length] = '\0';
    }
    return at != NULL;
}

/* The target of a request for a URL of the listener. */
static inline const char *target_of(const char *url) {
    return strchr(url + 17, '/');
}

/* Opens what it was given: it gets its cookie, and is sent on. */
static inline void begin(struct browser *browser) {
    char shown[SHOWN_BYTES];
    ask(port_of(browser->given), "GET", target_of(browser->given), browser->cookie, NULL, shown);
    CHECK(strncmp(shown, "HTTP/1.1 303 ", 13) == 0);
    CHECK(header(shown, "\r\nLocation: ", "\r", browser->url, sizeof browser->url));
    CHECK(header(shown, "\r\nSet-Cookie: ", ";", browser->cookie, sizeof browser->cookie));
}

/* Comes back with this, and the right state after it; a form as from another site, without the cookie at first. */
static inline void come_back(const struct browser *browser, const char *path, const char *beginning, bool posts,
                             const char *cookie, char *shown) {
    char state[64], answer[512], target[1024], address[256];
    unsigned port = port_of(browser->given);
    CHECK(parameter(browser->url, "state", state, sizeof state));
    snprintf(answer, sizeof answer, "%s&state=%s", beginning, state);
    snprintf(target, sizeof target, "%s?%s", path, answer);
    if (!posts) {
        ask(port, "GET", target, cookie, NULL, shown);
        return;
    }
    ask(port, "POST", path, "", answer, shown);
    if (strncmp(shown, "HTTP/1.1 303 ", 13) == 0) {
        CHECK_LACKS(shown, state);
        CHECK_LACKS(shown, "Set-Cookie");
        CHECK(header(shown, "\r\nLocation: ", "\r", address, sizeof address) && port_of(address) == port);
        ask(port, "GET", target_of(address), cookie, NULL, shown);
    }
}

static inline void *browse(void *argument) {
    struct browser *browser = argument;
    browser->script(browser);
    return NULL;
}

static inline oauth_status open_url(void *user_data, const char *url) {
    struct browser *browser = user_data;
    CHECK(pthread_equal(browser->caller, pthread_self()) && strlen(url) < sizeof browser->given);
    browser->opened++;
    strcpy(browser->given, url);
    oauth_cancel_trigger(browser->cancel);
    if (browser->script != NULL) {
        CHECK(pthread_create(&browser->thread, NULL, browse, browser) == 0);
    }
    return browser->returns;
}

static inline struct browser browser_of(void (*script)(struct browser *browser)) {
    struct browser browser;
    memset(&browser, 0, sizeof browser);
    browser.script = script;
    browser.caller = pthread_self();
    return browser;
}

static inline void closed(const struct browser *browser) {
    CHECK(browser->opened == 1 && connected(port_of(browser->given)) < 0);
    if (browser->script != NULL) {
        CHECK(pthread_join(browser->thread, NULL) == 0);
    }
}

static inline oauth_listener_options *own_pages(void) {
    oauth_listener_options *options = oauth_listener_options_new();
    oauth_listener_options_set_path(options, "/cb");
    oauth_listener_options_set_pages(options, "<p>SIGNED-IN", "<p>NOT-SIGNED-IN");
    return options;
}

/* Shows the URL to the browser of the test. */
static inline oauth_status log_in(const oauth_client *by, const char *scope, const oauth_params *params,
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

#endif
