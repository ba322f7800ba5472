/* A thousand sessions in one GLib loop, each renewed twice, while a timer ticks every 10 ms. What a tick can be late by
 * because of the library is the longest that one of its calls keeps the loop's thread busy. */
#define _GNU_SOURCE
#include "check.h"
#include <glib-unix.h>
#include <glib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SESSIONS = 1000, RENEWALS = 2, MOST_US = 5000 };

struct one {
    oauth_session *session;
    oauth_operation *operation;
    int renewals;
};

static GMainLoop *loop;
static int open_sessions, ticks;
static int64_t longest_us, sum_us;
static long calls, waits; /* how often the thread waited inside of a call: for a lock that the library's thread had */
static struct { int64_t us; long waits; } began;

static int64_t now_us(void) {
    struct timespec time;
    CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static long waits_now(void) {
    struct rusage usage;
    CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
    return usage.ru_nvcsw;
}

static void ours_begins(void) {
    began.waits = waits_now();
    began.us = now_us();
}

static void ours_ends(void) {
    int64_t us = now_us() - began.us;
    longest_us = us > longest_us ? us : longest_us;
    sum_us += us;
    waits += waits_now() - began.waits;
    calls++;
}

static gboolean tick(gpointer unused) {
    (void)unused;
    ticks++;
    return G_SOURCE_CONTINUE;
}

static gboolean begin(gpointer user_data);

static gboolean use_token(gint descriptor, GIOCondition condition, gpointer user_data) {
    struct one *one = user_data;
    oauth_token *token = NULL, *peeked;
    oauth_error *error = NULL;
    (void)descriptor, (void)condition;
    ours_begins();
    CHECK_OK(oauth_operation_token(one->operation, &token, &error));
    peeked = oauth_session_peek(one->session);
    CHECK_TEXT(oauth_token_access_token(peeked), oauth_token_access_token(token));
    oauth_token_free(peeked);
    CHECK_OK(oauth_session_invalidate(one->session, token, &error));
    oauth_token_free(token);
    oauth_operation_free(one->operation);
    ours_ends();
    if (++one->renewals < RENEWALS)
        g_idle_add(begin, one);
    else if (--open_sessions == 0)
        g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean begin(gpointer user_data) {
    struct one *one = user_data;
    oauth_error *error = NULL;
    ours_begins();
    CHECK_OK(oauth_session_token_start(one->session, NULL, &one->operation, &error));
    g_unix_fd_add((gint)oauth_operation_descriptor(one->operation), G_IO_IN, use_token, one);
    ours_ends();
    return G_SOURCE_REMOVE;
}

int main(void) {
    static struct one all[SESSIONS];
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    oauth_config *config = oauth_config_new();
    oauth_session_options *options = oauth_session_options_new();
    int at;
    alarm(120);
    oauth_config_set_token_endpoint(config, setting("TOKEN_ENDPOINT"));
    oauth_config_set_client(config, setting("CLIENT_ID"), setting("CLIENT_SECRET"));
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    oauth_session_options_set_client_credentials(options, true);
    loop = g_main_loop_new(NULL, FALSE);
    for (at = 0; at < SESSIONS; at++) {
        CHECK_OK(oauth_session_open(client, NULL, "api", options, &all[at].session, &error));
        g_idle_add(begin, &all[at]);
        open_sessions++;
    }
    g_timeout_add(10, tick, NULL);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    for (at = 0; at < SESSIONS; at++)
        oauth_session_free(all[at].session);
    oauth_session_options_free(options);
    oauth_client_free(client);
    printf("%d sessions, %d ticks, %ld calls of %lld us on average and %lld at most, in which the thread waited %ld times\n",
           SESSIONS, ticks, calls, (long long)(sum_us / calls), (long long)longest_us, waits);
    CHECK(calls == 2 * RENEWALS * SESSIONS && ticks > 0);
    return longest_us > MOST_US;
}
