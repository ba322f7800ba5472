/* What each setting of a config makes the library send, byte for byte. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;

#define CODE_FORM "grant_type=authorization_code&code=c0de"

/* Sends a code with this header and a client of this config, which is freed. */
static void send_code_as(oauth_config *config, const char *authorization_header) {
    oauth_client *client = client_of(config);
    oauth_token *token = NULL;
    fake.calls = 0;
    CHECK_OK(oauth_request_token(client, authorization_header, "c0de", NULL, NULL, NULL, &token, &error));
    CHECK(fake.calls == 1);
    oauth_token_free(token);
    oauth_client_free(client);
}

static void send_code(oauth_config *config) {
    send_code_as(config, NULL);
}

static void defaults(void) {
    send_code(fake_config(&fake));
    CHECK_TEXT(fake.method, "POST");
    CHECK_TEXT(fake.url, FAKE_ENDPOINT);
    CHECK_TEXT(fake.headers_seen, "\ncontent-type: application/x-www-form-urlencoded\naccept: application/json\naccept-encoding: identity\n"
                                  "user-agent: liboauthclient/" OAUTH_VERSION_STRING "\n"
                                  "authorization: Basic Y2xpZW50OnMzY3IzdA==\n");
    CHECK_TEXT(fake.body_seen, CODE_FORM);
}

static void send_as(const char *client_id, const char *client_secret, oauth_client_authentication method) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_client(config, client_id, client_secret);
    if (method >= 0) {
        oauth_config_set_client_authentication(config, method);
    }
    send_code(config);
}

static void client_authentication(void) {
    send_as("a:b", "c d%", OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC);
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic YSUzQWI6YyUyMGQlMjU=\n");
    CHECK_TEXT(fake.body_seen, CODE_FORM);
    send_as("ab", "c d%", OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW);
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic YWI6YyBkJQ==\n");
    CHECK_TEXT(fake.body_seen, CODE_FORM);
    send_as("a:b", "c d%", OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST);
    CHECK_LACKS(fake.headers_seen, "authorization");
    CHECK_TEXT(fake.body_seen, CODE_FORM "&client_id=a%3Ab&client_secret=c+d%25");
    /* The transport of the program shows the certificate. */
    send_as("ab", "c d%", OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH);
    CHECK_LACKS(fake.headers_seen, "authorization");
    CHECK_TEXT(fake.body_seen, CODE_FORM "&client_id=ab");
    send_as("ab", NULL, OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH);
    CHECK_LACKS(fake.headers_seen, "authorization");
    CHECK_TEXT(fake.body_seen, CODE_FORM "&client_id=ab");
    send_as("a:b", "c d%", OAUTH_CLIENT_AUTHENTICATION_NONE);
    CHECK_LACKS(fake.headers_seen, "authorization");
    CHECK_TEXT(fake.body_seen, CODE_FORM "&client_id=a%3Ab");
    /* Unless set, or set back: Basic with a secret, none without. */
    send_as("a:b", "c d%", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC);
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic YSUzQWI6YyUyMGQlMjU=\n");
    send_as("public", NULL, OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC);
    CHECK_TEXT(fake.body_seen, CODE_FORM "&client_id=public");
    send_as("a:b", "c d%", -1);
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic YSUzQWI6YyUyMGQlMjU=\n");
    send_as("public", NULL, -1);
    CHECK_LACKS(fake.headers_seen, "authorization");
    CHECK_TEXT(fake.body_seen, CODE_FORM "&client_id=public");
}

/* The header of a call takes the place of every method, and is sent as it is. */
static void an_authorization_header(void) {
    const char *odd = "Custom  \tx=\"\xc3\xa9\", y = %20+/==";
    oauth_client_authentication method;
    for (method = OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC; method <= OAUTH_CLIENT_AUTHENTICATION_NONE; method++) {
        oauth_config *config = fake_config(&fake);
        oauth_config_set_client_authentication(config, method);
        send_code_as(config, odd);
        CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Custom  \tx=\"\xc3\xa9\", y = %20+/==\n");
        CHECK_LACKS(fake.headers_seen, "Basic");
        CHECK_TEXT(fake.body_seen, CODE_FORM);
    }
}

static void headers(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_user_agent(config, "My App/1.0 (\xc3\xa9)");
    oauth_config_add_header(config, "X-Tenant", "a\tb");
    oauth_config_add_header(config, "X-Tenant", "");
    send_code(config);
    CHECK_CONTAINS(fake.headers_seen, "\nuser-agent: My App/1.0 (\xc3\xa9)\n");
    CHECK_LACKS(fake.headers_seen, "liboauthclient");
    CHECK_CONTAINS(fake.headers_seen, "\nX-Tenant: a\tb\nX-Tenant: \n");

    config = fake_config(&fake);
    oauth_config_add_header(config, "ACCEPT", "text/json");
    oauth_config_add_header(config, "User-Agent", "other");
    send_code(config);
    CHECK_CONTAINS(fake.headers_seen, "\nACCEPT: text/json\n");
    CHECK_CONTAINS(fake.headers_seen, "\nUser-Agent: other\n");
    CHECK_LACKS(fake.headers_seen, "application/json");
    CHECK_LACKS(fake.headers_seen, "liboauthclient");
}

/* The query belongs to the endpoint (RFC 6749 section 3.2). */
static void endpoint(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_token_endpoint(config, "https://as.example:8443/to%20ken?tenant=a&b=");
    send_code(config);
    CHECK_TEXT(fake.url, "https://as.example:8443/to%20ken?tenant=a&b=");
    config = fake_config(&fake);
    oauth_config_set_allow_http(config, true);
    oauth_config_set_token_endpoint(config, "http://as.example/token");
    send_code(config);
    CHECK_TEXT(fake.url, "http://as.example/token");
    config = fake_config(&fake);
    oauth_config_set_token_endpoint(config, "http://127.0.0.1:1/token");
    send_code(config);
    CHECK_TEXT(fake.url, "http://127.0.0.1:1/token");
}

static void remaining(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)response;
    *(uint32_t *)seen->extra = oauth_transport_request_remaining_ms(request);
}

static void timeout(void) {
    uint32_t left = 0;
    oauth_config *config = fake_config(&fake);
    fake.during = remaining;
    fake.extra = &left;
    send_code(config);
    CHECK(left > 10000 && left <= 30000);
    config = fake_config(&fake);
    oauth_config_set_timeout_ms(config, 4000000);
    send_code(config);
    CHECK(left > 3900000 && left <= 4000000);
    fake.during = NULL;
}

static void largest_answer(void) {
    static char body[(1 << 20) + 2];
    size_t length = sizeof body - 2;
    oauth_client *client = fake_client(&fake);
    oauth_config *config;
    memset(body, ' ', length + 1);
    memcpy(body, FAKE_TOKEN, strlen(FAKE_TOKEN));
    fake.body = body;
    fake.body_length = length; /* 1 MiB fits, and one byte more does not */
    oauth_token_free(refreshed(client, "r"));
    fake.body_length = length + 1;
    oauth_error_free(refused(client, "r", OAUTH_ERROR_RESPONSE_TOO_LARGE));
    oauth_client_free(client);

    config = fake_config(&fake);
    oauth_config_set_max_response_bytes(config, 100);
    client = client_of(config);
    fake.body_length = 100;
    oauth_token_free(refreshed(client, "r"));
    fake.body_length = 101;
    oauth_error_free(refused(client, "r", OAUTH_ERROR_RESPONSE_TOO_LARGE));
    oauth_client_free(client);
    fake.body = NULL;
    fake.body_length = 0;
}

static void retries(void) {
    oauth_config *config = fake_config(&fake);
    oauth_client *client;
    fake.returns = OAUTH_ERROR_CONNECT;
    oauth_config_set_retry_policy(config, 4, 1, false);
    client = client_of(config);
    fake.calls = 0;
    error = refused(client, "r", OAUTH_ERROR_CONNECT);
    CHECK(fake.calls == 5 && oauth_error_attempts(error) == 5 && !oauth_error_request_sent(error));
    oauth_error_free(error);
    oauth_client_free(client);

    config = fake_config(&fake);
    oauth_config_set_retry_policy(config, 0, 1, true);
    client = client_of(config);
    fake.calls = 0;
    error = refused(client, "r", OAUTH_ERROR_CONNECT);
    CHECK(fake.calls == 1 && oauth_error_attempts(error) == 1);
    oauth_error_free(error);
    oauth_client_free(client);
    error = NULL;

    /* Never for what may be used only once: a code, a refresh token. */
    config = fake_config(&fake);
    oauth_config_set_retry_policy(config, 3, 1, true);
    client = client_of(config);
    fake.returns = OAUTH_OK;
    fake.http_status = 503;
    fake.calls = 0;
    oauth_error_free(refused(client, "r", OAUTH_ERROR_HTTP));
    CHECK(fake.calls == 1);
    oauth_client_free(client);
    fake.http_status = 0;
}

int main(void) {
    defaults();
    client_authentication();
    an_authorization_header();
    headers();
    endpoint();
    timeout();
    largest_answer();
    retries();
    return 0;
}
