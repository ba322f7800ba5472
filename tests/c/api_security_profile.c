/* FAPI 2.0 as one switch: each weaker setting is refused by its name, and what servers do is held to it. */
#include "api_fake.h"
#include "api_jwt.h"
#include "api_keys.h"

static oauth_error *error;
static struct fake fake;

#define ISSUER "https://as.example"
#define METADATA                                                                                            \
    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"authorization_endpoint\":\"" ISSUER \
    "/authorize\",\"pushed_authorization_request_endpoint\":\"" ISSUER "/par\",\"jwks_uri\":\"" ISSUER "/jwks\"}"
#define BOUND "{\"access_token\":\"AT\",\"token_type\":\"DPoP\",\"expires_in\":3600}"

static const struct fake_answer server[] = {
    {ISSUER "/.well-known/openid-configuration", METADATA, 0},
    {ISSUER "/par", "{\"request_uri\":\"urn:x:1\",\"expires_in\":60}", 201},
    {ISSUER "/jwks", "{\"keys\":[]}", 0},
    {NULL, NULL, 0}};

static void set_key(oauth_config *config, const char *pem, const char *algorithm) {
    oauth_key *key = key_of(pem, algorithm);
    oauth_config_set_client_key(config, key);
    oauth_key_free(key);
}

/* All that the profile asks for. */
static oauth_config *strong(oauth_security_profile profile) {
    oauth_config *config = oauth_config_new();
    memset(&fake, 0, sizeof fake);
    fake.at = server;
    fake.body = BOUND;
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    oauth_config_set_issuer(config, ISSUER);
    oauth_config_set_client(config, "client", NULL);
    set_key(config, P256_SEC1, NULL);
    oauth_config_set_dpop(config, true);
    oauth_config_set_security_profile(config, profile);
    return config;
}

static void what_is_weaker_is_named(void) {
    enum { SECRET, BASIC, PUBLIC, NO_KEY, RS256, ES384, AUDIENCE, UNBOUND, DPOP_KEY, NO_PKCE, HTTP, NO_ISSUER, WAYS };
    static const char *const named[] = {"client_secret", "client_secret", "client_authentication", "client_key", "client_key",
        "client_key", "assertion_audience", "dpop is off", "dpop_key", "pkce", "allow_http", "issuer"};
    int way, is_fapi;
    for (way = 0; way < WAYS; way++) {
        for (is_fapi = 0; is_fapi < 2; is_fapi++) {
            oauth_config *config = strong(is_fapi ? OAUTH_SECURITY_PROFILE_FAPI2 : OAUTH_SECURITY_PROFILE_NONE);
            switch (way) {
            case SECRET: oauth_config_set_client(config, "client", "s"); break;
            case BASIC:
                oauth_config_set_client(config, "client", "s");
                oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC);
                break;
            case PUBLIC: oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_NONE); break;
            case NO_KEY: oauth_config_set_client_key(config, NULL); break;
            case RS256: set_key(config, RSA_PKCS8, NULL); break;
            case ES384: set_key(config, P384_SEC1, NULL); break;
            case AUDIENCE: oauth_config_set_assertion_audience(config, FAKE_ENDPOINT); break;
            case UNBOUND: oauth_config_set_dpop(config, false); break;
            case DPOP_KEY: {
                oauth_key *key = key_of(P384_SEC1, NULL);
                oauth_config_set_dpop_key(config, key);
                oauth_key_free(key);
                break;
            }
            case NO_PKCE: oauth_config_set_pkce(config, false); break;
            case HTTP: oauth_config_set_allow_http(config, true); break;
            default: /* a config whose issuer was never set */
                oauth_config_free(config);
                config = oauth_config_new();
                memset(&fake, 0, sizeof fake);
                oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
                fake.registered++;
                oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
                oauth_config_set_client(config, "client", NULL);
                set_key(config, P256_SEC1, NULL);
                oauth_config_set_dpop(config, true);
                oauth_config_set_security_profile(config, is_fapi ? OAUTH_SECURITY_PROFILE_FAPI2 : 0);
            }
            if (is_fapi) {
                oauth_client *client = NULL;
                CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, named[way]);
                CHECK(client == NULL);
                oauth_config_free(config);
            } else {
                oauth_client_free(client_of(config)); /* all of it is allowed without the switch */
            }
        }
    }
    oauth_config *config = strong(OAUTH_SECURITY_PROFILE_FAPI2);
    oauth_client *client = NULL;
    oauth_config_set_security_profile(config, 3);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "security_profile");
    oauth_config_free(config);
    oauth_config_set_security_profile(NULL, OAUTH_SECURITY_PROFILE_FAPI2);
}

static void what_is_strong_enough_is_not(void) {
    static const char *const good[][2] = {{RSA_PKCS1, "PS256"}, {P256_SEC1, "ES256"}, {ED25519_PKCS8, "EdDSA"}};
    oauth_security_profile profile;
    oauth_config *config;
    size_t index;
    for (index = 0; index < sizeof good / sizeof *good; index++) {
        for (profile = OAUTH_SECURITY_PROFILE_FAPI2; profile <= OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING; profile++) {
            config = strong(profile);
            set_key(config, good[index][0], good[index][1]);
            oauth_client_free(client_of(config));
        }
    }
    /* By the certificate of the program's transport, to which tokens are bound. */
    config = strong(OAUTH_SECURITY_PROFILE_FAPI2);
    oauth_config_set_client_key(config, NULL);
    oauth_config_set_dpop(config, false);
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH);
    oauth_client_free(client_of(config));
    /* Which signs no messages. */
    config = strong(OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING);
    oauth_config_set_client_key(config, NULL);
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH);
    oauth_client *client = NULL;
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key");
    oauth_config_free(config);
}

static void calls_that_are_weaker_send_nothing(void) {
    oauth_client *client = client_of(strong(OAUTH_SECURITY_PROFILE_FAPI2));
    oauth_token *token = NULL;
    oauth_authorization *authorization = NULL;
    CHECK_NAMES(oauth_refresh_token(client, "Basic x", "RT", NULL, NULL, NULL, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "authorization_header");
    CHECK_NAMES(oauth_request_password(client, "u", "p", NULL, NULL, NULL, &token, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, "grant");
    CHECK_NAMES(oauth_request_grant(client, "password", NULL, NULL, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT, "grant");
    CHECK_NAMES(oauth_request_token(client, NULL, "code", "http://127.0.0.1/cb", NULL, NULL, &token, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, "code_verifier");
    oauth_params *params = oauth_params_new();
    oauth_params_add(params, "client_assertion", "another");
    CHECK_NAMES(oauth_refresh_token(client, NULL, "RT", NULL, params, NULL, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "field_parameters");
    oauth_params_free(params);
    CHECK_NAMES(oauth_authorization_begin(client, "http://app.example/cb", NULL, NULL, NULL, &authorization, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, "redirect_uri");
    CHECK(fake.calls == 0);
    oauth_client_free(client);
}

/* Also one whose metadata nobody has to read. */
static void a_server_that_is_weaker_is_refused(bool by_hand) {
    oauth_config *config = strong(OAUTH_SECURITY_PROFILE_FAPI2);
    oauth_client *client;
    oauth_authorization *authorization = NULL;
    oauth_token *token = NULL;
    char redirect[512];
    const char *state;
    if (by_hand) {
        oauth_config_set_authorization_endpoint(config, ISSUER "/authorize");
        oauth_config_set_pushed_authorization_request_endpoint(config, ISSUER "/par");
        oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    }
    client = client_of(config);
    fake.body = NULL; /* a bearer token */
    error = refused(client, "RT", OAUTH_ERROR_INVALID_RESPONSE);
    CHECK_CONTAINS(oauth_error_message(error), "not bound to the client's key");
    oauth_error_free(error);
    error = NULL;
    fake.body = BOUND;
    oauth_token_free(refreshed(client, "RT"));
    CHECK_OK(oauth_authorization_begin(client, "http://127.0.0.1/cb", NULL, NULL, NULL, &authorization, &error));
    CHECK_TEXT(oauth_authorization_url(authorization), ISSUER "/authorize?client_id=client&request_uri=urn%3Ax%3A1");
    CHECK(form_field(fake.body_seen, "client_assertion") != NULL && form_field(fake.body_seen, "code_challenge") != NULL);
    state = form_field(fake.body_seen, "state");
    snprintf(redirect, sizeof redirect, "http://127.0.0.1/cb?code=c&state=%.99s", state);
    CHECK(oauth_authorization_finish(authorization, redirect, NULL, NULL, &token, &error) == OAUTH_ERROR_ISSUER_MISMATCH);
    oauth_error_free(error);
    error = NULL;
    snprintf(redirect, sizeof redirect, "http://127.0.0.1/cb?code=c&state=%.99s&iss=https%%3A%%2F%%2Fas.example", state);
    CHECK_OK(oauth_authorization_finish(authorization, redirect, NULL, NULL, &token, &error));
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

/* What a weaker client began is not finished by one that keeps to the profile. */
static void a_weaker_beginning_is_not_resumed(void) {
    oauth_client *weak = client_of(strong(OAUTH_SECURITY_PROFILE_NONE)), *client;
    oauth_authorization *authorization = NULL, *resumed = NULL;
    char *json = NULL;
    CHECK_OK(oauth_authorization_begin(weak, "http://127.0.0.1/cb", NULL, NULL, NULL, &authorization, &error));
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    oauth_authorization_free(authorization);
    oauth_client_free(weak);
    client = client_of(strong(OAUTH_SECURITY_PROFILE_FAPI2));
    CHECK_NAMES(oauth_authorization_from_json(client, json, &resumed, &error), OAUTH_ERROR_INVALID_ARGUMENT, "json");
    oauth_string_free(json);
    CHECK_OK(oauth_authorization_begin(client, "http://127.0.0.1/cb", NULL, NULL, NULL, &authorization, &error));
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    oauth_authorization_free(authorization);
    CHECK_OK(oauth_authorization_from_json(client, json, &resumed, &error));
    oauth_authorization_free(resumed);
    oauth_client_free(client);
    client = client_of(strong(OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING));
    CHECK_NAMES(oauth_authorization_from_json(client, json, &resumed, &error), OAUTH_ERROR_INVALID_ARGUMENT, "json");
    oauth_string_free(json);
    oauth_client_free(client);
}

static void messages_are_signed(void) {
    oauth_client *client = client_of(strong(OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING));
    oauth_authorization *authorization = NULL;
    CHECK_OK(oauth_authorization_begin(client, "http://127.0.0.1/cb", NULL, NULL, NULL, &authorization, &error));
    CHECK(form_field(fake.body_seen, "code_challenge") == NULL);
    CHECK_CONTAINS(jwt_part(form_field(fake.body_seen, "request"), 1), "\"response_mode\":\"jwt\"");
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

int main(void) {
    what_is_weaker_is_named();
    what_is_strong_enough_is_not();
    calls_that_are_weaker_send_nothing();
    a_server_that_is_weaker_is_refused(false);
    a_server_that_is_weaker_is_refused(true);
    a_weaker_beginning_is_not_resumed();
    messages_are_signed();
    return 0;
}
