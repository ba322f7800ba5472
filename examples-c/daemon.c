/* Runs for long and calls an API from many threads: each asks the session for a token before each call, and no one thinks
 * about expiry.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=my-daemon daemon SECONDS THREADS
 *
 * Its login: OAUTH_REFRESH_TOKEN, set at each run but used once; its successors are kept in OAUTH_STORE, a directory (unless set:
 * one of the user's own). Without it the program asks as itself, with OAUTH_CLIENT_SECRET. Also read: OAUTH_SCOPE.
 */
#define _POSIX_C_SOURCE 200809L

#include <oauth.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 256 };

struct work {
    const oauth_client *client;
    const oauth_session *session;
    time_t end;
    unsigned long calls, failures; /* of one thread: added up at the end */
};

/* The API of this example is the UserInfo endpoint. Yours gets oauth_session_copy_authorization as its header. */
static oauth_status call_api(const struct work *work, oauth_error **error)
{
    oauth_token *token = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_status status = oauth_session_token(work->session, NULL, &token, error);
    if (status == OAUTH_OK && (status = oauth_request_userinfo(work->client, token, NULL, &userinfo, error)) != OAUTH_OK) {
        const oauth_response *answer = oauth_error_response(*error);
        const char *www_authenticate = oauth_response_header(answer, "WWW-Authenticate");
        /* Before its time: a server may end a token when it gives the next one. */
        if (oauth_session_replace(work->session, &token, oauth_response_status(answer), www_authenticate, NULL, NULL)) {
            oauth_error_free(*error);
            *error = NULL;
            status = oauth_request_userinfo(work->client, token, NULL, &userinfo, error);
        }
    }
    oauth_userinfo_free(userinfo);
    oauth_token_free(token);
    return status;
}

static void *run(void *argument)
{
    struct work *work = argument;
    while (time(NULL) < work->end) {
        oauth_error *error = NULL;
        work->calls++;
        if (call_api(work, &error) != OAUTH_OK) {
            work->failures++;
            fprintf(stderr, "%s: %s\n", oauth_status_name(oauth_error_status(error)), oauth_error_message(error));
            oauth_error_free(error);
            sleep(1); /* after a failure the session pauses, and answers at once meanwhile */
        }
    }
    return NULL;
}

/* What was kept from an earlier run comes first: the refresh token of the environment may have been used up by it. */
static oauth_status log_in_once(const oauth_session *session, const char *refresh_token, oauth_error **error)
{
    oauth_token *token = NULL;
    oauth_status status = oauth_session_token(session, NULL, &token, error);
    oauth_token_free(token);
    if (status != OAUTH_ERROR_LOGIN_REQUIRED || !refresh_token)
        return status;
    oauth_error_free(*error);
    *error = NULL;
    token = NULL;
    status = oauth_token_new("none yet", "Bearer", refresh_token, NULL, 0 /* expired long ago */, &token, error);
    if (status == OAUTH_OK)
        status = oauth_session_adopt(session, token, NULL, error);
    oauth_token_free(token);
    return status;
}

int main(int argc, char **argv)
{
    static struct work works[MOST_THREADS];
    static pthread_t threads[MOST_THREADS];
    const char *refresh_token = getenv("OAUTH_REFRESH_TOKEN");
    const char *key = refresh_token ? "user" : "itself"; /* a login for each way: neither takes the other's place */
    long seconds = argc == 3 ? strtol(argv[1], NULL, 10) : 0, wanted = argc == 3 ? strtol(argv[2], NULL, 10) : 0, started = 0;
    unsigned long calls = 0, failures = 0;
    oauth_client *client = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_error *error = NULL;
    int result = EXIT_FAILURE;

    if (seconds < 1 || wanted < 1 || wanted > MOST_THREADS) {
        fprintf(stderr, "usage: OAUTH_ISSUER=URL OAUTH_CLIENT_ID=ID daemon SECONDS THREADS\n");
        return 2;
    }

    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    oauth_session_options *options = oauth_session_options_new();
    if (getenv("OAUTH_SCOPE"))
        oauth_session_options_set_scope(options, getenv("OAUTH_SCOPE"));
    if (!refresh_token)
        oauth_session_options_set_client_credentials(options, true);
    if (oauth_client_new(config, &client, &error) != OAUTH_OK
        || oauth_store_open_directory(getenv("OAUTH_STORE"), NULL, &store, &error) != OAUTH_OK
        || oauth_session_open(client, store, key, options, &session, &error) != OAUTH_OK
        || log_in_once(session, refresh_token, &error) != OAUTH_OK)
        goto done;

    for (; started < wanted; started++) {
        works[started] = (struct work){client, session, time(NULL) + seconds, 0, 0};
        if (pthread_create(&threads[started], NULL, run, &works[started]) != 0) {
            fprintf(stderr, "Only %ld threads could be started.\n", started);
            break;
        }
    }
    for (long thread = 0; thread < started; thread++) {
        if (pthread_join(threads[thread], NULL) != 0)
            abort(); /* it still uses the session */
        calls += works[thread].calls;
        failures += works[thread].failures;
    }
    printf("%lu calls, %lu failures\n", calls, failures);
    result = failures == 0 && started == wanted ? EXIT_SUCCESS : EXIT_FAILURE;

done:
    if (error)
        fprintf(stderr, "%s: %s\n", oauth_status_name(oauth_error_status(error)), oauth_error_message(error));
    oauth_error_free(error);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    oauth_session_options_free(options);
    oauth_config_free(config);
    return result;
}
