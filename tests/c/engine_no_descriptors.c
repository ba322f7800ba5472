/* The last descriptor is gone: a function that is set after the end is called all the same. */
#include "engine.h"
#include <pthread.h>
#include <sys/resource.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int called;

static void done(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    called++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

int main(void) {
    const struct timespec pause = {0, 1000000};
    struct rlimit none = {0, 0};
    oauth_error *error = NULL;
    oauth_session *session = NULL;
    oauth_operation *operation = NULL;
    oauth_client *client = new_client_of(new_config());
    CHECK_OK(oauth_session_open(client, NULL, "key", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt_refresh_token_start(session, "RT", NULL, &operation, &error));
    while (!oauth_operation_done(operation))
        CHECK(nanosleep(&pause, NULL) == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK(oauth_operation_descriptor(operation) == -1);
    oauth_operation_on_done(operation, done, NULL, NULL);
    pthread_mutex_lock(&lock);
    while (called == 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    oauth_operation_free(operation);
    oauth_session_free(session);
    oauth_client_free(client);
    return called != 1;
}
