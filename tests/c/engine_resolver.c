/* A program whose system resolver does what its MODE says. */
#include "engine.h"
#include <netdb.h>
#include <pthread.h>
#include <signal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int hangs, looked_up, released, returned, open_to_signals;

/* Takes the place of the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    sigset_t mask;
    (void)node, (void)service, (void)hints, (void)found;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    pthread_mutex_lock(&lock);
    open_to_signals |= !sigismember(&mask, SIGINT) || !sigismember(&mask, SIGCHLD) || !sigismember(&mask, SIGTERM);
    looked_up++;
    while (hangs && !released)
        pthread_cond_wait(&changed, &lock);
    returned++;
    pthread_mutex_unlock(&lock);
    return EAI_NONAME;
}

static oauth_error *fail(const oauth_client *client, const oauth_request_options *options, oauth_status expected) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    oauth_status status = oauth_refresh_token(client, NULL, "a-refresh-token", NULL, NULL, options, &token, &error);
    if (status != expected)
        printf("%s\n", error ? oauth_error_message(error) : "it worked");
    CHECK(status == expected && !oauth_error_request_sent(error));
    return error;
}

/* The name does not exist. */
static void unknown(void) {
    oauth_client *client = new_client_of(new_config());
    oauth_error *error = fail(client, NULL, OAUTH_ERROR_CONNECT);
    CHECK(oauth_error_attempts(error) == 3 && looked_up == 3);
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_RETRY);
    printf("%s\n", oauth_error_message(error));
    CHECK(oauth_error_response(error) == NULL);
    oauth_error_free(error);
    oauth_client_free(client);
    wait_for_one_thread();
}

/* The resolver hangs; nobody waits for it. */
static void hung(void) {
    oauth_config *config = new_config();
    oauth_client *client, *other;
    oauth_request_options *options = oauth_request_options_new();
    oauth_cancel *cancel = oauth_cancel_new();
    hangs = 1;
    oauth_request_options_set_timeout_ms(options, 200);
    client = new_client_of(config);
    other = new_client_of(new_config());
    oauth_error_free(fail(client, options, OAUTH_ERROR_TIMEOUT));
    oauth_error_free(fail(other, options, OAUTH_ERROR_TIMEOUT));
    oauth_request_options_set_cancel(options, cancel);
    oauth_cancel_trigger(cancel);
    oauth_error_free(fail(client, options, OAUTH_ERROR_CANCELLED));
    oauth_client_free(client);
    oauth_client_free(other);
    oauth_cancel_free(cancel);
    oauth_request_options_free(options);

    pthread_mutex_lock(&lock);
    CHECK(looked_up >= 2 && returned == 0); /* all of that while the look-ups hung */
    released = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    wait_for_one_thread();
    CHECK(returned == looked_up);
}

int main(void) {
    CHECK(threads() == 1);
    if (strcmp(setting("MODE"), "unknown") == 0)
        unknown();
    else
        hung();
    CHECK(!open_to_signals);
    return 0;
}
