/* The settings of the library's own transport, each with the effect that a server or the call shows. */
#include "check.h"
#include <time.h>

static oauth_error *error;

static oauth_config *config_for(const char *endpoint) {
    oauth_config *config = oauth_config_new();
    oauth_config_set_token_endpoint(config, endpoint);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_retry_policy(config, 0, 1, false);
    oauth_config_set_timeout_ms(config, 60000);
    return config;
}

static oauth_client *client_of(oauth_config *config) {
    oauth_client *client = NULL;
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    return client;
}

/* Sends so many requests with a client of this config, which is freed. */
static void works(oauth_config *config, int times) {
    oauth_client *client = client_of(config);
    oauth_token *token = NULL;
    for (; times > 0; times--) {
        CHECK_OK(oauth_refresh_token(client, NULL, "r3fresh", NULL, NULL, NULL, &token, &error));
        CHECK_TEXT(oauth_token_access_token(token), "AT");
        oauth_token_free(token);
    }
    oauth_client_free(client);
}

static void fails(oauth_config *config, oauth_status status, bool sent) {
    oauth_client *client = client_of(config);
    oauth_token *token = (oauth_token *)&error;
    oauth_status got = oauth_refresh_token(client, NULL, "r3fresh", NULL, NULL, NULL, &token, &error);
    if (got != status || oauth_error_request_sent(error) != sent) {
        printf("%s, not %s: %s\n", oauth_status_name(got), oauth_status_name(status), oauth_error_message(error));
        exit(1);
    }
    CHECK(token == NULL && is_one_line(oauth_error_message(error)));
    oauth_error_free(error);
    error = NULL;
    oauth_client_free(client);
}

/* The test looks at the connections that these two used. */
static void idle_time(void) {
    oauth_config *config = config_for(setting("ENDPOINT"));
    oauth_config_set_idle_timeout_ms(config, 60000);
    oauth_config_set_user_agent(config, "reuses");
    works(config, 2);
    config = config_for(setting("ENDPOINT"));
    oauth_config_set_idle_timeout_ms(config, 0);
    oauth_config_set_user_agent(config, "reconnects");
    works(config, 2);
}

static void size(void) {
    oauth_config *config = config_for(setting("ENDPOINT"));
    oauth_config_set_max_response_bytes(config, 10);
    fails(config, OAUTH_ERROR_RESPONSE_TOO_LARGE, true);
}

/* This server takes connections and says nothing. Without the limits that are set here it would take 10 s and more. */
static void time_limits(void) {
    time_t began = time(NULL);
    oauth_config *config = config_for(setting("SILENT_ENDPOINT"));
    oauth_config_set_timeout_ms(config, 200);
    fails(config, OAUTH_ERROR_TIMEOUT, true);
    config = config_for(setting("SILENT_TLS_ENDPOINT"));
    oauth_config_set_connect_timeout_ms(config, 200);
    fails(config, OAUTH_ERROR_TIMEOUT, false);
    CHECK(difftime(time(NULL), began) < 9);
}

static void trust(void) {
    oauth_config *config = config_for(setting("TLS_ENDPOINT"));
    char pem[8192];
    size_t length;
    FILE *file = fopen(setting("CA_FILE"), "rb");
    CHECK(file != NULL);
    length = fread(pem, 1, sizeof pem, file);
    fclose(file);

    oauth_config_add_ca_file(config, setting("CA_FILE"));
    oauth_config_set_use_system_ca(config, false);
    works(config, 1);
    if (getenv("UNDER_VALGRIND") != NULL) {
        return; /* one handshake shows what valgrind can see of TLS, and takes it seconds */
    }
    config = config_for(setting("TLS_ENDPOINT"));
    oauth_config_add_ca_pem(config, (const uint8_t *)pem, length);
    oauth_config_set_use_system_ca(config, false);
    works(config, 1);
    config = config_for(setting("TLS_ENDPOINT"));
    oauth_config_add_ca_file(config, setting("OTHER_CA_FILE"));
    oauth_config_set_use_system_ca(config, false);
    fails(config, OAUTH_ERROR_TLS, false);
    /* More than one file. */
    config = config_for(setting("TLS_ENDPOINT"));
    oauth_config_add_ca_file(config, setting("OTHER_CA_FILE"));
    oauth_config_add_ca_file(config, setting("CA_FILE"));
    oauth_config_set_use_system_ca(config, false);
    works(config, 1);
    /* SSL_CERT_FILE names the authority: the system's certificates, and where the environment counts. */
    works(config_for(setting("TLS_ENDPOINT")), 1);
    config = config_for(setting("TLS_ENDPOINT"));
    oauth_config_set_use_environment(config, false);
    fails(config, OAUTH_ERROR_TLS, false);
}

static oauth_config *config_with_certificate(const char *path, const oauth_key *key) {
    oauth_config *config = config_for(setting("MTLS_ENDPOINT"));
    oauth_config_add_ca_file(config, setting("CA_FILE"));
    oauth_config_set_client(config, "client", NULL);
    oauth_config_set_client_certificate(config, path, key);
    return config;
}

/* A certificate with its key in the file, with a key of the program, and with the key of another. */
static void client_certificate(void) {
    char pem[8192];
    oauth_key *key = NULL;
    oauth_client *client = NULL;
    oauth_config *config;
    FILE *file = fopen(setting("CLIENT_FILE"), "rb");
    size_t length;
    CHECK(file != NULL);
    length = fread(pem, 1, sizeof pem, file);
    fclose(file);
    works(config_with_certificate(setting("CLIENT_FILE"), NULL), 1);
    if (getenv("UNDER_VALGRIND") != NULL) {
        return;
    }
    CHECK_OK(oauth_key_from_pem((const uint8_t *)pem, length, NULL, &key, &error));
    config = config_with_certificate(setting("CLIENT_FILE"), key);
    oauth_key_free(key); /* the config keeps it */
    works(config, 1);
    CHECK_OK(oauth_key_generate(NULL, &key, &error));
    config = config_with_certificate(setting("CLIENT_FILE"), key);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_certificate");
    oauth_config_free(config);
    oauth_key_free(key);
    config = config_for(setting("MTLS_ENDPOINT"));
    oauth_config_add_ca_file(config, setting("CA_FILE"));
    fails(config, OAUTH_ERROR_TLS, false);
}

/* 0.0.0.0 reaches this machine, and is not one of the addresses that never take the environment's proxy. The test counts
 * what went through the proxy, by agent. */
static void proxies(void) {
    oauth_config *config = config_for("http://as.example/token");
    oauth_config_set_allow_http(config, true);
    oauth_config_set_user_agent(config, "given-proxy");
    oauth_config_set_use_proxy(config, false);
    oauth_config_set_use_proxy(config, true);
    oauth_config_set_proxy(config, setting("PROXY"), "us:er", "p@ss");
    works(config, 1);
    /* Off is off, whatever else is set, and when. */
    config = config_for(setting("PROXIED_ENDPOINT"));
    oauth_config_set_allow_http(config, true);
    oauth_config_set_user_agent(config, "unused-proxy");
    oauth_config_set_use_proxy(config, false);
    oauth_config_set_proxy(config, setting("PROXY"), "us:er", "p@ss");
    works(config, 1);

    config = config_for(setting("PROXIED_ENDPOINT"));
    oauth_config_set_allow_http(config, true);
    oauth_config_set_user_agent(config, "environment-proxy");
    works(config, 1);
    config = config_for(setting("PROXIED_ENDPOINT"));
    oauth_config_set_allow_http(config, true);
    oauth_config_set_user_agent(config, "disabled-proxy");
    oauth_config_set_use_proxy(config, false);
    works(config, 1);
    config = config_for(setting("PROXIED_ENDPOINT"));
    oauth_config_set_allow_http(config, true);
    oauth_config_set_user_agent(config, "no-environment");
    oauth_config_set_use_system_ca(config, false); /* plain http needs none */
    oauth_config_set_use_environment(config, false);
    works(config, 1);
    config = config_for(setting("ENDPOINT"));
    oauth_config_set_user_agent(config, "this-machine");
    works(config, 1);
}

/* A proxy that refuses us is no answer of the server. */
static void wrong_proxy_password(void) {
    oauth_config *config = config_for("http://as.example/token");
    oauth_client *client;
    oauth_token *token = NULL;
    oauth_config_set_allow_http(config, true);
    oauth_config_set_proxy(config, setting("PROXY"), "us:er", "wr0ng");
    client = client_of(config);
    CHECK(oauth_refresh_token(client, NULL, "r3fresh", NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_HTTP);
    CHECK(oauth_response_status(oauth_error_response(error)) == 407);
    CHECK(strstr(oauth_error_message(error), "wr0ng") == NULL);
    oauth_error_free(error);
    error = NULL;
    oauth_client_free(client);
}

int main(void) {
    idle_time();
    size();
    time_limits();
    trust();
    client_certificate();
    proxies();
    wrong_proxy_password();
    return 0;
}
