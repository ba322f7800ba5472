/* Calls made while their thread ends, in the destructor of thread-specific data. */
#include "engine.h"
#include <limits.h>
#include <pthread.h>

static oauth_client *client;
static oauth_session *session;
static pthread_key_t key;
static int ended, rounds;

static void at_end(void *value) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS) /* POSIX calls it once more */
        CHECK(pthread_setspecific(key, value) == 0);
    refresh(client, "at-end");
    CHECK_OK(oauth_session_adopt_refresh_token(session, "r", NULL, &error));
    CHECK_OK(oauth_session_token(session, NULL, &token, &error));
    oauth_token_free(token);
    ended++;
}

static void *thread(void *calls_before) {
    if (calls_before != NULL)
        refresh(client, "before");
    CHECK(pthread_setspecific(key, client) == 0);
    return NULL;
}

int main(void) {
    oauth_error *error = NULL;
    pthread_t id;
    client = new_client_of(new_config());
    CHECK_OK(oauth_session_open(client, NULL, "k", NULL, &session, &error));
    CHECK(pthread_key_create(&key, at_end) == 0);
    for (int before = 0; before < 2; before++) {
        rounds = 0;
        CHECK(pthread_create(&id, NULL, thread, before ? &id : NULL) == 0);
        CHECK(pthread_join(id, NULL) == 0);
        CHECK(rounds == PTHREAD_DESTRUCTOR_ITERATIONS && ended == rounds * (before + 1));
    }
    oauth_session_free(session);
    oauth_client_free(client);
    return 0;
}
