/* The load and the measuring: threads, clock, percentiles, CPU, memory. Reads name=value arguments, prints one line of name=value. */
#include "drive.h"
#include "histogram.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct load {
    struct endpoint endpoint;
    long threads;
    long calls;     /* of all threads together */
    long warm_up;   /* of each thread, before anything is measured */
    long settle_ms; /* between the last call and the counting of threads */
    bool resident;  /* look at the memory half-way too */
};

struct worker {
    pthread_t thread;
    struct run *run;
    long calls;
    long made;
    long failures;
    struct histogram latency;
};

struct spent {
    struct rusage usage;
    uint64_t clock_ns;
};

struct run {
    const struct load *load;
    struct client *client;
    pthread_barrier_t ready, go, done;
    struct worker *workers;
    struct spent before, after;
    long resident_half_kib;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct spent spent_now(void)
{
    struct spent spent;
    getrusage(RUSAGE_SELF, &spent.usage);
    spent.clock_ns = now_ns();
    return spent;
}

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

/* A number from a file of /proc, read without stdio: its buffers would count as memory of the client. */
static long proc_number(const char *path, const char *name)
{
    static char text[8192];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length < 0)
        return -1;
    text[length] = '\0';
    const char *line = strstr(text, name);
    return line ? strtol(line + strlen(name), NULL, 10) : -1;
}

/* smaps_rollup is exact, where the kernel lets VmRSS lag behind. */
static long resident_kib(void)
{
    return proc_number("/proc/self/smaps_rollup", "\nRss:");
}

static bool call(struct caller *caller)
{
    const char *access_token = caller_refresh(caller);
    return access_token && *access_token;
}

/* A thread ends with its first failure: a dead server must not cost a timeout for every call still to come. */
static void *work(void *argument)
{
    struct worker *worker = argument;
    struct run *run = worker->run;
    const struct load *load = run->load;
    struct caller *caller = caller_new(run->client);
    if (!caller)
        worker->failures++;
    for (long i = 0; i < load->warm_up && !worker->failures; i++)
        if (!call(caller))
            worker->failures++;

    bool first = worker == run->workers;
    pthread_barrier_wait(&run->ready);
    if (first)
        run->before = spent_now();
    pthread_barrier_wait(&run->go);
    for (long i = 0; i < worker->calls && !worker->failures; i++) {
        uint64_t start = now_ns();
        if (!call(caller))
            worker->failures++;
        histogram_add(&worker->latency, now_ns() - start);
        worker->made++;
        if (load->resident && i + 1 == worker->calls / 2)
            run->resident_half_kib = resident_kib();
    }
    pthread_barrier_wait(&run->done);
    if (first)
        run->after = spent_now();
    if (caller)
        caller_free(caller);
    return NULL;
}

static bool parse(int count, char **arguments, struct load *load)
{
    for (int i = 1; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value)
            return false;
        *value++ = '\0';
        const char *name = arguments[i];
        if (!strcmp(name, "url"))
            load->endpoint.url = value;
        else if (!strcmp(name, "ca_file"))
            load->endpoint.ca_file = value;
        else if (!strcmp(name, "system_ca"))
            load->endpoint.system_ca = !strcmp(value, "1");
        else if (!strcmp(name, "client_id"))
            load->endpoint.client_id = value;
        else if (!strcmp(name, "client_secret"))
            load->endpoint.client_secret = value;
        else if (!strcmp(name, "by_key"))
            load->endpoint.by_key = !strcmp(value, "1");
        else if (!strcmp(name, "refresh_token"))
            load->endpoint.refresh_token = value;
        else if (!strcmp(name, "threads"))
            load->threads = strtol(value, NULL, 10);
        else if (!strcmp(name, "calls"))
            load->calls = strtol(value, NULL, 10);
        else if (!strcmp(name, "warm_up"))
            load->warm_up = strtol(value, NULL, 10);
        else if (!strcmp(name, "settle_ms"))
            load->settle_ms = strtol(value, NULL, 10);
        else if (!strcmp(name, "resident"))
            load->resident = !strcmp(value, "1");
        else
            return false;
    }
    const struct endpoint *endpoint = &load->endpoint;
    return endpoint->url && endpoint->client_id && endpoint->client_secret && endpoint->refresh_token && load->threads > 0 && load->calls > 0;
}

/* The first worker is this very thread, so that one thread means one thread. */
static bool measure(struct run *run)
{
    const struct load *load = run->load;
    pthread_barrier_init(&run->ready, NULL, (unsigned)load->threads);
    pthread_barrier_init(&run->go, NULL, (unsigned)load->threads);
    pthread_barrier_init(&run->done, NULL, (unsigned)load->threads);
    for (long i = 0; i < load->threads; i++) {
        run->workers[i].run = run;
        run->workers[i].calls = load->calls / load->threads;
    }
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) || (stack_bytes && pthread_attr_setstacksize(&attributes, stack_bytes)))
        return false;
    for (long i = 1; i < load->threads; i++) {
        if (pthread_create(&run->workers[i].thread, &attributes, work, &run->workers[i])) {
            perror("pthread_create");
            return false; /* the threads that wait at the barrier end with the process */
        }
    }
    work(&run->workers[0]);
    for (long i = 1; i < load->threads; i++)
        pthread_join(run->workers[i].thread, NULL);
    return true;
}

static void settle(long settle_ms)
{
    struct timespec pause = {.tv_sec = settle_ms / 1000, .tv_nsec = settle_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* The highest resident size is VmHWM: ru_maxrss would be that of whoever started this process, if that was larger. */
static bool report(const struct run *run)
{
    static struct histogram latency;
    long made = 0, failures = 0;
    for (long i = 0; i < run->load->threads; i++) {
        histogram_merge(&latency, &run->workers[i].latency);
        made += run->workers[i].made;
        failures += run->workers[i].failures;
    }
    const struct rusage *before = &run->before.usage, *after = &run->after.usage;
    printf("calls=%ld failures=%ld user_us=%lld system_us=%lld whole_us=%lld clock_us=%llu p50_ns=%llu p99_ns=%llu"
           " resident_half_kib=%ld resident_end_kib=%ld resident_max_kib=%ld threads_left=%ld\n",
        made, failures, (long long)(microseconds(after->ru_utime) - microseconds(before->ru_utime)),
        (long long)(microseconds(after->ru_stime) - microseconds(before->ru_stime)),
        (long long)(microseconds(after->ru_utime) + microseconds(after->ru_stime)),
        (unsigned long long)((run->after.clock_ns - run->before.clock_ns) / 1000),
        (unsigned long long)histogram_percentile_ns(&latency, 0.5), (unsigned long long)histogram_percentile_ns(&latency, 0.99),
        run->resident_half_kib, resident_kib(), proc_number("/proc/self/status", "\nVmHWM:"),
        proc_number("/proc/self/status", "\nThreads:") - 1);
    return failures == 0;
}

int main(int count, char **arguments)
{
    struct load load = {.threads = 1, .calls = 1};
    if (!parse(count, arguments, &load)) {
        fprintf(stderr, "usage: %s url= [ca_file=] client_id= client_secret= refresh_token= [threads=] [calls=] [warm_up=] [settle_ms=] [resident=]\n",
            arguments[0]);
        return 2;
    }
    struct run run = {.load = &load};
    run.client = client_new(&load.endpoint);
    run.workers = calloc((size_t)load.threads, sizeof *run.workers);
    if (!run.client || !run.workers || !measure(&run))
        return 1;
    settle(load.settle_ms);
    bool succeeded = report(&run);
    client_free(run.client);
    free(run.workers);
    return succeeded ? 0 : 1;
}
