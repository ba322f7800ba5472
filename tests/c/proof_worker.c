/* One of the many processes of tests/proofs: it knows oauth.h and nothing else, and says what it saw, a line each.
 *
 *     proof_worker adopt REFRESH_TOKEN     # a log-in
 *     proof_worker call THREADS SECONDS    # threads that ask for a token again and again
 *     proof_worker renew                   # renews for ever: made to be killed
 *     proof_worker recover                 # asks twice, the second time for a new token
 *     proof_worker stall                   # renews until it is stopped with a new token that is not saved (proof_crash.c)
 *     proof_worker crash POINT             # dies right before the POINTth call to the system of one renewal
 *
 * Read from the environment: TOKEN_ENDPOINT, USERINFO_ENDPOINT (optional), CLIENT_ID, CLIENT_SECRET, TIMEOUT_MS and
 * STORE, a directory or the URL of a Redis.
 */
#include "check.h"

#include <inttypes.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

void crash_at(long point);
long crash_disarm(void);
void stop_before_saving(void);
bool stop_is_due(void);

static oauth_client *client;
static oauth_session *session;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static char newest[4096]; /* the token printed last */
static unsigned long calls, failures;
static int64_t end_ms;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void open_session(void) {
    const char *place = setting("STORE"), *userinfo = getenv("USERINFO_ENDPOINT");
    oauth_error *error = NULL;
    oauth_store *store = NULL;
    oauth_config *config = oauth_config_new();
    char name[64];
    snprintf(name, sizeof name, "%ld", (long)getpid());
    oauth_config_set_token_endpoint(config, setting("TOKEN_ENDPOINT"));
    if (userinfo)
        oauth_config_set_userinfo_endpoint(config, userinfo);
    oauth_config_set_client(config, setting("CLIENT_ID"), setting("CLIENT_SECRET"));
    oauth_config_set_user_agent(config, name); /* the server is told who asks */
    oauth_config_set_timeout_ms(config, (uint32_t)strtoul(setting("TIMEOUT_MS"), NULL, 10));
    oauth_config_set_use_environment(config, false);
    oauth_config_set_use_system_ca(config, false); /* there is no TLS here: a process starts in no time */
    CHECK_OK(oauth_client_new(config, &client, &error));
    if (strncmp(place, "redis", 5) == 0)
        CHECK_OK(oauth_store_open_redis(place, NULL, &store, &error));
    else
        CHECK_OK(oauth_store_open_directory(place, NULL, &store, &error));
    CHECK_OK(oauth_session_open(client, store, "proof", NULL, &session, &error));
    oauth_store_free(store);
    oauth_config_free(config);
}

static void failed(const oauth_error *error) {
    printf("failed %s: %s\n", oauth_status_name(oauth_error_status(error)), oauth_error_message(error));
}

/* One answer, and the token with it if there is one. */
/* As a program that has other things to do. */
static void pause_a_little(void) {
    nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
}

static oauth_token *ask(void) {
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    if (oauth_session_token(session, NULL, &token, &error) == OAUTH_OK) {
        printf("token %s\n", oauth_token_access_token(token));
    } else {
        failed(error);
        pause_a_little();
    }
    oauth_error_free(error);
    return token;
}

static void adopt(const char *refresh_token) {
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    CHECK_OK(oauth_token_new("expired", "Bearer", refresh_token, NULL, 1, &token, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    oauth_token_free(token);
}

/* As a program does: a token, and with it, where there is one, the API. */
static void *call(void *uses_api) {
    unsigned long mine = 0, wrong = 0;
    struct timespec pause = {0, 5 * 1000 * 1000}; /* 64 threads on two cores leave time for the server */
    for (; now_ms() < end_ms; nanosleep(&pause, NULL)) {
        oauth_token *token = NULL;
        oauth_error *error = NULL;
        oauth_userinfo *userinfo = NULL;
        int64_t before_ms = now_ms();
        mine++;
        if (oauth_session_token(session, NULL, &token, &error) == OAUTH_OK) {
            int64_t expiry_ms = oauth_token_expires_at_s(token) * 1000;
            bool refused = uses_api && oauth_request_userinfo(client, token, NULL, &userinfo, &error) != OAUTH_OK;
            pthread_mutex_lock(&output);
            if (strcmp(newest, oauth_token_access_token(token)) != 0) {
                snprintf(newest, sizeof newest, "%s", oauth_token_access_token(token));
                printf("token %s\n", newest);
            }
            if (expiry_ms <= before_ms) {
                printf("expired %" PRId64 " ms ago\n", before_ms - expiry_ms);
                wrong++;
            } else if (refused && now_ms() < expiry_ms) {
                failed(error);
                wrong++;
            }
            pthread_mutex_unlock(&output);
        } else {
            pthread_mutex_lock(&output);
            failed(error);
            wrong++;
            pthread_mutex_unlock(&output);
            pause_a_little();
        }
        oauth_userinfo_free(userinfo);
        oauth_error_free(error);
        oauth_token_free(token);
    }
    pthread_mutex_lock(&output);
    calls += mine;
    failures += wrong;
    pthread_mutex_unlock(&output);
    return NULL;
}

static void call_from(long threads, long seconds) {
    pthread_t ids[64];
    long thread;
    CHECK(threads > 0 && threads <= 64);
    end_ms = now_ms() + seconds * 1000;
    for (thread = 0; thread < threads; thread++)
        CHECK(pthread_create(&ids[thread], NULL, call, thread == 0 && getenv("USERINFO_ENDPOINT") ? session : NULL) == 0);
    for (thread = 0; thread < threads; thread++)
        CHECK(pthread_join(ids[thread], NULL) == 0);
    printf("calls %lu failures %lu\n", calls, failures);
}

int main(int argc, char **argv) {
    const char *command = argc > 1 ? argv[1] : "";
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_session();
    if (strcmp(command, "adopt") == 0 && argc == 3) {
        adopt(argv[2]);
    } else if (strcmp(command, "call") == 0 && argc == 4) {
        call_from(strtol(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
    } else if (strcmp(command, "renew") == 0) {
        printf("ready\n");
        for (;;) {
            CHECK_OK(oauth_session_token(session, NULL, &token, &error));
            CHECK_OK(oauth_session_invalidate(session, token, &error));
            oauth_token_free(token);
            token = NULL;
        }
    } else if (strcmp(command, "recover") == 0) {
        if ((token = ask()) != NULL)
            CHECK_OK(oauth_session_invalidate(session, token, &error));
        oauth_token_free(ask());
    } else if (strcmp(command, "stall") == 0) {
        for (stop_before_saving(); stop_is_due(); token = NULL) {
            if ((token = ask()) != NULL)
                CHECK_OK(oauth_session_invalidate(session, token, &error));
            oauth_token_free(token);
        }
    } else if (strcmp(command, "crash") == 0 && argc == 3) {
        CHECK_OK(oauth_session_token(session, NULL, &token, &error)); /* so that one thing is left to do */
        CHECK_OK(oauth_session_invalidate(session, token, &error));
        oauth_token_free(token);
        token = NULL;
        crash_at(strtol(argv[2], NULL, 10));
        token = ask();
        printf("points %ld\n", crash_disarm());
    } else {
        CHECK(!"a command");
    }
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_client_free(client);
    return 0;
}
