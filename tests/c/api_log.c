/* Log lines: which come at which level, that each is one bounded line, and that none holds a secret. */
#include "api_fake.h"

static struct fake fake;
static oauth_error *error;

struct log {
    unsigned count[5], destroyed;
    char text[65536];
};

static void log_line(void *user_data, oauth_log_level level, const char *message) {
    struct log *log = user_data;
    CHECK(log->destroyed == 0);
    CHECK(level >= OAUTH_LOG_ERROR && level <= OAUTH_LOG_DEBUG);
    CHECK(is_one_line(message));
    log->count[level]++;
    fake_append(log->text, sizeof log->text, message);
    fake_append(log->text, sizeof log->text, "\n");
}

static void log_destroy(void *user_data) {
    ((struct log *)user_data)->destroyed++;
}

static oauth_client *logging_client(struct log *log, oauth_log_level level) {
    oauth_config *config = fake_config(&fake);
    memset(log, 0, sizeof *log);
    oauth_config_set_retry_policy(config, 1, 1, false);
    oauth_config_add_header(config, "X-Api-Key", "k3y-of-config");
    oauth_config_set_log(config, level, log_line, log, log_destroy);
    return client_of(config);
}

/* A good answer, an odd one, a refusal, a failure to connect. */
static void everything(const oauth_client *client) {
    oauth_token_free(refreshed(client, "r3fresh"));
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"expires_in\":\"60\"}";
    oauth_token_free(refreshed(client, "r3fresh"));
    fake.body = "{\"error\":\"invalid_grant\"}";
    fake.http_status = 400;
    oauth_error_free(refused(client, "r3fresh", OAUTH_ERROR_PROVIDER));
    fake.returns = OAUTH_ERROR_CONNECT;
    oauth_error_free(refused(client, "r3fresh", OAUTH_ERROR_CONNECT));
    fake.returns = OAUTH_OK;
    fake.body = NULL;
    fake.http_status = 0;
}

static void levels(void) {
    static struct log log;
    oauth_log_level level, more;
    for (level = OAUTH_LOG_ERROR; level <= OAUTH_LOG_DEBUG; level++) {
        oauth_client *client = logging_client(&log, level);
        everything(client);
        CHECK(log.count[OAUTH_LOG_ERROR] >= 2);
        CHECK_CONTAINS(log.text, "invalid_grant");
        for (more = OAUTH_LOG_WARN; more <= OAUTH_LOG_DEBUG; more++) {
            CHECK((log.count[more] > 0) == (more <= level));
        }
        CHECK(log.destroyed == 0);
        oauth_client_free(client);
        CHECK(log.destroyed == 1);
    }
    CHECK_CONTAINS(log.text, "POST " FAKE_ENDPOINT "\n");
    CHECK_CONTAINS(log.text, "HTTP 400");
}

/* The server repeats all that it was sent, and more than anybody wants to read. */
static void echo(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    static char body[16384];
    size_t index;
    (void)seen, (void)request;
    strcpy(body, "{\"error\":\"invalid_grant\",\"access_token\":\"s3cret-AT\",\"error_description\":\"line\\r\\n\\u001b[0m "
                 "c0de/of+user v3rifier s3cret/p+w c0de%2Fof%2Buser k3y-of-config k3y-of-call s3cret-AT "
                 "Basic Y2xpZW50OnMzY3JldC9wJTJCdw== Y2xpZW50OnMzY3JldC9wJTJCdw== ");
    for (index = 0; index < 100; index++) {
        strcat(body, "\xc3\xa9 c0de/of+user ");
    }
    strcat(body, "\"}");
    oauth_transport_response_append_body(response, (const uint8_t *)body, strlen(body));
}

static void no_secret_is_logged(void) {
    static struct log log;
    const char *secrets[] = {"c0de", "v3rifier", "s3cret", "k3y", "Y2xpZW50"};
    oauth_config *config = fake_config(&fake);
    oauth_params *params = oauth_params_new();
    oauth_request_options *options = oauth_request_options_new();
    oauth_client *client;
    oauth_token *token = NULL;
    size_t index;
    memset(&log, 0, sizeof log);
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT "?key=k3y-in-query");
    oauth_config_set_client(config, "client", "s3cret/p+w");
    oauth_config_add_header(config, "X-Api-Key", "k3y-of-config");
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, log_line, &log, NULL);
    oauth_params_set(params, "code_verifier", "v3rifier");
    oauth_request_options_add_header(options, "X-Call-Key", "k3y-of-call");
    client = client_of(config);
    fake.body = "";
    fake.http_status = 400;
    fake.during = echo;
    CHECK(oauth_request_token(client, NULL, "c0de/of+user", NULL, params, options, &token, &error) ==
          OAUTH_ERROR_PROVIDER);
    CHECK(is_one_line(oauth_error_message(error)));
    CHECK_CONTAINS(oauth_error_message(error), "[redacted]");
    CHECK_CONTAINS(oauth_error_message(error), "line\\r\\n");
    CHECK_CONTAINS(oauth_error_provider_description(error), "c0de/of+user"); /* as sent: the header says so */
    CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT);
    CHECK_CONTAINS(log.text, "invalid_grant");
    for (index = 0; index < sizeof secrets / sizeof *secrets; index++) {
        CHECK_LACKS(oauth_error_message(error), secrets[index]);
        CHECK_LACKS(log.text, secrets[index]);
    }
    oauth_error_free(error);
    error = NULL;
    fake.during = NULL;
    fake.http_status = 0;
    fake.body = NULL;
    /* And of a good answer. */
    fake.body = "{\"access_token\":\"s3cret-AT\",\"refresh_token\":\"s3cret-RT\",\"token_type\":\"Bearer\"}";
    CHECK_OK(oauth_request_token(client, NULL, "c0de/of+user", NULL, params, options, &token, &error));
    oauth_token_free(token);
    for (index = 0; index < sizeof secrets / sizeof *secrets; index++) {
        CHECK_LACKS(log.text, secrets[index]);
    }
    fake.body = NULL;
    oauth_client_free(client);
    oauth_params_free(params);
    oauth_request_options_free(options);
}

/* A log function may use the library too. */
static void nested_line(void *user_data, oauth_log_level level, const char *message) {
    unsigned *depth = user_data;
    (void)level, (void)message;
    if (*depth == 0) {
        struct fake inner = {0};
        oauth_client *client = fake_client(&inner);
        ++*depth;
        oauth_token_free(refreshed(client, "r3fresh"));
        oauth_client_free(client);
        CHECK(inner.calls == 1);
    }
}

static void calls_may_be_nested(void) {
    unsigned depth = 0;
    oauth_config *config = fake_config(&fake);
    oauth_client *client;
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, nested_line, &depth, NULL);
    client = client_of(config);
    oauth_token_free(refreshed(client, "r3fresh"));
    CHECK(depth == 1);
    oauth_client_free(client);
}

int main(void) {
    levels();
    no_secret_is_logged();
    calls_may_be_nested();
    return 0;
}
