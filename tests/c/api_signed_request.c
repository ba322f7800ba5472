/* Signed authorization requests (RFC 9101): what is in the JWT, what stands beside it, and what stops it before. */
#include "api_authorization.h"
#include "api_jwt.h"
#include "api_keys.h"
#include <time.h>

#define PAR ISSUER "/par"

static oauth_error *error;
static struct fake fake;
static struct metadata metadata;
static struct fake_answer answers[] = {{PAR, "{\"request_uri\":\"urn:one\",\"expires_in\":60}", 201}, {NULL, NULL, 0}};

static oauth_key *a_key(void) {
    oauth_key *plain = key_of(P256_SEC1, NULL), *key = NULL;
    CHECK_OK(oauth_key_with_kid(plain, "k1", &key, &error));
    oauth_key_free(plain);
    return key;
}

/* Of a server with these members in its metadata; the key is freed. */
static oauth_config *config_of(const char *json, oauth_key *key) {
    oauth_config *config;
    metadata.json = json;
    metadata.fetched = 0;
    fake.extra = &metadata;
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_client_key(config, key);
    oauth_key_free(key);
    return config;
}

/* The JWT in a URL; overwritten by the next call. */
static const char *request_in(const oauth_authorization *authorization) {
    const char *query = strchr(oauth_authorization_url(authorization), '?');
    CHECK(query != NULL);
    return form_field(query + 1, "request");
}

static void the_url_holds_the_client_and_the_request(void) {
    char expected[2048], jti[64], challenge[64];
    long long before = time(NULL), issued, begins, ends;
    oauth_config *config = config_of(METADATA(""), a_key());
    oauth_client *client;
    oauth_authorization *authorization = NULL;
    oauth_params *params = oauth_params_new();
    const char *claims;
    oauth_token *token;
    oauth_config_set_signed_requests(NULL, true);
    oauth_config_set_signed_requests(config, true);
    oauth_config_set_authorization_lifetime_s(config, 600);
    client = client_of(config);
    oauth_params_add(params, "resource", "https://r.example/1");
    oauth_params_add(params, "prompt", "consent");
    oauth_params_add(params, "resource", "https://r.example/\"2\"");
    oauth_params_add(params, "max_age", "300");
    oauth_params_add(params, "claims", "{\"userinfo\":{\"a\":null}}");
    oauth_params_add(params, "authorization_details", "[{\"type\":\"t\"}]");
    CHECK_OK(oauth_authorization_begin(client, REDIRECT_URI, "openid a", params, NULL, &authorization, &error));
    oauth_params_free(params);
    snprintf(expected, sizeof expected,
             AUTHORIZATION_ENDPOINT "?client_id=client&response_type=code&scope=openid+a&request=%s",
             request_in(authorization));
    CHECK_TEXT(oauth_authorization_url(authorization), expected);
    CHECK_TEXT(jwt_part(request_in(authorization), 0),
               "{\"typ\":\"oauth-authz-req+jwt\",\"kid\":\"k1\",\"alg\":\"ES256\"}");
    claims = jwt_part(request_in(authorization), 1);
    CHECK(sscanf(claims, "{\"iss\":\"client\",\"aud\":\"" ISSUER "\",\"jti\":\"%43[^\"]\",\"iat\":%lld,\"nbf\":%lld,"
                 "\"exp\":%lld,", jti, &issued, &begins, &ends) == 4);
    CHECK(strlen(jti) == 43 && issued >= before && issued <= (long long)time(NULL));
    CHECK(begins == issued && ends == issued + 600);
    CHECK(strstr(claims, "\"code_challenge\":\"") != NULL);
    CHECK(sscanf(strstr(claims, "\"code_challenge\":\""), "\"code_challenge\":\"%43[^\"]", challenge) == 1);
    snprintf(expected, sizeof expected,
             ",\"response_type\":\"code\",\"client_id\":\"client\",\"redirect_uri\":\"" REDIRECT_URI
             "\",\"scope\":\"openid a\",\"state\":\"%s\",\"code_challenge\":\"%s\",\"code_challenge_method\":\"S256\","
             "\"resource\":[\"https://r.example/1\",\"https://r.example/\\\"2\\\"\"],\"prompt\":\"consent\","
             "\"max_age\":300,\"claims\":{\"userinfo\":{\"a\":null}},\"authorization_details\":[{\"type\":\"t\"}],"
             "\"nonce\":\"%s\"}",
             oauth_authorization_state(authorization), challenge, oauth_authorization_nonce(authorization));
    CHECK_CONTAINS(claims, expected);
    oauth_authorization_free(authorization);
    /* Without openid nothing but the client stands beside it; and nothing is used twice. */
    authorization = begun(client, REDIRECT_URI, "a");
    CHECK(strncmp(oauth_authorization_url(authorization), AUTHORIZATION_ENDPOINT "?client_id=client&request=",
                  strlen(AUTHORIZATION_ENDPOINT) + 26) == 0);
    CHECK_LACKS(jwt_part(request_in(authorization), 1), jti);
    token = finished(authorization, answer(authorization, "code=c"));
    CHECK_CONTAINS(fake.body_seen, "&client_assertion=");
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

/* The server is busy once. */
static void busy_once(struct fake *server, const oauth_transport_request *request,
                      oauth_transport_response *response) {
    static char first[4096];
    (void)request;
    if (server->calls == 1) {
        strcpy(first, form_field(server->body_seen, "request"));
        oauth_transport_response_set_status(response, 503);
        oauth_transport_response_add_header(response, "Retry-After", "0");
    } else {
        CHECK(strcmp(first, form_field(server->body_seen, "request")) != 0);
    }
}

static void a_pushed_request_is_signed_too(void) {
    oauth_config *config = config_of(METADATA("\"require_signed_request_object\":true,"
                                              "\"require_pushed_authorization_requests\":true,"
                                              "\"pushed_authorization_request_endpoint\":\"" PAR "\","), a_key());
    oauth_client *client;
    oauth_authorization *authorization;
    const char *at;
    oauth_config_set_retry_policy(config, 1, 1, true);
    client = client_of(config);
    authorization = begun(client, REDIRECT_URI, "openid");
    CHECK_TEXT(oauth_authorization_url(authorization),
               AUTHORIZATION_ENDPOINT "?client_id=client&request_uri=urn%3Aone");
    CHECK_TEXT(fake.url, PAR);
    at = strstr(fake.body_seen, "client_id=client&");
    CHECK(at != NULL && strstr(at + 1, "client_id=") == NULL);
    CHECK_LACKS(fake.body_seen, "scope=");
    CHECK_LACKS(fake.body_seen, "state=");
    CHECK(form_field(fake.body_seen, "client_assertion") != NULL);
    CHECK_CONTAINS(jwt_part(form_field(fake.body_seen, "request"), 1), oauth_authorization_state(authorization));
    oauth_authorization_free(authorization);
    /* Each attempt has a request of its own: servers take each jti once. */
    fake.calls = 0;
    fake.during = busy_once;
    oauth_authorization_free(begun(client, REDIRECT_URI, NULL));
    CHECK(fake.calls == 2);
    fake.during = NULL;
    oauth_client_free(client);
}

static void not_begun(const oauth_client *client, const char *parameter_name, oauth_status status, const char *named) {
    oauth_params *params = oauth_params_new();
    oauth_authorization *authorization = (oauth_authorization *)&fake;
    if (parameter_name != NULL) {
        oauth_params_add(params, parameter_name, "x");
    }
    fake.calls = 0;
    CHECK_FAILS(oauth_authorization_begin(client, REDIRECT_URI, NULL, params, NULL, &authorization, &error), status,
                named);
    CHECK(authorization == NULL && fake.calls == 0);
    oauth_params_free(params);
}

static void what_is_refused_before_anything_is_sent(void) {
    static const char *const names[] = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "request", "request_uri"};
    const oauth_status wrong_config = OAUTH_ERROR_INVALID_CONFIG;
    oauth_client *client = NULL;
    oauth_config *config = config_of(METADATA(""), NULL);
    size_t index;
    oauth_config_set_signed_requests(config, true);
    CHECK_NAMES(oauth_client_new(config, &client, &error), wrong_config, "client_key is not set");
    oauth_config_free(config);
    fake.extra = NULL;
    config = server_config(&fake, "client", NULL);
    oauth_config_set_signed_requests(config, true);
    CHECK_NAMES(oauth_client_new(config, &client, &error), wrong_config, "issuer is not set");
    oauth_config_free(config);
    client = client_of(config_of(METADATA("\"require_signed_request_object\":true,"), NULL));
    not_begun(client, NULL, wrong_config, "client_key is not set, but the server's metadata require signed requests");
    oauth_client_free(client);
    config = config_of(METADATA(""), a_key());
    oauth_config_set_signed_requests(config, true);
    client = client_of(config);
    for (index = 0; index < sizeof names / sizeof *names; index++) {
        not_begun(client, names[index], OAUTH_ERROR_INVALID_ARGUMENT, names[index]);
    }
    CHECK(metadata.fetched == 0);
    oauth_client_free(client);
    client = client_of(config_of(METADATA("\"require_signed_request_object\":true,"), a_key()));
    for (index = 0; index < sizeof names / sizeof *names; index++) {
        not_begun(client, names[index], OAUTH_ERROR_INVALID_ARGUMENT, names[index]);
    }
    oauth_client_free(client);
}

static oauth_status refuses(void *user_data, const char *algorithm, const uint8_t *message, size_t length,
                            oauth_signature *signature) {
    (void)signature;
    CHECK_TEXT(algorithm, "ES256");
    CHECK(message != NULL && length > 100);
    ++*(unsigned *)user_data;
    return OAUTH_ERROR_CANCELLED;
}

static void a_signer_that_fails_stops_it(void) {
    unsigned asked = 0;
    oauth_key *own = a_key(), *key = NULL;
    oauth_config *config;
    oauth_client *client;
    CHECK_OK(oauth_key_from_signer(oauth_key_public_jwk(own), NULL, refuses, &asked, NULL, &key, &error));
    oauth_key_free(own);
    config = config_of(METADATA("\"pushed_authorization_request_endpoint\":\"" PAR "\","), key);
    oauth_config_set_signed_requests(config, true);
    client = client_of(config);
    not_begun(client, NULL, OAUTH_ERROR_CALLBACK, "sign");
    oauth_client_free(client);
    CHECK(asked == 1);
}

int main(void) {
    fake.at = answers;
    the_url_holds_the_client_and_the_request();
    a_pushed_request_is_signed_too();
    what_is_refused_before_anything_is_sent();
    a_signer_that_fails_stops_it();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
