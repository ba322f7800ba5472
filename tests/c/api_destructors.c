/* The destructor of a callback's data runs exactly once, in every path. */
#include "api_fake.h"

static oauth_error *error;

static void count(void *user_data) {
    ++*(unsigned *)user_data;
}

static oauth_status no_transport(void *user_data, const oauth_transport_request *request,
                                 oauth_transport_response *response) {
    (void)user_data, (void)request, (void)response;
    return OAUTH_ERROR_CONNECTION_LOST;
}

static oauth_status no_url(void *user_data, const char *url) {
    (void)user_data, (void)url;
    return OAUTH_OK;
}

static void no_log(void *user_data, oauth_log_level level, const char *message) {
    (void)user_data, (void)level, (void)message;
}

/* Both registrations, through one door. */
static void set_log(oauth_config *config, unsigned *destroyed, oauth_destroy_fn destroy) {
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, no_log, destroyed, destroy);
}

static void set_transport(oauth_config *config, unsigned *destroyed, oauth_destroy_fn destroy) {
    oauth_config_set_transport(config, no_transport, destroyed, destroy);
}

static oauth_config *config_new(void) {
    oauth_config *config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_client(config, "c", NULL);
    /* Beside a transport of its own this client reads no certificates. */
    oauth_config_set_transport(config, no_transport, NULL, NULL);
    return config;
}

static void every_path(void (*set)(oauth_config *, unsigned *, oauth_destroy_fn)) {
    unsigned first = 0, second = 0;
    oauth_client *client = NULL, *other = NULL;
    oauth_config *config;

    set(NULL, &first, count);
    CHECK(first == 1);
    set(NULL, NULL, NULL);

    /* A config that no client was made of. */
    first = 0;
    config = config_new();
    set(config, &first, count);
    CHECK(first == 0);
    oauth_config_free(config);
    CHECK(first == 1);

    /* Without a destructor nothing is called. */
    config = config_new();
    set(config, &first, NULL);
    oauth_config_free(config);
    CHECK(first == 1);

    /* Set twice: the first goes when the second comes. */
    first = 0;
    config = config_new();
    set(config, &first, count);
    set(config, &second, count);
    CHECK(first == 1 && second == 0);
    oauth_config_free(config);
    CHECK(first == 1 && second == 1);

    /* The config goes first. */
    first = 0;
    config = config_new();
    set(config, &first, count);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    CHECK(first == 0);
    oauth_error_free(refused(client, "r", OAUTH_ERROR_CONNECTION_LOST));
    CHECK(first == 0);
    oauth_client_free(client);
    CHECK(first == 1);

    /* The client goes first. */
    first = 0;
    config = config_new();
    set(config, &first, count);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_client_free(client);
    CHECK(first == 0);
    oauth_config_free(config);
    CHECK(first == 1);

    /* Two clients, and another handle to one of them. */
    first = 0;
    config = config_new();
    set(config, &first, count);
    CHECK_OK(oauth_client_new(config, &client, &error));
    CHECK_OK(oauth_client_new(config, &other, &error));
    oauth_client_free(client);
    oauth_config_free(config);
    client = oauth_client_ref(other);
    oauth_client_free(other);
    CHECK(first == 0);
    oauth_client_free(client);
    CHECK(first == 1);

    /* Replaced in the config while a client still uses it. */
    first = second = 0;
    config = config_new();
    set(config, &first, count);
    CHECK_OK(oauth_client_new(config, &client, &error));
    set(config, &second, count);
    CHECK(first == 0);
    oauth_client_free(client);
    CHECK(first == 1 && second == 0);
    oauth_config_free(config);
    CHECK(first == 1 && second == 1);

    /* No client can be made. */
    first = 0;
    config = oauth_config_new();
    set(config, &first, count);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "token_endpoint");
    CHECK(first == 0);
    oauth_config_free(config);
    CHECK(first == 1);
}

static void without_a_function(void) {
    unsigned log = 0, transport = 0;
    oauth_config *config = config_new();
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, NULL, &log, count);
    CHECK(log == 1);
    oauth_config_set_transport(config, NULL, &transport, count);
    CHECK(transport == 1);
    oauth_config_free(config);
    CHECK(log == 1 && transport == 1);
}

/* NULL takes a function away again. */
static void taken_away(void) {
    struct fake fake = {0};
    unsigned log = 0;
    oauth_config *config = fake_config(&fake);
    set_log(config, &log, count);
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, NULL, NULL, NULL);
    CHECK(log == 1);
    oauth_config_set_transport(config, NULL, NULL, NULL);
    CHECK(fake.destroyed == 1);
    oauth_config_free(config);
    CHECK(log == 1 && fake.destroyed == 1);
}

static void with_a_wrong_level(void) {
    oauth_log_level levels[] = {0, -1, 5, INT32_MAX};
    size_t index;
    for (index = 0; index < sizeof levels / sizeof *levels; index++) {
        unsigned destroyed = 0;
        oauth_client *client = NULL;
        oauth_config *config = config_new();
        oauth_config_set_log(config, levels[index], no_log, &destroyed, count);
        CHECK(destroyed == 1);
        CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "log");
        oauth_config_free(config);
        CHECK(destroyed == 1);
    }
}

/* How a URL is shown belongs to the options alone. */
static void of_listener_options(void) {
    unsigned first = 0, second = 0;
    oauth_listener_options *options = oauth_listener_options_new();
    oauth_listener_options_set_open_url(NULL, no_url, &first, count);
    CHECK(first == 1);
    oauth_listener_options_set_open_url(NULL, NULL, NULL, NULL);
    oauth_listener_options_set_open_url(options, NULL, &first, count);
    CHECK(first == 2);
    oauth_listener_options_set_open_url(options, no_url, &first, count);
    CHECK(first == 2);
    oauth_listener_options_set_open_url(options, no_url, &second, count);
    CHECK(first == 3 && second == 0);
    oauth_listener_options_free(options);
    CHECK(first == 3 && second == 1);
}

int main(void) {
    every_path(set_log);
    every_path(set_transport);
    without_a_function();
    taken_away();
    with_a_wrong_level();
    of_listener_options();
    return 0;
}
