/* What a session costs while its token is good: time of calls from many threads, and memory of many sessions. Reads name=value
 * arguments, prints one line of name=value. */
#include <oauth.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ACCESS_TOKEN "ya29.a0AfB_byBvN7cXk2mQ9sT4uW8xZ1dF6hJ3lP5rR0eGiKoMqSuWyAcEgIkMoQsUwYaCeGiKmOqSuWy"

struct load {
    bool copy;     /* the access token copied out; else a handle */
    bool adopt;    /* sessions with a token */
    long threads;
    long calls;    /* of all threads together */
    long sessions; /* in place of calls: opened, and looked at */
    long tokens;   /* in place of calls: made, and looked at */
};

struct run {
    const struct load *load;
    oauth_session *session;
    pthread_barrier_t ready, done;
};

static bool failed(const char *what, oauth_status status, oauth_error *error)
{
    if (status != OAUTH_OK)
        fprintf(stderr, "%s: %s\n", what, oauth_error_message(error));
    oauth_error_free(error);
    return status != OAUTH_OK;
}

/* A store that keeps nothing, so that a token is in memory once. */
static oauth_status load_nothing(void *user_data, const char *key, oauth_store_value *value)
{
    (void)user_data, (void)key, (void)value;
    return OAUTH_OK;
}

static oauth_status save_nothing(void *user_data, const char *key, const uint8_t *bytes, size_t length, int64_t expires_at_s)
{
    (void)user_data, (void)key, (void)bytes, (void)length, (void)expires_at_s;
    return OAUTH_OK;
}

static oauth_status delete_nothing(void *user_data, const char *key)
{
    (void)user_data, (void)key;
    return OAUTH_OK;
}

/* Each token has strings of its own. */
static oauth_token *new_token(long number)
{
    char access_token[sizeof ACCESS_TOKEN + 24], refresh_token[48];
    snprintf(access_token, sizeof access_token, ACCESS_TOKEN "%ld", number);
    snprintf(refresh_token, sizeof refresh_token, "1//0gbench/refresh+%ld", number);
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    failed("oauth_token_new", oauth_token_new(access_token, "Bearer", refresh_token, "mail", (int64_t)time(NULL) + 36000, &token, &error), error);
    return token;
}

static oauth_session *new_session(const oauth_client *client, const oauth_store *store, long number, bool adopt)
{
    char key[32];
    snprintf(key, sizeof key, "user-%ld", number);
    oauth_session *session = NULL;
    oauth_error *error = NULL;
    if (failed("oauth_session_open", oauth_session_open(client, store, key, NULL, &session, &error), error))
        return NULL;
    if (!adopt)
        return session;
    oauth_token *token = new_token(number);
    error = NULL;
    bool refused = failed("oauth_session_adopt", oauth_session_adopt(session, token, NULL, &error), error);
    oauth_token_free(token);
    if (refused) {
        oauth_session_free(session);
        return NULL;
    }
    return session;
}

static bool call(const oauth_session *session, bool copy)
{
    oauth_error *error = NULL;
    oauth_status status;
    if (copy) {
        char buffer[256];
        status = oauth_session_copy_access_token(session, NULL, buffer, sizeof buffer, NULL, &error);
    } else {
        oauth_token *token = NULL;
        status = oauth_session_token(session, NULL, &token, &error);
        oauth_token_free(token);
    }
    return status == OAUTH_OK || !failed("a call", status, error);
}

static void *work(void *argument)
{
    struct run *run = argument;
    for (int i = 0; i < 100; i++)
        call(run->session, run->load->copy);
    pthread_barrier_wait(&run->ready);
    for (long i = 0; i < run->load->calls / run->load->threads; i++)
        if (!call(run->session, run->load->copy))
            exit(1);
    pthread_barrier_wait(&run->done);
    return NULL;
}

static double cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Main only waits: a barrier costs nothing beside millions of calls. */
static int measure_calls(struct run *run)
{
    unsigned threads = (unsigned)run->load->threads;
    pthread_barrier_init(&run->ready, NULL, threads + 1);
    pthread_barrier_init(&run->done, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, run))
            return 1;
        pthread_detach(thread);
    }
    pthread_barrier_wait(&run->ready);
    double before = cpu_ns();
    pthread_barrier_wait(&run->done);
    printf("ns=%.2f\n", (cpu_ns() - before) / (double)(run->load->calls / run->load->threads * run->load->threads));
    return 0;
}

/* smaps_rollup is exact, where the kernel lets VmRSS lag behind. */
static double resident_bytes(void)
{
    char line[256];
    double kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Rss: %lf", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib * 1024;
}

/* Nothing is freed: the process ends here. */
static int measure_memory(const struct load *load, const oauth_client *client, const oauth_store *store)
{
    long count = load->sessions + load->tokens;
    void **kept = calloc((size_t)count, sizeof *kept);
    if (!kept)
        return 1;
    memset(kept, 1, (size_t)count * sizeof *kept); /* its own pages are there before */
    oauth_session_free(new_session(client, store, -1, true)); /* what the first one costs once */
    double before = resident_bytes();
    for (long i = 0; i < count; i++) {
        kept[i] = load->tokens ? (void *)new_token(i) : (void *)new_session(client, store, i, load->adopt);
        if (!kept[i])
            return 1;
    }
    printf("bytes=%.1f\n", (resident_bytes() - before) / (double)count);
    return 0;
}

static bool parse(int count, char **arguments, struct load *load)
{
    for (int i = 1; i < count; i++) {
        const struct { const char *name; long *place; } numbers[] = {
            {"threads=", &load->threads}, {"calls=", &load->calls}, {"sessions=", &load->sessions}, {"tokens=", &load->tokens}};
        bool known = true;
        if (!strcmp(arguments[i], "copy"))
            load->copy = true;
        else if (!strcmp(arguments[i], "adopt"))
            load->adopt = true;
        else
            known = false;
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers && !known; j++) {
            size_t length = strlen(numbers[j].name);
            known = !strncmp(arguments[i], numbers[j].name, length);
            if (known)
                *numbers[j].place = strtol(arguments[i] + length, NULL, 10);
        }
        if (!known)
            return false;
    }
    return load->threads > 0 && load->calls >= load->threads;
}

int main(int count, char **arguments)
{
    struct load load = {.threads = 1, .calls = 1};
    if (!parse(count, arguments, &load)) {
        fprintf(stderr, "usage: %s [copy] [threads=] [calls=] | sessions= [adopt] | tokens=\n", arguments[0]);
        return 2;
    }
    oauth_config *config = oauth_config_new();
    oauth_config_set_token_endpoint(config, "http://127.0.0.1:9/token");
    oauth_config_set_client(config, "bench-client", "secret");
    oauth_config_set_use_system_ca(config, false);
    oauth_client *client = NULL;
    oauth_store *store = NULL;
    oauth_error *error = NULL;
    bool bad = failed("oauth_client_new", oauth_client_new(config, &client, &error), error);
    oauth_config_free(config);
    error = NULL;
    if (bad || failed("oauth_store_open_callbacks", oauth_store_open_callbacks(load_nothing, save_nothing, delete_nothing, NULL, NULL, NULL, NULL, &store, &error), error))
        return 1;
    if (load.sessions || load.tokens)
        return measure_memory(&load, client, store);
    struct run run = {.load = &load, .session = new_session(client, store, 0, true)};
    int status = run.session ? measure_calls(&run) : 1;
    oauth_session_free(run.session);
    oauth_store_free(store);
    oauth_client_free(client);
    return status;
}
