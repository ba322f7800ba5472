/* Sessions over one Redis, for measurements of many machines: each machine has a store of its own, and so connections
 * of its own. Reads name=value arguments. With step=1 it prints "ready" and waits for a line before it measures, and
 * again before it ends. */
#include "histogram.h"

#include <oauth.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct load {
    const char *redis; /* NULL: sessions in memory */
    const char *url, *client_id, *client_secret;
    const char *refresh_token; /* adopted by each session first; NULL: what the store has */
    const char *token;         /* the same: a token as JSON */
    long machines, threads;    /* threads of each machine */
    long first, logins;        /* the number of the first login; all machines have the same ones */
    long calls;                /* of each thread */
    long for_ms, pause_ms;     /* in place of calls: for so long, with a pause after each */
    long deadline_ms;          /* of a call, which may then fail */
    long connections;          /* idle ones that a store keeps; -1: as usual */
    long refused;              /* a resource has refused the token before each call: it is renewed */
    long seal;
    long step;
};

struct machine {
    oauth_store *store;
    oauth_session **sessions;
};

struct worker {
    pthread_t thread;
    struct run *run;
    const struct machine *machine;
    long number; /* of the machine's threads */
    long failures;
    struct histogram latency;
    uint64_t longest_ns;
};

struct run {
    const struct load *load;
    oauth_client *client;
    oauth_request_options *options;
    struct machine *machines;
    struct worker *workers;
    pthread_barrier_t ready, go, done;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static bool failed(const char *what, oauth_status status, oauth_error *error)
{
    if (status != OAUTH_OK)
        fprintf(stderr, "%s: %s\n", what, oauth_error_message(error));
    oauth_error_free(error);
    return status != OAUTH_OK;
}

static oauth_client *new_client(const struct load *load)
{
    oauth_config *config = oauth_config_new();
    oauth_config_set_token_endpoint(config, load->url);
    oauth_config_set_client(config, load->client_id, load->client_secret);
    oauth_config_set_use_system_ca(config, false);
    oauth_client *client = NULL;
    oauth_error *error = NULL;
    failed("oauth_client_new", oauth_client_new(config, &client, &error), error);
    oauth_config_free(config);
    return client;
}

static bool open_store(const struct load *load, struct machine *machine)
{
    static const uint8_t key[32] = {1};
    machine->sessions = calloc((size_t)load->logins, sizeof *machine->sessions);
    if (!machine->sessions || !load->redis)
        return machine->sessions;
    oauth_store_options *options = oauth_store_options_new();
    if (load->connections >= 0)
        oauth_store_options_set_redis_connections(options, (uint32_t)load->connections);
    if (load->seal)
        oauth_store_options_set_encryption_key(options, key, sizeof key);
    oauth_error *error = NULL;
    oauth_status status = oauth_store_open_redis(load->redis, options, &machine->store, &error);
    oauth_store_options_free(options);
    return !failed("oauth_store_open_redis", status, error);
}

static bool copy_token(const struct worker *worker, const oauth_session *session, char *buffer, size_t capacity)
{
    oauth_error *error = NULL;
    const oauth_request_options *options = worker->run->options;
    oauth_status status = oauth_session_copy_access_token(session, options, buffer, capacity, NULL, &error);
    if (status != OAUTH_OK && options) {
        oauth_error_free(error);
        return true; /* the deadline is what it waits for */
    }
    return !failed("oauth_session_copy_access_token", status, error);
}

/* What the store is to have before the first measured call. */
static bool begin(const struct worker *worker, oauth_session *session)
{
    const struct load *load = worker->run->load;
    oauth_error *error = NULL;
    char buffer[4096];
    if (load->token) {
        oauth_token *token = NULL;
        if (failed("oauth_token_from_json", oauth_token_from_json(load->token, &token, &error), error))
            return false;
        error = NULL;
        bool refused = failed("oauth_session_adopt", oauth_session_adopt(session, token, NULL, &error), error);
        oauth_token_free(token);
        return !refused;
    }
    if (load->refresh_token) {
        oauth_status status = oauth_session_adopt_refresh_token(session, load->refresh_token, NULL, &error);
        if (failed("oauth_session_adopt_refresh_token", status, error))
            return false;
    }
    return copy_token(worker, session, buffer, sizeof buffer);
}

static bool open_sessions(const struct worker *worker)
{
    const struct load *load = worker->run->load;
    for (long i = worker->number; i < load->logins; i += load->threads) {
        char key[32];
        snprintf(key, sizeof key, "user-%ld", load->first + i);
        oauth_session **session = &worker->machine->sessions[i];
        oauth_error *error = NULL;
        const oauth_store *store = worker->machine->store;
        oauth_status status = oauth_session_open(worker->run->client, store, key, NULL, session, &error);
        if (failed("oauth_session_open", status, error) || !begin(worker, *session))
            return false;
    }
    return true;
}

static bool call(struct worker *worker, const oauth_session *session)
{
    char buffer[4096];
    if (worker->run->load->refused) {
        oauth_error *error = NULL;
        if (!copy_token(worker, session, buffer, sizeof buffer))
            return false;
        oauth_status status = oauth_session_invalidate_text(session, buffer, &error);
        if (failed("oauth_session_invalidate_text", status, error))
            return false;
    }
    uint64_t start = now_ns();
    if (!copy_token(worker, session, buffer, sizeof buffer))
        return false;
    uint64_t took_ns = now_ns() - start;
    histogram_add(&worker->latency, took_ns);
    if (took_ns > worker->longest_ns)
        worker->longest_ns = took_ns;
    return true;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    const struct load *load = worker->run->load;
    if (!open_sessions(worker))
        exit(1);
    pthread_barrier_wait(&worker->run->ready);
    pthread_barrier_wait(&worker->run->go);
    uint64_t end_ns = now_ns() + (uint64_t)load->for_ms * 1000000u;
    long next = worker->number;
    for (long i = 0; (load->for_ms ? now_ns() < end_ns : i < load->calls) && !worker->failures; i++) {
        if (!call(worker, worker->machine->sessions[next]))
            worker->failures++;
        next = next + load->threads < load->logins ? next + load->threads : worker->number;
        if (load->pause_ms)
            pause_ms(load->pause_ms);
    }
    pthread_barrier_wait(&worker->run->done);
    return NULL;
}

static bool parse(int count, char **arguments, struct load *load)
{
    const struct { const char *name; const char **place; } texts[] = {
        {"redis", &load->redis}, {"url", &load->url}, {"client_id", &load->client_id},
        {"client_secret", &load->client_secret}, {"refresh_token", &load->refresh_token}, {"token", &load->token}};
    const struct { const char *name; long *place; } numbers[] = {
        {"machines", &load->machines}, {"threads", &load->threads}, {"first", &load->first}, {"logins", &load->logins},
        {"calls", &load->calls}, {"for_ms", &load->for_ms}, {"pause_ms", &load->pause_ms},
        {"deadline_ms", &load->deadline_ms}, {"connections", &load->connections},
        {"refused", &load->refused}, {"seal", &load->seal}, {"step", &load->step}};
    for (int i = 1; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value)
            return false;
        *value++ = '\0';
        bool known = false;
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            if (!strcmp(arguments[i], texts[j].name))
                known = true, *texts[j].place = value;
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            if (!strcmp(arguments[i], numbers[j].name))
                known = true, *numbers[j].place = strtol(value, NULL, 10);
        if (!known)
            return false;
    }
    return load->url && load->client_id && load->client_secret && load->machines > 0 && load->threads > 0
        && load->logins >= load->threads;
}

static bool start(struct run *run, unsigned count)
{
    const struct load *load = run->load;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) || pthread_attr_setstacksize(&attributes, 128 * 1024))
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct worker *worker = &run->workers[i];
        worker->run = run;
        worker->machine = &run->machines[i / load->threads];
        worker->number = i % load->threads;
        if (pthread_create(&worker->thread, &attributes, work, worker)) {
            perror("pthread_create");
            return false;
        }
    }
    return true;
}

/* Whether whoever started this process wants to go on. */
static bool step(const struct load *load, const char *say)
{
    char line[8];
    if (!load->step)
        return true;
    if (say)
        puts(say);
    fflush(stdout);
    return fgets(line, sizeof line, stdin);
}

static int measure(struct run *run, unsigned count)
{
    static struct histogram latency;
    pthread_barrier_wait(&run->ready);
    if (!step(run->load, "ready"))
        return 1;
    uint64_t cpu_before_us = cpu_us(), before_ns = now_ns(), longest_ns = 0;
    pthread_barrier_wait(&run->go);
    pthread_barrier_wait(&run->done);
    uint64_t clock_us = (now_ns() - before_ns) / 1000, spent_us = cpu_us() - cpu_before_us;
    long failures = 0;
    for (unsigned i = 0; i < count; i++) {
        pthread_join(run->workers[i].thread, NULL);
        failures += run->workers[i].failures;
        histogram_merge(&latency, &run->workers[i].latency);
        if (run->workers[i].longest_ns > longest_ns)
            longest_ns = run->workers[i].longest_ns;
    }
    uint64_t p50_ns = histogram_percentile_ns(&latency, 0.5);
    printf("calls=%" PRIu64 " failures=%ld cpu_us=%" PRIu64 " clock_us=%" PRIu64, latency.count, failures, spent_us,
        clock_us);
    printf(" p50_ns=%" PRIu64 " longest_ns=%" PRIu64 "\n", p50_ns, longest_ns);
    step(run->load, NULL);
    return failures ? 1 : 0;
}

int main(int argument_count, char **arguments)
{
    struct load load = {.machines = 1, .threads = 1, .logins = 1, .calls = 1, .connections = -1};
    if (!parse(argument_count, arguments, &load)) {
        fprintf(stderr, "usage: %s url= client_id= client_secret= [redis=] [name=value ...]\n", arguments[0]);
        return 2;
    }
    unsigned count = (unsigned)(load.machines * load.threads);
    struct run run = {.load = &load, .client = new_client(&load)};
    run.machines = calloc((size_t)load.machines, sizeof *run.machines);
    run.workers = calloc(count, sizeof *run.workers);
    if (!run.client || !run.machines || !run.workers)
        return 1;
    if (load.deadline_ms) {
        run.options = oauth_request_options_new();
        oauth_request_options_set_deadline_ms(run.options, (uint32_t)load.deadline_ms);
    }
    for (long i = 0; i < load.machines; i++)
        if (!open_store(&load, &run.machines[i]))
            return 1;
    pthread_barrier_init(&run.ready, NULL, count + 1);
    pthread_barrier_init(&run.go, NULL, count + 1);
    pthread_barrier_init(&run.done, NULL, count + 1);
    return start(&run, count) ? measure(&run, count) : 1; /* nothing is freed: the process ends here */
}
