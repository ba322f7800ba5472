/* A host that loads and unloads the library again and again, with a call each time: nothing crashes, nothing stays. */
#include "check.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* C99 has no cast from a data pointer to a function pointer; POSIX says that this works. */
#define LOAD(pointer, name)                              \
    do {                                                 \
        *(void **)(&pointer) = dlsym(library, name);     \
        CHECK(pointer != NULL);                          \
    } while (0)

static void (*set_status)(oauth_transport_response *, int32_t);
static void (*append_body)(oauth_transport_response *, const uint8_t *, size_t);
static unsigned sent, destroyed;

static oauth_status answer(void *user_data, const oauth_transport_request *request,
                           oauth_transport_response *response) {
    static const char token[] = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\"}";
    (void)user_data, (void)request;
    sent++;
    set_status(response, 200);
    append_body(response, (const uint8_t *)token, sizeof token - 1);
    return OAUTH_OK;
}

static void count(void *user_data) {
    (void)user_data;
    destroyed++;
}

static unsigned entries(const char *path) {
    DIR *directory = opendir(path);
    unsigned found = 0;
    CHECK(directory != NULL);
    while (readdir(directory) != NULL) {
        found++;
    }
    closedir(directory);
    return found;
}

/* Loads the library, calls it once, through the callback or to the endpoint, and unloads it. */
static void once(const char *endpoint, bool by_callback) {
    void *library = dlopen(setting("LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    oauth_config *(*config_new)(void);
    void (*set_endpoint)(oauth_config *, const char *);
    void (*set_client)(oauth_config *, const char *, const char *);
    void (*set_transport)(oauth_config *, oauth_transport_fn, void *, oauth_destroy_fn);
    void (*set_retry)(oauth_config *, uint32_t, uint32_t, bool);
    void (*set_system_ca)(oauth_config *, bool);
    void (*config_free)(oauth_config *);
    oauth_status (*client_new)(const oauth_config *, oauth_client **, oauth_error **);
    void (*client_free)(oauth_client *);
    oauth_status (*refresh)(const oauth_client *, const char *, const char *, const char *, const oauth_params *,
                            const oauth_request_options *, oauth_token **, oauth_error **);
    void (*token_free)(oauth_token *);
    void (*error_free)(oauth_error *);
    oauth_config *config;
    oauth_client *client = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    oauth_status status;
    if (library == NULL) {
        printf("%s\n", dlerror());
        exit(1);
    }
    LOAD(config_new, "oauth_config_new");
    LOAD(set_endpoint, "oauth_config_set_token_endpoint");
    LOAD(set_client, "oauth_config_set_client");
    LOAD(set_transport, "oauth_config_set_transport");
    LOAD(set_retry, "oauth_config_set_retry_policy");
    LOAD(set_system_ca, "oauth_config_set_use_system_ca");
    LOAD(config_free, "oauth_config_free");
    LOAD(client_new, "oauth_client_new");
    LOAD(client_free, "oauth_client_free");
    LOAD(refresh, "oauth_refresh_token");
    LOAD(token_free, "oauth_token_free");
    LOAD(error_free, "oauth_error_free");
    LOAD(set_status, "oauth_transport_response_set_status");
    LOAD(append_body, "oauth_transport_response_append_body");
    config = config_new();
    set_endpoint(config, endpoint);
    set_client(config, "client", NULL);
    set_retry(config, 0, 1, false);
    set_system_ca(config, false);
    if (by_callback) {
        set_transport(config, answer, NULL, count);
    }
    CHECK(client_new(config, &client, &error) == OAUTH_OK);
    config_free(config);
    status = refresh(client, NULL, "r3fresh", NULL, NULL, NULL, &token, &error);
    CHECK(status == (by_callback ? OAUTH_OK : OAUTH_ERROR_CONNECT));
    CHECK((token != NULL) == by_callback && (error == NULL) == by_callback);
    token_free(token);
    error_free(error);
    client_free(client);
    CHECK(dlclose(library) == 0);
}

int main(void) {
    /* Bound and not listening: every connection is refused. */
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    char endpoint[64];
    unsigned rounds, threads = 0, descriptors = 0;
    int unheard = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(unheard >= 0 && bind(unheard, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(unheard, (struct sockaddr *)&address, &length) == 0);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/token", (unsigned)ntohs(address.sin_port));
    for (rounds = 0; rounds < 200; rounds++) {
        once(endpoint, rounds % 2 == 0);
        if (rounds == 1) { /* both ways were gone once */
            threads = entries("/proc/self/task");
            descriptors = entries("/proc/self/fd");
        }
    }
    CHECK(sent == 100 && destroyed == 100);
    CHECK(entries("/proc/self/task") == threads);
    CHECK(entries("/proc/self/fd") == descriptors);
    close(unheard);
    return 0;
}
