/* A program that forks while another of its threads renews the token of a session. */
#include "engine.h"
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

static oauth_session *session;
static volatile int renewing;

/* Called by the thread that renews, with the request about to leave. */
static void notice(void *unused, oauth_log_level level, const char *line) {
    (void)unused;
    (void)level;
    renewing |= strncmp(line, "POST ", 5) == 0;
}

static void gives_the_new_one(void) {
    oauth_error *error = NULL;
    char token[16];
    CHECK_OK(oauth_session_copy_access_token(session, NULL, token, sizeof token, NULL, &error));
    CHECK_TEXT(token, "AT-2");
}

/* The server answers this one when the child has asked in vain. */
static void *renew(void *unused) {
    (void)unused;
    gives_the_new_one();
    return NULL;
}

static void child(const oauth_client *client) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    oauth_request_options *options = oauth_request_options_new();
    alarm(20);
    oauth_request_options_set_deadline_ms(options, 100);
    CHECK_FAILS(oauth_session_token(session, options, &token, &error), OAUTH_ERROR_TIMEOUT, "time");
    oauth_request_options_free(options);
    refresh(client, "child");
    gives_the_new_one(); /* from the store: the renewal is the parent's */
}

int main(void) {
    oauth_config *config = new_config();
    oauth_client *client;
    oauth_store *store = NULL;
    oauth_token *old = NULL;
    oauth_error *error = NULL;
    pthread_t thread;
    pid_t id;
    int status;
    CHECK_OK(oauth_token_new("AT-1", NULL, "RT-1", NULL, 1, &old, &error));
    CHECK_OK(oauth_store_open_directory(setting("STORE"), NULL, &store, &error));
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, notice, NULL, NULL);
    client = new_client_of(config);
    CHECK_OK(oauth_session_open(client, store, "k", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt(session, old, NULL, &error));
    CHECK(pthread_create(&thread, NULL, renew, NULL) == 0);
    while (!renewing)
        sched_yield();
    fflush(stdout);
    id = fork();
    CHECK(id >= 0);
    if (id == 0)
        child(client);
    else
        CHECK(pthread_join(thread, NULL) == 0);
    oauth_token_free(old);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    if (id == 0) {
        fflush(stdout);
        _exit(0);
    }
    CHECK(waitpid(id, &status, 0) == id);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
