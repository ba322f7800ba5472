/* Where a config says that the server is: issuer and endpoints; each bad one named, each good one used. */
#include "api_fake.h"
#include <time.h>

static oauth_error *error;
static struct fake fake;

typedef void (*set_text)(oauth_config *, const char *);

static const struct {
    const char *name;
    set_text set;
} settings[] = {
    {"token_endpoint", oauth_config_set_token_endpoint},
    {"authorization_endpoint", oauth_config_set_authorization_endpoint},
    {"device_authorization_endpoint", oauth_config_set_device_authorization_endpoint},
    {"revocation_endpoint", oauth_config_set_revocation_endpoint},
    {"introspection_endpoint", oauth_config_set_introspection_endpoint},
    {"userinfo_endpoint", oauth_config_set_userinfo_endpoint},
    {"pushed_authorization_request_endpoint", oauth_config_set_pushed_authorization_request_endpoint},
    {"jwks_uri", oauth_config_set_jwks_uri},
    {"issuer", oauth_config_set_issuer},
};

/* Frees the config. */
static void is_refused(oauth_config *config, const char *name) {
    oauth_client *client = (oauth_client *)&fake;
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, name);
    CHECK(client == NULL && fake.calls == 0);
    oauth_config_free(config);
}

static void bad_urls_are_named(void) {
    const char *bad[] = {"", NOT_UTF8, "as.example", "/token", "ftp://as.example/", "https://", "javascript:alert(1)",
                         "https://as.example/\r\nX: y", "https://as.example/\x01", "https://as.example/ ",
                         "https://as.example/#f", "https://as.example/#", "https://u@as.example/",
                         "https://@as.example/", "http://as.example/", "http://127.0.0.1.as.example/",
                         "http://10.0.0.1/", NULL};
    size_t which, index;
    oauth_config *config;
    for (which = 0; which < sizeof settings / sizeof *settings; which++) {
        for (index = 0; index < sizeof bad / sizeof *bad; index++) {
            config = fake_config(&fake);
            settings[which].set(config, bad[index]);
            is_refused(config, settings[which].name);
        }
    }
    oauth_config_set_authorization_endpoint(NULL, "https://as.example/");
    oauth_config_set_device_authorization_endpoint(NULL, "https://as.example/");
    oauth_config_set_revocation_endpoint(NULL, "https://as.example/");
    oauth_config_set_introspection_endpoint(NULL, "https://as.example/");
    oauth_config_set_userinfo_endpoint(NULL, "https://as.example/");
    oauth_config_set_pushed_authorization_request_endpoint(NULL, "https://as.example/");
    oauth_config_set_jwks_uri(NULL, "https://as.example/");
    oauth_config_set_issuer(NULL, "https://as.example/");
    /* An issuer is an identifier (RFC 8414 section 2), an endpoint may have a query. */
    config = fake_config(&fake);
    oauth_config_set_issuer(config, "https://as.example/?tenant=1");
    is_refused(config, "issuer");
    for (which = 0; which < 8; which++) {
        config = fake_config(&fake);
        settings[which].set(config, "https://as.example/e?tenant=1");
        oauth_client_free(client_of(config));
    }
}

static void plain_http_on_this_machine_or_where_allowed(void) {
    const char *here[] = {"http://127.0.0.1:8080/a", "http://[::1]/a", "http://localhost/a"};
    size_t which, index;
    oauth_config *config;
    for (which = 0; which < sizeof settings / sizeof *settings; which++) {
        for (index = 0; index < sizeof here / sizeof *here; index++) {
            config = fake_config(&fake);
            settings[which].set(config, here[index]);
            oauth_client_free(client_of(config));
        }
        config = fake_config(&fake);
        oauth_config_set_allow_http(config, true);
        settings[which].set(config, "http://as.example/a");
        oauth_client_free(client_of(config));
    }
}

static void bad_allowed_issuers_are_named(void) {
    const char *bad[] = {NULL, "", NOT_UTF8};
    size_t index;
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        oauth_config *config = fake_config(&fake);
        oauth_config_add_allowed_issuer(config, "https://login.example/{tenant}/v2.0");
        oauth_config_add_allowed_issuer(config, bad[index]);
        is_refused(config, "allowed_issuer");
    }
    oauth_config_add_allowed_issuer(NULL, "https://as.example");
}

/* One endpoint is enough for a client; a call that needs another one says which. */
static void a_missing_endpoint_is_named(void) {
    oauth_config *config = oauth_config_new();
    oauth_client *client;
    oauth_token *token = NULL;
    oauth_introspection *introspection = (oauth_introspection *)&fake;
    oauth_userinfo *userinfo = (oauth_userinfo *)&fake;
    oauth_authorization *authorization = (oauth_authorization *)&fake;
    oauth_device_authorization *device = (oauth_device_authorization *)&fake;
    is_refused(config, "token_endpoint");
    client = fake_client(&fake);
    CHECK_OK(oauth_token_new("AT", NULL, NULL, NULL, -1, &token, &error));
    CHECK_NAMES(oauth_revoke(client, "t", NULL, NULL, &error), OAUTH_ERROR_INVALID_CONFIG, "revocation_endpoint");
    CHECK_NAMES(oauth_introspect(client, "t", NULL, NULL, &introspection, &error), OAUTH_ERROR_INVALID_CONFIG,
                "introspection_endpoint");
    CHECK_NAMES(oauth_request_userinfo(client, token, NULL, &userinfo, &error), OAUTH_ERROR_INVALID_CONFIG,
                "userinfo_endpoint");
    CHECK_NAMES(oauth_authorization_begin(client, "https://app.example/cb", NULL, NULL, NULL, &authorization, &error),
                OAUTH_ERROR_INVALID_CONFIG, "authorization_endpoint");
    CHECK_NAMES(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error), OAUTH_ERROR_INVALID_CONFIG,
                "device_authorization_endpoint");
    CHECK(introspection == NULL && userinfo == NULL && authorization == NULL && device == NULL);
    oauth_token_free(token);
    oauth_client_free(client);
    config = oauth_config_new();
    oauth_config_set_revocation_endpoint(config, "https://as.example/revoke");
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    client = client_of(config);
    token = (oauth_token *)&fake;
    CHECK_NAMES(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error), OAUTH_ERROR_INVALID_CONFIG,
                "token_endpoint");
    CHECK(token == NULL && fake.calls == 0);
    CHECK_OK(oauth_revoke(client, "t", NULL, NULL, &error));
    CHECK_WIRE(&fake, "POST https://as.example/revoke\n");
    oauth_client_free(client);
}

/* Endpoints set by hand win: the issuer is not asked. The last value given counts. */
static void endpoints_by_hand_are_used(void) {
    const struct fake_answer answers[] = {
        {"https://as.example/device", "{\"device_code\":\"D\",\"user_code\":\"U\",\"verification_uri\":"
                                      "\"https://as.example/d\",\"expires_in\":600}", 0},
        {"https://as.example/introspect", "{\"active\":false}", 0},
        {"https://as.example/userinfo", "{\"sub\":\"s\"}", 0},
        {NULL, NULL, 0}};
    oauth_config *config = fake_config(&fake);
    oauth_client *client;
    oauth_token *token = NULL;
    oauth_introspection *introspection = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_authorization *authorization = NULL;
    oauth_device_authorization *device = NULL;
    oauth_config_set_issuer(config, "https://issuer.example");
    oauth_config_set_authorization_endpoint(config, "https://as.example/authorize?tenant=1");
    oauth_config_set_device_authorization_endpoint(config, "https://as.example/device");
    oauth_config_set_revocation_endpoint(config, "https://as.example/first");
    oauth_config_set_revocation_endpoint(config, "https://as.example/revoke");
    oauth_config_set_introspection_endpoint(config, "https://as.example/introspect");
    oauth_config_set_userinfo_endpoint(config, "https://as.example/userinfo");
    client = client_of(config);
    fake.at = answers;
    CHECK_OK(oauth_authorization_begin(client, "https://app.example/cb", NULL, NULL, NULL, &authorization, &error));
    CHECK(strncmp(oauth_authorization_url(authorization), "https://as.example/authorize?tenant=1&", 38) == 0);
    CHECK_WIRE(&fake, "");
    CHECK_OK(oauth_request_token(client, NULL, "c", NULL, NULL, NULL, &token, &error));
    CHECK_WIRE(&fake, "POST " FAKE_ENDPOINT "\n");
    CHECK_OK(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error));
    CHECK_WIRE(&fake, "POST https://as.example/device\n");
    CHECK_OK(oauth_revoke(client, "t", NULL, NULL, &error));
    CHECK_WIRE(&fake, "POST https://as.example/revoke\n");
    CHECK_OK(oauth_introspect(client, "t", NULL, NULL, &introspection, &error));
    CHECK_WIRE(&fake, "POST https://as.example/introspect\n");
    CHECK_OK(oauth_request_userinfo(client, token, NULL, &userinfo, &error));
    CHECK_WIRE(&fake, "GET https://as.example/userinfo\n");
    fake.at = NULL;
    oauth_authorization_free(authorization);
    oauth_device_authorization_free(device);
    oauth_introspection_free(introspection);
    oauth_userinfo_free(userinfo);
    oauth_token_free(token);
    oauth_client_free(client);
}

/* When a saved authorization says that it expires. */
static long long expiry(const oauth_authorization *authorization) {
    char *json = NULL;
    const char *found;
    long long seconds;
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    found = strstr(json, "\"expires_at_s\":");
    CHECK(found != NULL);
    seconds = strtoll(found + 15, NULL, 10);
    oauth_string_free(json);
    return seconds;
}

/* The settings of a log-in. */
static void pkce_and_lifetime(void) {
    int disabled;
    oauth_config *config;
    for (disabled = 0; disabled < 2; disabled++) {
        oauth_authorization *authorization = NULL;
        oauth_token *token = (oauth_token *)&fake;
        oauth_client *client;
        char redirect[256];
        time_t before = time(NULL);
        config = fake_config(&fake);
        oauth_config_set_authorization_endpoint(config, "https://as.example/authorize");
        oauth_config_set_authorization_lifetime_s(config, 100);
        if (disabled) {
            oauth_config_set_pkce(config, false);
        }
        client = client_of(config);
        CHECK_OK(oauth_authorization_begin(client, "https://app.example/cb", NULL, NULL, NULL, &authorization, &error));
        CHECK(expiry(authorization) >= before + 100 && expiry(authorization) <= time(NULL) + 100);
        sprintf(redirect, "code=c&state=%.100s", oauth_authorization_state(authorization));
        CHECK_OK(oauth_authorization_finish(authorization, redirect, NULL, NULL, &token, &error));
        if (disabled) {
            CHECK_LACKS(oauth_authorization_url(authorization), "code_challenge");
            CHECK_LACKS(fake.body_seen, "code_verifier");
        } else {
            CHECK_CONTAINS(oauth_authorization_url(authorization), "&code_challenge_method=S256");
            CHECK_CONTAINS(fake.body_seen, "&code_verifier=");
        }
        oauth_token_free(token);
        oauth_authorization_free(authorization);
        oauth_client_free(client);
    }
    fake.calls = 0;
    config = fake_config(&fake);
    oauth_config_set_authorization_lifetime_s(config, 0);
    is_refused(config, "authorization_lifetime_s");
    oauth_config_set_authorization_lifetime_s(NULL, 1);
    oauth_config_set_pkce(NULL, false);
}

int main(void) {
    bad_urls_are_named();
    plain_http_on_this_machine_or_where_allowed();
    bad_allowed_issuers_are_named();
    a_missing_endpoint_is_named();
    endpoints_by_hand_are_used();
    pkce_and_lifetime();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
