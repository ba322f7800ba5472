/* Eight threads at one session: they take its token, copy it, refuse it, replace it and forget it, all at once. */
#include "check.h"
#include <pthread.h>
#include <time.h>

#define THREADS 8
#define ROUNDS 200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned tokens, told;

/* One more. tests/thread_sanitizer leaves out the lock once, to see that this would be found. */
static unsigned counted(unsigned *number) {
    unsigned now;
#ifndef WITHOUT_LOCK
    pthread_mutex_lock(&lock);
#endif
    now = ++*number;
#ifndef WITHOUT_LOCK
    pthread_mutex_unlock(&lock);
#endif
    return now;
}

static oauth_token *new_token(void) {
    char name[32];
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    snprintf(name, sizeof name, "AT%u", counted(&tokens));
    CHECK_OK(oauth_token_new(name, "Bearer", NULL, NULL, (int64_t)time(NULL) + 3600, &token, &error));
    return token;
}

static oauth_status acquire(void *user_data, const oauth_client *client, const char *key, const oauth_token *before,
                          oauth_token **token) {
    (void)user_data, (void)client, (void)key, (void)before;
    *token = new_token();
    return OAUTH_OK;
}

static void change(void *user_data, const char *key, const oauth_token *token) {
    (void)user_data, (void)key, (void)token;
    counted(&told);
}

static void *use(void *argument) {
    const oauth_session *session = argument;
    oauth_error *error = NULL;
    int round;
    for (round = 0; round < ROUNDS; round++) {
        char authorization[64];
        oauth_token *token = NULL;
        CHECK_OK(oauth_session_copy_authorization(session, NULL, authorization, sizeof authorization, NULL, &error));
        CHECK(strncmp(authorization, "Bearer AT", 9) == 0);
        CHECK_OK(oauth_session_token(session, NULL, &token, &error));
        if (round % 5 == 0) {
            CHECK_OK(oauth_session_invalidate(session, token, &error));
        }
        oauth_token_free(token);
        if (round % 50 == 7) {
            token = new_token();
            CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
            oauth_token_free(token);
        }
        if (round % 100 == 50) {
            CHECK_OK(oauth_session_forget(session, false, NULL, &error));
        }
        (void)oauth_session_expires_at_s(session), (void)oauth_session_saved(session);
        oauth_error_free(oauth_session_last_error(session));
    }
    return NULL;
}

int main(void) {
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_session_options *options = oauth_session_options_new();
    oauth_config *config = oauth_config_new();
    pthread_t threads[THREADS];
    int thread;
    oauth_config_set_token_endpoint(config, "http://127.0.0.1:9/token"); /* never asked */
    oauth_config_set_client(config, "id", "secret");
    oauth_config_set_use_system_ca(config, false);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    CHECK_OK(oauth_store_open_memory(&store, &error));
    oauth_session_options_set_acquire(options, acquire, NULL, NULL);
    oauth_session_options_set_change(options, change, NULL, NULL);
    CHECK_OK(oauth_session_open(client, store, "key", options, &session, &error));
    oauth_session_options_free(options);
    oauth_store_free(store);
    oauth_client_free(client);
    for (thread = 0; thread < THREADS; thread++) {
        CHECK(pthread_create(&threads[thread], NULL, use, session) == 0);
    }
    for (thread = 0; thread < THREADS; thread++) {
        CHECK(pthread_join(threads[thread], NULL) == 0);
    }
    oauth_session_free(session);
#ifndef WITHOUT_LOCK
    CHECK(told >= tokens); /* each new token, and each end */
#endif
    return 0;
}
