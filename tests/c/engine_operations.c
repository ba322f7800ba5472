/* Ten thousand operations under way at once, to a server in the same program: all end, one thread drives them, and each
 * takes little memory. */
#include "engine.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define ANSWER_BODY "{\"access_token\":\"at\",\"token_type\":\"Bearer\",\"expires_in\":3600}"

static int many, listener, *connections, all_asked, released, ended;

/* Takes all requests, and answers when it is told to. */
static void *serve(void *unused) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 61\r\n\r\n" ANSWER_BODY;
    static char request[4096];
    uint64_t one = 1;
    int at;
    for (at = 0; at < many; at++) {
        do {
            connections[at] = accept(listener, NULL, NULL);
        } while (connections[at] < 0 && errno == EINTR);
        CHECK(connections[at] >= 0);
    }
    for (at = 0; at < many; at++)
        CHECK(read(connections[at], request, sizeof request) > 0);
    CHECK(write(all_asked, &one, sizeof one) == sizeof one);
    CHECK(read(released, &one, sizeof one) == sizeof one);
    for (at = 0; at < many; at++) {
        CHECK(write(connections[at], answer, sizeof answer - 1) == (ssize_t)sizeof answer - 1);
        close(connections[at]);
    }
    return unused;
}

static void done(void *unused) {
    uint64_t one = 1;
    (void)unused;
    CHECK(write(ended, &one, sizeof one) == sizeof one);
}

/* Memory of this process that is its own, in KiB. */
static long private_kib(void) {
    char line[128];
    long kib, sum = 0;
    FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
    CHECK(rollup != NULL);
    while (fgets(line, sizeof line, rollup) != NULL)
        if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            sum += kib;
    fclose(rollup);
    return sum;
}

static oauth_client *client_of_listener(void) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    char url[64];
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    oauth_config *config = oauth_config_new();
    listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 4096) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/token", ntohs(address.sin_port));
    oauth_config_set_token_endpoint(config, url);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_connect_timeout_ms(config, 60000); /* the accept queue of a busy machine may overflow */
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    return client;
}

int main(void) {
    struct rlimit files;
    oauth_error *error = NULL;
    oauth_request_options *options = oauth_request_options_new();
    oauth_client *client = client_of_listener();
    oauth_operation **operations;
    pthread_t server;
    uint64_t count, sum = 0;
    long before, each;
    int at;
    alarm(120);
    many = atoi(setting("MANY"));
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
    if (files.rlim_cur < (rlim_t)many * 2 + 100)
        many = (int)files.rlim_cur / 2 - 100;
    operations = calloc((size_t)many, sizeof *operations);
    connections = calloc((size_t)many, sizeof *connections);
    all_asked = eventfd(0, 0), released = eventfd(0, 0), ended = eventfd(0, 0);
    CHECK(operations != NULL && connections != NULL && all_asked >= 0 && released >= 0 && ended >= 0);
    CHECK(pthread_create(&server, NULL, serve, NULL) == 0);
    oauth_request_options_set_timeout_ms(options, 100000);
    before = private_kib();
    for (at = 0; at < many; at++) {
        CHECK_OK(oauth_refresh_token_start(client, NULL, "rt", NULL, NULL, options, &operations[at], &error));
        oauth_operation_on_done(operations[at], done, NULL, NULL);
    }
    CHECK(read(all_asked, &count, sizeof count) == sizeof count);
    each = (private_kib() - before) * 1024 / many;
    CHECK(threads() == 3); /* this one, the server, and the client's */
    for (at = 0; at < many; at++)
        CHECK(!oauth_operation_done(operations[at]));
    CHECK(write(released, &(uint64_t){1}, sizeof count) == sizeof count);
    while (sum < (uint64_t)many) {
        CHECK(read(ended, &count, sizeof count) == sizeof count);
        sum += count;
    }
    for (at = 0; at < many; at++) {
        oauth_token *token = NULL;
        CHECK_OK(oauth_operation_token(operations[at], &token, &error));
        oauth_token_free(token);
        oauth_operation_free(operations[at]);
    }
    CHECK(pthread_join(server, NULL) == 0);
    oauth_client_free(client);
    oauth_request_options_free(options);
    wait_for_one_thread();
    free(operations);
    free(connections);
    printf("%d operations, %ld bytes each\n", many, each);
    return each > 36 * 1024;
}
