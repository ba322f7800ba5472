/* A client that proves itself by what it signs: what the server gets, anew with each attempt, and what stops it before. */
#include "api_fake.h"
#include "api_jwt.h"
#include "api_keys.h"
#include <time.h>
#include <unistd.h>

static oauth_error *error;
static struct fake fake;

#define ISSUER "https://as.example"
#define METADATA(lists)                                                                       \
    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"revocation_endpoint\":\"" ISSUER \
    "/revoke\",\"introspection_endpoint\":\"" ISSUER "/introspect\",\"device_authorization_endpoint\":\"" ISSUER \
    "/device\"" lists "}"

static oauth_config *config_with(oauth_key *key) {
    oauth_config *config;
    memset(&fake, 0, sizeof fake);
    config = fake_config(&fake);
    oauth_config_set_client(config, "my client", NULL);
    oauth_config_set_client_key(config, key);
    oauth_key_free(key);
    return config;
}

static const char *assertion(void) {
    CHECK_TEXT(form_field(fake.body_seen, "client_assertion_type"),
               "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer");
    CHECK_TEXT(form_field(fake.body_seen, "client_id"), "my+client");
    CHECK_LACKS(fake.headers_seen, "uthorization");
    CHECK_LACKS(fake.body_seen, "client_secret=");
    return form_field(fake.body_seen, "client_assertion");
}

static void the_assertion_says_who_asks_whom(void) {
    static const struct { const char *pem, *algorithm; } keys[] = {{RSA_PKCS8, "RS256"}, {RSA_PKCS1, "PS256"},
        {P256_SEC1, "ES256"}, {P384_SEC1, "ES384"}, {ED25519_PKCS8, "EdDSA"}};
    size_t index;
    for (index = 0; index < sizeof keys / sizeof *keys; index++) {
        oauth_key *key = NULL, *plain = key_of(keys[index].pem, keys[index].algorithm);
        char header[128], issued[64], *iat;
        CHECK_OK(oauth_key_with_kid(plain, "k1", &key, &error));
        oauth_key_free(plain);
        oauth_client *client = client_of(config_with(key));
        long long before = time(NULL), then;
        oauth_token_free(refreshed(client, "RT"));
        snprintf(header, sizeof header, "{\"typ\":\"client-authentication+jwt\",\"kid\":\"k1\",\"alg\":\"%s\"}",
                 keys[index].algorithm);
        CHECK_TEXT(jwt_part(assertion(), 0), header);
        const char *claims = jwt_part(assertion(), 1);
        CHECK_CONTAINS(claims, "{\"iss\":\"my client\",\"sub\":\"my client\",\"aud\":\"" FAKE_ENDPOINT "\",\"jti\":\"");
        iat = strstr(claims, "\"iat\":");
        CHECK(iat != NULL && sscanf(iat, "\"iat\":%lld", &then) == 1 && then >= before && then <= (long long)time(NULL));
        snprintf(issued, sizeof issued, "\"iat\":%lld,\"exp\":%lld}", then, then + 60);
        CHECK_TEXT(iat, issued);
        oauth_client_free(client);
    }
}

/* Once refused by a gateway, then answered. */
static void fail_once(struct fake *server, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request;
    if (server->calls == 1) {
        strcpy(server->extra, assertion());
        oauth_transport_response_set_status(response, 503);
    }
}

static void each_attempt_has_an_assertion_of_its_own(void) {
    static char first[2048];
    oauth_config *config = config_with(key_of(P256_SEC1, NULL));
    oauth_config_set_retry_policy(config, 1, 1, true);
    fake.during = fail_once;
    fake.extra = first;
    oauth_client *client = client_of(config);
    oauth_token *token = NULL;
    CHECK_OK(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error));
    oauth_token_free(token);
    char jti[52] = "";
    CHECK(fake.calls == 2);
    memcpy(jti, strstr(jwt_part(first, 1), "\"jti\""), sizeof jti - 1);
    CHECK_LACKS(jwt_part(assertion(), 1), jti);
    oauth_client_free(client);
}

/* What a request to an endpoint of the metadata carries: "none", "basic", "post", "HS256" or "ES256". */
static const char *sent_as(void) {
    static char algorithm[8];
    const char *part, *jwt = form_field(fake.body_seen, "client_assertion");
    if (jwt == NULL) {
        return strstr(fake.headers_seen, "\nauthorization: Basic ") ? "basic"
               : strstr(fake.body_seen, "client_secret=")            ? "post"
                                                                     : "none";
    }
    part = strstr(jwt_part(jwt, 0), "\"alg\":\"");
    CHECK(part != NULL && sscanf(part, "\"alg\":\"%7[A-Z0-9]", algorithm) == 1);
    CHECK_CONTAINS(jwt_part(jwt, 1), "\"aud\":\"" ISSUER "\",");
    return algorithm;
}

static void the_strongest_method_is_taken_that_the_server_lists(void) {
#define LISTS(methods) METADATA(",\"token_endpoint_auth_methods_supported\":[" methods "]")
    static const struct { const char *metadata, *secret; bool key; oauth_client_authentication chosen; const char *sent; }
        table[] = {
            {METADATA(""), NULL, true, 0, "ES256"},
            {METADATA(""), "s", true, 0, "ES256"},
            {LISTS("\"private_key_jwt\",\"client_secret_basic\""), "s", true, 0, "ES256"},
            {LISTS("\"client_secret_basic\""), "s", true, 0, "basic"},
            {LISTS("\"client_secret_basic\""), NULL, true, 0, "ES256"},
            {LISTS("\"client_secret_jwt\",\"client_secret_post\",\"client_secret_basic\""), "s", false, 0, "basic"},
            {LISTS("\"client_secret_jwt\",\"client_secret_post\""), "s", false, 0, "post"},
            {LISTS("\"client_secret_jwt\""), "s", false, 0, "HS256"},
            {LISTS("\"private_key_jwt\""), "s", false, 0, "basic"},
            {LISTS("\"private_key_jwt\""), NULL, false, 0, "none"},
            {METADATA(""), "s", true, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT, "HS256"},
            {METADATA(""), "s", true, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST, "post"},
            {METADATA(""), "s", true, OAUTH_CLIENT_AUTHENTICATION_NONE, "none"},
            {LISTS("\"client_secret_basic\""), "s", true, OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT, "ES256"},
        };
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        struct fake_answer at[] = {{ISSUER "/.well-known/openid-configuration", table[index].metadata, 0}, {NULL, NULL, 0}};
        oauth_config *config = oauth_config_new();
        oauth_token *token = NULL;
        oauth_introspection *answer = NULL;
        oauth_device_authorization *device = NULL;
        memset(&fake, 0, sizeof fake);
        oauth_config_set_issuer(config, ISSUER);
        oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
        fake.registered++;
        if (table[index].key) {
            oauth_key *key = key_of(P256_SEC1, NULL);
            oauth_config_set_client_key(config, key);
            oauth_key_free(key);
        }
        oauth_config_set_client(config, "my client", table[index].secret);
        oauth_config_set_client_authentication(config, table[index].chosen);
        fake.at = at;
        oauth_client *client = client_of(config);
        CHECK_OK(oauth_refresh_token(client, NULL, "RT", NULL, NULL, NULL, &token, &error));
        CHECK_TEXT(sent_as(), table[index].sent);
        oauth_token_free(token);
        fake.body = "{\"active\":true}";
        CHECK_OK(oauth_introspect(client, "AT", NULL, NULL, &answer, &error));
        CHECK_TEXT(sent_as(), table[index].sent);
        oauth_introspection_free(answer);
        CHECK_OK(oauth_revoke(client, "AT", NULL, NULL, &error));
        CHECK_TEXT(sent_as(), table[index].sent);
        fake.body = "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://as.example/v\",\"expires_in\":9}";
        CHECK_OK(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error));
        CHECK_TEXT(sent_as(), table[index].sent);
        oauth_device_authorization_free(device);
        oauth_client_free(client);
    }
}

static void an_older_server_gets_the_audience_that_it_wants(void) {
    oauth_config *config = config_with(key_of(ED25519_PKCS8, NULL));
    oauth_config_set_assertion_audience(config, "https://old.example/\"token\"");
    oauth_client *client = client_of(config);
    oauth_token_free(refreshed(client, "RT"));
    CHECK_CONTAINS(jwt_part(assertion(), 1), ",\"aud\":\"https://old.example/\\\"token\\\"\",");
    oauth_client_free(client);
}

/* An assertion is good for a minute: whose clock is wrong, a person finds in the message. */
static void clocks_that_differ_are_named(void) {
    static const char *dated[][2] = {{"Content-Type", "application/json"}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {NULL, NULL}};
    static const char *early[][2] = {{"Content-Type", "application/json"}, {"Date", "Fri, 06 Nov 2099 08:49:37 GMT"}, {NULL, NULL}};
    static const char *undated[][2] = {{"Content-Type", "application/json"}, {"Date", "yesterday"}, {NULL, NULL}};
    oauth_client *client = client_of(config_with(key_of(P256_SEC1, NULL)));
    fake.http_status = 401;
    fake.body = "{\"error\":\"invalid_client\"}";
    fake.headers = dated;
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK_CONTAINS(oauth_error_message(error), "; the server's clock (Sun, 06 Nov 1994 08:49:37 GMT) is ");
    CHECK_CONTAINS(oauth_error_message(error), " s behind this machine's");
    oauth_error_free(error);
    fake.headers = early;
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK_CONTAINS(oauth_error_message(error), " s ahead of this machine's");
    oauth_error_free(error);
    fake.headers = undated;
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK_LACKS(oauth_error_message(error), "clock");
    CHECK_LACKS(oauth_error_message(error), "eyJ");
    oauth_error_free(error);
    error = NULL;
    oauth_client_free(client);
}

/* A signer of the program that goes wrong in one of the ways. */
static oauth_status sign(void *user_data, const char *algorithm, const uint8_t *message, size_t length,
                         oauth_signature *signature) {
    static const uint8_t rubbish[64] = {1};
    int way = *(int *)user_data;
    CHECK_TEXT(algorithm, "ES256");
    CHECK(memchr(message, '.', length) != NULL);
    if (way == 1) {
        oauth_signature_set(signature, rubbish, 63);
    }
    if (way == 2) {
        oauth_signature_set(signature, rubbish, 64);
    }
    if (way == 3) {
        oauth_signature_set(signature, rubbish, 64);
        oauth_signature_set(signature, NULL, 1); /* the last call counts */
    }
    return way == 4 ? OAUTH_ERROR_SYSTEM : OAUTH_OK;
}

static void a_signer_that_fails_sends_nothing(void) {
    static const char *const said[] = {"set no signature", "gave 63 bytes, and ES256 takes 64",
        "gave a signature that the public key does not verify", "set no signature", "returned "};
    int way;
    for (way = 0; way < 5; way++) {
        oauth_key *public = key_of(P256_SEC1, NULL), *key = NULL;
        CHECK_OK(oauth_key_from_signer(oauth_key_public_jwk(public), NULL, sign, &way, NULL, &key, &error));
        oauth_key_free(public);
        oauth_client *client = client_of(config_with(key));
        error = refused(client, "RT", OAUTH_ERROR_CALLBACK);
        CHECK_CONTAINS(oauth_error_message(error), said[way]);
        CHECK(fake.calls == 0 && !oauth_error_request_sent(error));
        oauth_error_free(error);
        error = NULL;
        oauth_client_free(client);
    }
}

static void write_file(const char *path, const char *text) {
    char next[300];
    FILE *file;
    snprintf(next, sizeof next, "%s.next", path);
    file = fopen(next, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0 && rename(next, path) == 0);
}

/* Who signed last: the thumbprint is in the error of a server that knows no key. */
static void is_signed_by(const oauth_client *client, const char *pem) {
    oauth_key *key = key_of(pem, NULL);
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK_CONTAINS(oauth_error_message(error), "signed by ES256 with the key of thumbprint ");
    CHECK_CONTAINS(oauth_error_message(error), oauth_key_thumbprint(key));
    CHECK_CONTAINS(oauth_error_message(error), "for " FAKE_ENDPOINT ": is that key registered");
    oauth_error_free(error);
    error = NULL;
    oauth_key_free(key);
}

static void a_key_in_a_file_may_be_replaced(void) {
    char path[256], other[512], *pem = NULL;
    const char *directory = getenv("TMPDIR");
    oauth_key *key = NULL;
    oauth_client *client;
    oauth_config *config = config_with(NULL);
    snprintf(path, sizeof path, "%s/oauthclient-key-%ld", directory ? directory : "/tmp", (long)getpid());
    oauth_config_set_client_key_file(config, path, NULL);
    client = NULL;
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key_file");
    write_file(path, P256_SEC1);
    client = client_of(config);
    fake.http_status = 401;
    fake.body = "{\"error\":\"invalid_client\"}";
    is_signed_by(client, P256_SEC1);
    CHECK_OK(oauth_key_generate(NULL, &key, &error));
    CHECK_OK(oauth_key_to_pem(key, &pem, &error));
    snprintf(other, sizeof other, "%s", pem);
    oauth_string_free(pem);
    oauth_key_free(key);
    write_file(path, other);
    is_signed_by(client, other);
    write_file(path, "half of a k"); /* as it is while somebody writes it */
    is_signed_by(client, other);
    write_file(path, RSA_PKCS1); /* of another algorithm */
    is_signed_by(client, other);
    write_file(path, P256_JWK);
    is_signed_by(client, P256_SEC1);
    CHECK(remove(path) == 0);
    is_signed_by(client, P256_SEC1);
    oauth_client_free(client);
    config = config_with(NULL);
    write_file(path, RSA_PKCS1);
    oauth_config_set_client_key_file(config, path, "PS256");
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_token_free(refreshed(client, "RT"));
    CHECK_CONTAINS(jwt_part(assertion(), 0), "\"alg\":\"PS256\"");
    oauth_client_free(client);
    oauth_config_set_client_key_file(config, path, "ES256");
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key_file");
    write_file(path, P256_JWK);
    oauth_config_set_client_key_file(config, path, "ES384");
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key_file");
    CHECK(remove(path) == 0);
    oauth_config_set_client_key_file(config, NULL, NULL);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key_file");
    oauth_config_free(config);
    config = oauth_config_new();
    oauth_config_set_client_key_file(config, "\xff", NULL);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key_file");
    oauth_config_free(config);
    config = oauth_config_new();
    oauth_config_set_client_key_file(config, path, "\xff");
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key_file");
    oauth_config_free(config);
    oauth_config_set_client_key_file(NULL, path, NULL);
}

static void settings_that_do_not_go_together_are_named(void) {
    oauth_client *client = NULL;
    oauth_config *config = config_with(NULL);
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key");
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_secret");
    oauth_config_free(config);
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_key *key = key_of(P256_SEC1, NULL);
    oauth_config_set_client_key(config, key);
    oauth_key_free(key);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "client_key");
    oauth_config_set_client_key(config, NULL);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_client_free(client);
    oauth_config_set_assertion_audience(config, NULL);
    oauth_config_set_assertion_audience(config, "");
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "assertion_audience");
    oauth_config_free(config);
    config = oauth_config_new();
    oauth_config_set_assertion_audience(config, "\xff");
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "assertion_audience");
    oauth_config_free(config);
    oauth_config_set_client_key(NULL, NULL);
    oauth_config_set_assertion_audience(NULL, "a");
}

int main(void) {
    the_assertion_says_who_asks_whom();
    each_attempt_has_an_assertion_of_its_own();
    the_strongest_method_is_taken_that_the_server_lists();
    an_older_server_gets_the_audience_that_it_wants();
    clocks_that_differ_are_named();
    a_signer_that_fails_sends_nothing();
    a_key_in_a_file_may_be_replaced();
    settings_that_do_not_go_together_are_named();
    return 0;
}
