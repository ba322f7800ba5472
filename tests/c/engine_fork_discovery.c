/* A program that forks while another of its threads asks for metadata. */
#include "engine.h"
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

static oauth_client *client;
static volatile int asking;

/* Called by the thread that asks, with the request about to leave. */
static void notice(void *unused, oauth_log_level level, const char *line) {
    (void)unused;
    (void)level;
    asking |= strncmp(line, "GET ", 4) == 0;
}

/* The server answers this one when the child is done. */
static void *ask(void *unused) {
    oauth_error *error = NULL;
    oauth_metadata *metadata = NULL;
    oauth_request_options *options = oauth_request_options_new();
    (void)unused;
    oauth_request_options_add_header(options, "X-Hold", "1");
    CHECK_OK(oauth_request_metadata(client, options, &metadata, &error));
    oauth_metadata_free(metadata);
    oauth_request_options_free(options);
    return NULL;
}

int main(void) {
    oauth_config *config = oauth_config_new();
    pthread_t thread;
    pid_t child;
    int status;
    alarm(60);
    oauth_config_set_issuer(config, setting("ISSUER"));
    oauth_config_set_client(config, "client", NULL);
    oauth_config_set_use_environment(config, false);
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, notice, NULL, NULL);
    client = new_client_of(config);
    CHECK(pthread_create(&thread, NULL, ask, NULL) == 0);
    while (!asking)
        sched_yield();
    fflush(stdout);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(20);
        refresh(client, "child");
        refresh(client, "child");
        oauth_client_free(client);
        fflush(stdout);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    refresh(client, "parent");
    oauth_client_free(client);
    return 0;
}
