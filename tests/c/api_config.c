/* Every setting of a config: NULL, bad UTF-8, control characters, bad numbers; which one is reported, and by name. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;

/* The one bad setting is reported by name, every time the config is used. Frees the config. */
static void is_refused(oauth_config *config, const char *name) {
    int twice;
    for (twice = 0; twice < 2; twice++) {
        oauth_client *client = (oauth_client *)&fake; /* must be reset */
        CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, name);
        CHECK(client == NULL);
    }
    oauth_config_free(config);
}

#define REFUSED(call, name)                          \
    do {                                             \
        oauth_config *config = fake_config(&fake);   \
        call;                                        \
        is_refused(config, name);                    \
        CHECK(fake.calls == 0 && fake.destroyed == fake.registered); \
    } while (0)

static void strings(void) {
    REFUSED(oauth_config_set_token_endpoint(config, NULL), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "https://as.example/\xff"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "https://as.example/\r\nX: y"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "https://as.example/\x01"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "https://as.example/#f"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "https://u@as.example/"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "http://as.example/token"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, "/token"), "token_endpoint");
    REFUSED(oauth_config_set_token_endpoint(config, ""), "token_endpoint");

    REFUSED(oauth_config_set_client(config, NULL, "s"), "client_id");
    REFUSED(oauth_config_set_client(config, "", "s"), "client_id");
    REFUSED(oauth_config_set_client(config, NOT_UTF8, "s"), "client_id");
    REFUSED(oauth_config_set_client(config, "a\r\nb", "s"), "client_id");
    REFUSED(oauth_config_set_client(config, "a\x7f", NULL), "client_id");
    REFUSED(oauth_config_set_client(config, "a", NOT_UTF8), "client_secret");
    REFUSED(oauth_config_set_client(config, "a", "s\r\nX: y"), "client_secret");
    REFUSED(oauth_config_set_client(config, "a", "s\x1b"), "client_secret");

    REFUSED(oauth_config_set_user_agent(config, NULL), "user_agent");
    REFUSED(oauth_config_set_user_agent(config, NOT_UTF8), "user_agent");
    REFUSED(oauth_config_set_user_agent(config, "a\r\nX: y"), "user_agent");
    REFUSED(oauth_config_set_user_agent(config, "a\x01"), "user_agent");

    REFUSED(oauth_config_add_header(config, NULL, "v"), "header");
    REFUSED(oauth_config_add_header(config, "X-A", NULL), "header");
    REFUSED(oauth_config_add_header(config, NOT_UTF8, "v"), "header");
    REFUSED(oauth_config_add_header(config, "X-A", NOT_UTF8), "header");
    REFUSED(oauth_config_add_header(config, "X-A\r\nX-B: c", "v"), "header");
    REFUSED(oauth_config_add_header(config, "X-A", "v\r\nX-B: c"), "header");
    REFUSED(oauth_config_add_header(config, "X-A", "v\nX-B: c"), "header");
    REFUSED(oauth_config_add_header(config, "X-A", "v\x7f"), "header");
    REFUSED(oauth_config_add_header(config, "", "v"), "header");
    REFUSED(oauth_config_add_header(config, "X A", "v"), "header");
    REFUSED(oauth_config_add_header(config, "Host", "v"), "header");
    REFUSED(oauth_config_add_header(config, "content-length", "0"), "header");
    REFUSED(oauth_config_add_header(config, "CONTENT-TYPE", "a/b"), "header");
    REFUSED(oauth_config_add_header(config, "Transfer-Encoding", "chunked"), "header");
    REFUSED(oauth_config_add_header(config, "Connection", "close"), "header");
    REFUSED(oauth_config_add_header(config, "Authorization", "Basic x"), "header");

    REFUSED(oauth_config_set_client_certificate(config, NULL, NULL), "client_certificate");
    REFUSED(oauth_config_set_client_certificate(config, NOT_UTF8, NULL), "client_certificate");
    REFUSED(oauth_config_add_ca_file(config, NULL), "ca_file");
    REFUSED(oauth_config_add_ca_file(config, NOT_UTF8), "ca_file");
    REFUSED(oauth_config_add_ca_pem(config, NULL, 1), "ca_pem");
    REFUSED(oauth_config_set_proxy(config, NULL, NULL, NULL), "proxy");
    REFUSED(oauth_config_set_proxy(config, NOT_UTF8, NULL, NULL), "proxy");
    REFUSED(oauth_config_set_proxy(config, "http://p:1", NOT_UTF8, "p"), "proxy");
    REFUSED(oauth_config_set_proxy(config, "http://p:1", "u", NOT_UTF8), "proxy");
    REFUSED(oauth_config_set_proxy(config, "http://p:1", "u", NULL), "proxy");
    REFUSED(oauth_config_set_proxy(config, "http://p:1", NULL, "p"), "proxy");
}

static void numbers(void) {
    REFUSED(oauth_config_set_timeout_ms(config, 0), "timeout_ms");
    REFUSED(oauth_config_set_connect_timeout_ms(config, 0), "connect_timeout_ms");
    REFUSED(oauth_config_set_max_response_bytes(config, 0), "max_response_bytes");
    REFUSED(oauth_config_set_client_authentication(config, 99), "client_authentication");
    REFUSED(oauth_config_set_client_authentication(config, -1), "client_authentication");
}

/* Settings that are good alone and make no sense together. */
static void combinations(void) {
    oauth_config *config = oauth_config_new();
    is_refused(config, "token_endpoint");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST);
    is_refused(config, "client_authentication");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_client(config, "public", NULL);
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC);
    is_refused(config, "client_secret");
    /* TLS is the matter of the program's transport. */
    REFUSED(oauth_config_set_client_certificate(config, "client.pem", NULL), "client_certificate");
    REFUSED((oauth_config_set_client(config, "a:b", "s"),
             oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW)), "client_id");
}

/* These reach only the library's own transport. */
static void native_settings(void) {
    const char *bad_proxies[] = {"", "proxy:1", "ftp://p:1", "http://", "http://p:99999"};
    size_t index;
    oauth_config *config;
    for (index = 0; index < sizeof bad_proxies / sizeof *bad_proxies; index++) {
        config = oauth_config_new();
        oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
        oauth_config_set_proxy(config, bad_proxies[index], NULL, NULL);
        is_refused(config, "proxy");
    }
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_add_ca_file(config, "/nowhere/ca.pem");
    is_refused(config, "ca_file");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_add_ca_pem(config, (const uint8_t *)"no certificate", 14);
    is_refused(config, "ca_pem");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_add_ca_pem(config, NULL, 0);
    is_refused(config, "ca_pem");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_use_system_ca(config, false);
    is_refused(config, "use_system_ca");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_client_certificate(config, "/nowhere/client.pem", NULL);
    is_refused(config, "client_certificate");
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_client(config, "c", NULL);
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH);
    is_refused(config, "client_certificate");
}

/* The first bad value stays, whatever is set after it. */
static void the_first_bad_value_is_reported(void) {
    REFUSED((oauth_config_set_user_agent(config, NULL), oauth_config_set_client(config, NULL, NULL),
             oauth_config_set_user_agent(config, "good")), "user_agent");
    REFUSED((oauth_config_set_client(config, NULL, NULL), oauth_config_set_user_agent(config, NULL)), "client_id");
}

static void a_null_config_is_left_alone(void) {
    oauth_config_set_token_endpoint(NULL, FAKE_ENDPOINT);
    oauth_config_set_client(NULL, "c", "s");
    oauth_config_set_client_authentication(NULL, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST);
    oauth_config_set_connect_timeout_ms(NULL, 1);
    oauth_config_set_timeout_ms(NULL, 1);
    oauth_config_set_idle_timeout_ms(NULL, 1);
    oauth_config_set_max_response_bytes(NULL, 1);
    oauth_config_set_retry_policy(NULL, 1, 1, true);
    oauth_config_set_user_agent(NULL, "a");
    oauth_config_set_proxy(NULL, "http://p:1", NULL, NULL);
    oauth_config_set_use_proxy(NULL, false);
    oauth_config_add_ca_file(NULL, "f");
    oauth_config_add_ca_pem(NULL, (const uint8_t *)"x", 1);
    oauth_config_set_client_certificate(NULL, "f", NULL);
    oauth_config_set_use_system_ca(NULL, true);
    oauth_config_set_use_environment(NULL, true);
    oauth_config_set_allow_http(NULL, true);
    oauth_config_add_header(NULL, "X-A", "b");
}

int main(void) {
    strings();
    numbers();
    combinations();
    native_settings();
    the_first_bad_value_is_reported();
    a_null_config_is_left_alone();
    return 0;
}
