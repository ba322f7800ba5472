/* A program that unloads the library while a look-up of its hangs, and only then lets the look-up return. */
#include "engine.h"
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int looked_up, released, returned;

/* Takes the place of the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    (void)node, (void)service, (void)hints, (void)found;
    pthread_mutex_lock(&lock);
    looked_up++;
    while (!released)
        pthread_cond_wait(&changed, &lock);
    returned++;
    pthread_mutex_unlock(&lock);
    return EAI_NONAME;
}

static void *library;

/* A function of the library; C knows no cast from dlsym's result to a function. */
static void find(const char *name, void *function) {
    void *symbol = dlsym(library, name);
    CHECK(symbol != NULL);
    memcpy(function, &symbol, sizeof symbol);
}

static void call_in_vain(void) {
    oauth_config *(*config_new)(void);
    void (*set_token_endpoint)(oauth_config *, const char *);
    void (*set_timeout_ms)(oauth_config *, uint32_t);
    oauth_status (*client_new)(const oauth_config *, oauth_client **, oauth_error **);
    oauth_status (*refresh_token)(const oauth_client *, const char *, const char *, const char *, const oauth_params *,
                                  const oauth_request_options *, oauth_token **, oauth_error **);
    void (*config_free)(oauth_config *);
    void (*client_free)(oauth_client *);
    oauth_config *config;
    oauth_client *client;
    oauth_token *token;
    find("oauth_config_new", &config_new);
    find("oauth_config_set_token_endpoint", &set_token_endpoint);
    find("oauth_config_set_timeout_ms", &set_timeout_ms);
    find("oauth_client_new", &client_new);
    find("oauth_refresh_token", &refresh_token);
    find("oauth_config_free", &config_free);
    find("oauth_client_free", &client_free);
    config = config_new();
    set_token_endpoint(config, "https://as.invalid/token");
    set_timeout_ms(config, 200);
    CHECK(client_new(config, &client, NULL) == OAUTH_OK);
    CHECK(refresh_token(client, "Bearer x", "r", NULL, NULL, NULL, &token, NULL) == OAUTH_ERROR_TIMEOUT);
    config_free(config);
    client_free(client);
}

int main(void) {
    alarm(60); /* ends what hangs */
    library = dlopen(setting("LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL && dlclose(library) == 0);
    CHECK(dlopen(setting("LIBRARY"), RTLD_NOW | RTLD_NOLOAD) != NULL); /* a thread's last steps may be in its code */
    library = dlopen(setting("LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    call_in_vain();
    CHECK(dlclose(library) == 0);

    pthread_mutex_lock(&lock);
    CHECK(looked_up > 0 && returned == 0);
    released = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    wait_for_one_thread(); /* the look-up's runs to its end in the library's code */
    CHECK(returned == looked_up);
    return 0;
}
