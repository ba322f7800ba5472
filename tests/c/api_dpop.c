/* Tokens that are bound to a key: what the server and a resource get, what a nonce costs, and what is kept. */
#include "api_fake.h"
#include "api_jwt.h"
#include "api_keys.h"

static oauth_error *error;
static struct fake fake;
static const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;

#define BOUND "{\"access_token\":\"AT\",\"token_type\":\"DPoP\",\"expires_in\":3600,\"refresh_token\":\"RT2\"}"
#define NONCE_WANTED "{\"error\":\"use_dpop_nonce\"}"

static oauth_config *config_with_dpop(const char *secret) {
    oauth_config *config;
    memset(&fake, 0, sizeof fake);
    fake.body = BOUND;
    config = fake_config(&fake);
    oauth_config_set_client(config, "client", secret);
    oauth_config_set_dpop(config, true);
    oauth_config_set_userinfo_endpoint(config, "https://as.example/me?x=1");
    oauth_config_set_authorization_endpoint(config, "https://as.example/authorize");
    return config;
}

/* The value of a header that was seen; NULL: none. Overwritten by the next call. */
static const char *header_seen(const char *name) {
    static char value[2048];
    char start[64];
    const char *at;
    snprintf(start, sizeof start, "\n%s: ", name);
    at = strstr(fake.headers_seen, start);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(start);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\n"), at);
    return value;
}

/* The public key in a proof, as it is written. */
static char *key_in(const char *proof) {
    const char *key = strstr(jwt_part(proof, 0), "\"jwk\":{");
    char *copy;
    CHECK(key != NULL);
    copy = malloc(strlen(key) + 1);
    strcpy(copy, key);
    *strchr(copy, '}') = '\0';
    return copy;
}

static void each_request_for_a_token_has_a_proof(void) {
    oauth_client *client = client_of(config_with_dpop("s"));
    oauth_token *token = refreshed(client, "RT"), *again = NULL;
    const char *proof = header_seen("dpop"), *claims;
    char *first, *second, jti[50];
    CHECK(proof != NULL);
    CHECK_CONTAINS(jwt_part(proof, 0), "{\"typ\":\"dpop+jwt\",\"jwk\":{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    CHECK_CONTAINS(jwt_part(proof, 0), "\"alg\":\"ES256\"}");
    CHECK_LACKS(jwt_part(proof, 0), "\"d\":");
    claims = jwt_part(proof, 1);
    CHECK_CONTAINS(claims, ",\"htm\":\"POST\",\"htu\":\"" FAKE_ENDPOINT "\",\"iat\":");
    CHECK_LACKS(claims, "ath");
    CHECK_LACKS(claims, "nonce");
    snprintf(jti, sizeof jti, "%s", strstr(claims, "\"jti\""));
    first = key_in(proof);
    CHECK_TEXT(oauth_token_type(token), "DPoP");
    CHECK(oauth_token_authorization(token) == NULL);
    /* The next one of this login is by the same key, another login by another. */
    CHECK_OK(oauth_renew_token(client, token, NULL, NULL, NULL, &again, &error));
    second = key_in(header_seen("dpop"));
    CHECK_TEXT(second, first);
    CHECK_LACKS(jwt_part(header_seen("dpop"), 1), jti);
    free(second);
    oauth_token_free(refreshed(client, "RT"));
    second = key_in(header_seen("dpop"));
    CHECK(strcmp(second, first) != 0);
    free(second), free(first);
    oauth_token_free(again);
    oauth_token_free(token);
    oauth_client_free(client);
}

static void a_saved_token_has_its_key_with_it(void) {
    oauth_client *client = client_of(config_with_dpop(NULL));
    oauth_token *token = refreshed(client, "RT"), *back = NULL, *again = NULL;
    char *first = key_in(header_seen("dpop")), *second, *json = NULL;
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    oauth_token_free(token);
    oauth_client_free(client);
    CHECK_CONTAINS(json, "\"dpop_key\":\"");
    CHECK_OK(oauth_token_from_json(json, &back, &error));
    client = client_of(config_with_dpop(NULL));
    CHECK_OK(oauth_renew_token(client, back, NULL, NULL, NULL, &again, &error));
    second = key_in(header_seen("dpop"));
    CHECK_TEXT(second, first);
    oauth_token_free(again);
    /* Switched off by now: the refresh token is bound all the same. */
    oauth_config *config = config_with_dpop(NULL);
    oauth_config_set_dpop(config, false);
    oauth_client *without = client_of(config);
    oauth_token_free(refreshed(without, "RT"));
    CHECK(header_seen("dpop") == NULL);
    CHECK_OK(oauth_renew_token(without, back, NULL, NULL, NULL, &again, &error));
    CHECK(header_seen("dpop") != NULL);
    oauth_token_free(again);
    oauth_client_free(without);
    free(first), free(second);
    strstr(json, "\"dpop_key\":\"")[14] ^= 1;
    oauth_token_free(back);
    CHECK_FAILS(oauth_token_from_json(json, &back, &error), argument, "dpop_key");
    oauth_string_free(json);
    oauth_client_free(client);
}

/* Wants a nonce in each proof, and gives another one with each answer. */
static void demand(struct fake *server, const oauth_transport_request *request, oauth_transport_response *response) {
    char nonce[32];
    const char *claims = jwt_part(header_seen("dpop"), 1);
    bool is_userinfo = strcmp(oauth_transport_request_method(request), "GET") == 0;
    snprintf(nonce, sizeof nonce, "\"nonce\":\"n%u\"", server->calls - 1);
    if (strstr(claims, nonce) == NULL) {
        oauth_transport_response_set_status(response, is_userinfo ? 401 : 400);
        if (is_userinfo) {
            oauth_transport_response_add_header(response, "WWW-Authenticate", "DPoP error=\"use_dpop_nonce\"");
        }
        server->body = BOUND;
    }
    snprintf(nonce, sizeof nonce, "n%u", server->calls);
    oauth_transport_response_add_header(response, "DPoP-Nonce", nonce);
}

/* Without a nonce a proof is good for a short time: whose clock is wrong, a person finds in the message. */
static void clocks_that_differ_are_named(void) {
    static const struct fake_answer refuses[] = {{FAKE_ENDPOINT, "{\"error\":\"invalid_dpop_proof\"}", 400}, {NULL, NULL, 0}};
    static const char *dated[][2] = {{"Content-Type", "application/json"}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {NULL, NULL}};
    oauth_client *client = client_of(config_with_dpop("s"));
    fake.at = refuses;
    fake.headers = dated;
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_INVALID_DPOP_PROOF && fake.calls == 1);
    CHECK_CONTAINS(oauth_error_message(error), "; the server's clock (Sun, 06 Nov 1994 08:49:37 GMT) is ");
    oauth_error_free(error);
    error = NULL;
    oauth_client_free(client);
}

static void a_nonce_costs_one_repeat_and_is_remembered(void) {
    static const struct fake_answer wants[] = {{FAKE_ENDPOINT, NONCE_WANTED, 400}, {NULL, NULL, 0}};
    static const char *headers[][2] = {{"Content-Type", "application/json"}, {"DPoP-Nonce", "n1"}, {NULL, NULL}};
    static const char *newlines[][2] = {{"Content-Type", "application/json"}, {"DPoP-Nonce", "n 2"}, {NULL, NULL}};
    oauth_client *client = client_of(config_with_dpop("s"));
    /* A server that is never content: one repeat, and its error. */
    fake.at = wants;
    fake.headers = headers;
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_USE_DPOP_NONCE && fake.calls == 2);
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 1), ",\"nonce\":\"n1\"}");
    CHECK(oauth_error_attempts(error) == 2);
    CHECK_LACKS(oauth_error_message(error), header_seen("dpop"));
    oauth_error_free(error);
    error = NULL;
    /* What cannot be a nonce is left out. */
    fake.headers = newlines;
    error = refused(client, "RT", OAUTH_ERROR_PROVIDER);
    CHECK(fake.calls == 3);
    oauth_error_free(error);
    error = NULL;
    fake.at = NULL;
    fake.headers = NULL;
    oauth_token_free(refreshed(client, "RT"));
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 1), ",\"nonce\":\"n1\"}");
    oauth_client_free(client);

    client = client_of(config_with_dpop("s"));
    oauth_token *token = refreshed(client, "RT");
    oauth_userinfo *userinfo = NULL;
    fake.calls = 0;
    fake.during = demand;
    fake.body = "{\"sub\":\"alice\"}";
    CHECK(oauth_request_userinfo(client, token, NULL, &userinfo, &error) == OAUTH_OK || error != NULL);
    oauth_error_free(error);
    error = NULL;
    CHECK(fake.calls == 2);
    CHECK_TEXT(header_seen("authorization"), "DPoP AT");
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 1), ",\"htm\":\"GET\",\"htu\":\"https://as.example/me\",\"iat\":");
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 1), "\"ath\":\"");
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 1), ",\"nonce\":\"n1\"}");
    oauth_userinfo_free(userinfo);
    oauth_token_free(token);
    oauth_client_free(client);
}

static void a_request_to_a_resource_has_two_headers(void) {
    static const char url[] = "https://api.example/a%20b?q=1#f";
    oauth_client *client = client_of(config_with_dpop("s"));
    oauth_token *token = refreshed(client, "RT"), *bearer = NULL, *bare = NULL;
    char *key = key_in(header_seen("dpop")), *same;
    oauth_proof *proof = NULL, *other;
    CHECK_OK(oauth_proof_new(client, token, "PATCH", url, &proof, &error));
    CHECK_TEXT(oauth_proof_authorization(proof), "DPoP AT");
    same = key_in(oauth_proof_dpop(proof));
    CHECK_TEXT(same, key);
    free(same), free(key);
    CHECK_CONTAINS(jwt_part(oauth_proof_dpop(proof), 1), ",\"htm\":\"PATCH\",\"htu\":\"https://api.example/a%20b\",\"iat\":");
    /* SHA-256 of "AT" */
    CHECK_CONTAINS(jwt_part(oauth_proof_dpop(proof), 1), ",\"ath\":\"61RCcFlp3I2l36yPlljcaKzatbt2Nbp8xVHjiUFqw04\"}");
    other = oauth_proof_ref(proof);
    oauth_proof_free(proof);
    CHECK_TEXT(oauth_proof_authorization(other), "DPoP AT");
    oauth_proof_free(other);
    /* A nonce is of its origin. */
    CHECK(oauth_proof_answer(client, url, 401, "DPoP error=\"use_dpop_nonce\"", "r1"));
    CHECK(oauth_proof_answer(client, url, 401, "DPoP error=\"use_dpop_nonce\"", "r1")); /* another thread brought it */
    CHECK(!oauth_proof_answer(client, url, 401, NULL, "r1"));
    CHECK(oauth_proof_answer(client, url, 401, NULL, "r2"));
    CHECK(!oauth_proof_answer(client, url, 401, "DPoP error=\"invalid_token\"", "r3"));
    CHECK(!oauth_proof_answer(client, url, 200, NULL, "r4"));
    CHECK(!oauth_proof_answer(client, url, 401, NULL, "r\xff"));
    CHECK(!oauth_proof_answer(client, url, 401, NULL, NULL));
    CHECK_OK(oauth_proof_new(client, token, "GET", "https://api.example/other", &proof, &error));
    CHECK_CONTAINS(jwt_part(oauth_proof_dpop(proof), 1), ",\"nonce\":\"r4\"}");
    oauth_proof_free(proof);
    CHECK_OK(oauth_proof_new(client, token, "GET", "https://api.example:444/other", &proof, &error));
    CHECK_LACKS(jwt_part(oauth_proof_dpop(proof), 1), "nonce");
    oauth_proof_free(proof);
    /* A server that does not know DPoP. */
    fake.body = NULL;
    bearer = refreshed(client, "RT");
    CHECK_OK(oauth_proof_new(client, bearer, "GET", url, &proof, &error));
    CHECK_TEXT(oauth_proof_authorization(proof), "Bearer AT");
    CHECK(oauth_proof_dpop(proof) == NULL);
    oauth_proof_free(proof);
    /* One that was made of plain values has no key. */
    CHECK_OK(oauth_token_new("AT", "DPoP", NULL, NULL, -1, &bare, &error));
    CHECK_NAMES(oauth_proof_new(client, bare, "GET", url, &proof, &error), argument, "token is bound to a key");
    oauth_token_free(bare);
    CHECK_OK(oauth_token_new("AT", "mac", NULL, NULL, -1, &bare, &error));
    CHECK_NAMES(oauth_proof_new(client, bare, "GET", url, &proof, &error), argument, "token has no access token");

    CHECK_NAMES(oauth_proof_new(NULL, token, "GET", url, &proof, &error), argument, "client");
    CHECK_NAMES(oauth_proof_new(client, NULL, "GET", url, &proof, &error), argument, "token");
    CHECK_NAMES(oauth_proof_new(client, token, NULL, url, &proof, &error), argument, "method");
    CHECK_NAMES(oauth_proof_new(client, token, "", url, &proof, &error), argument, "method");
    CHECK_NAMES(oauth_proof_new(client, token, "G T", url, &proof, &error), argument, "method");
    CHECK_NAMES(oauth_proof_new(client, token, "\xff", url, &proof, &error), argument, "method");
    CHECK_NAMES(oauth_proof_new(client, token, "GET", NULL, &proof, &error), argument, "url");
    CHECK_NAMES(oauth_proof_new(client, token, "GET", "\xff", &proof, &error), argument, "url");
    CHECK_NAMES(oauth_proof_new(client, token, "GET", "/me", &proof, &error), argument, "url");
    CHECK_NAMES(oauth_proof_new(client, token, "GET", "ftp://api.example/", &proof, &error), argument, "url");
    CHECK_NAMES(oauth_proof_new(client, token, "GET", "https://me:pw@api.example/", &proof, &error), argument, "url");
    CHECK_NAMES(oauth_proof_new(client, token, "GET", url, NULL, &error), argument, "proof");
    CHECK(oauth_proof_new(NULL, NULL, NULL, NULL, NULL, NULL) == argument && proof == NULL);
    CHECK(!oauth_proof_answer(NULL, url, 401, NULL, "n") && !oauth_proof_answer(client, NULL, 401, NULL, "n"));
    CHECK(!oauth_proof_answer(client, "\xff", 401, NULL, "n") && !oauth_proof_answer(client, "x", 401, NULL, "n"));
    CHECK(oauth_proof_ref(NULL) == NULL && oauth_proof_authorization(NULL) == NULL && oauth_proof_dpop(NULL) == NULL);
    oauth_proof_free(NULL);
    oauth_token_free(bare);
    oauth_token_free(bearer);
    oauth_token_free(token);
    oauth_client_free(client);
}

static oauth_client *client_with_key(const char *pem, const char *secret) {
    oauth_config *config = config_with_dpop(secret);
    oauth_key *key = key_of(pem, NULL);
    oauth_config_set_dpop_key(config, key);
    oauth_key_free(key);
    return client_of(config);
}

static void a_key_of_the_program_serves_all_logins(void) {
    oauth_client *client = client_with_key(ED25519_PKCS8, NULL), *other;
    oauth_key *key = key_of(ED25519_PKCS8, NULL);
    oauth_token *token = refreshed(client, "RT"), *back = NULL, *again = NULL;
    oauth_proof *proof = NULL;
    char *json = NULL, kept[128];
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 0), "\"alg\":\"EdDSA\"}");
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    snprintf(kept, sizeof kept, "\"dpop_jkt\":\"%s\"", oauth_key_thumbprint(key));
    CHECK_CONTAINS(json, kept);
    CHECK_OK(oauth_token_from_json(json, &back, &error));
    CHECK_OK(oauth_renew_token(client, back, NULL, NULL, NULL, &again, &error));
    oauth_token_free(again);
    CHECK_OK(oauth_proof_new(client, back, "GET", "https://api.example/", &proof, &error));
    oauth_proof_free(proof);
    oauth_client_free(client);
    /* Another key: a public client has lost its login, and is told before anything is sent. */
    other = client_with_key(P256_SEC1, NULL);
    CHECK_FAILS(oauth_renew_token(other, back, NULL, NULL, NULL, &again, &error), OAUTH_ERROR_INVALID_CONFIG, oauth_key_thumbprint(key));
    CHECK(fake.calls == 0);
    CHECK_NAMES(oauth_proof_new(other, back, "GET", "https://api.example/", &proof, &error), OAUTH_ERROR_INVALID_CONFIG, "dpop_key");
    oauth_client_free(other);
    other = client_of(config_with_dpop(NULL));
    CHECK_NAMES(oauth_renew_token(other, back, NULL, NULL, NULL, &again, &error), OAUTH_ERROR_INVALID_CONFIG, "dpop_key");
    oauth_client_free(other);
    other = client_with_key(P256_SEC1, "s");
    CHECK_OK(oauth_renew_token(other, back, NULL, NULL, NULL, &again, &error));
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 0), "\"alg\":\"ES256\"}");
    oauth_client_free(other);
    oauth_token_free(again);
    oauth_token_free(back);
    oauth_key_free(key);
    oauth_string_free(json);
    /* A login with a key of its own: the program's takes its place where the server does not mind. */
    client = client_of(config_with_dpop("s"));
    oauth_token_free(token);
    token = refreshed(client, "RT");
    oauth_client_free(client);
    other = client_with_key(ED25519_PKCS8, "s");
    CHECK_OK(oauth_renew_token(other, token, NULL, NULL, NULL, &again, &error));
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 0), "\"alg\":\"EdDSA\"}");
    oauth_token_free(again);
    oauth_client_free(other);
    other = client_with_key(ED25519_PKCS8, NULL); /* a public client's refresh token is bound */
    CHECK_OK(oauth_renew_token(other, token, NULL, NULL, NULL, &again, &error));
    CHECK_CONTAINS(jwt_part(header_seen("dpop"), 0), "\"alg\":\"ES256\"}");
    oauth_token_free(again);
    oauth_client_free(other);
    oauth_token_free(token);
    oauth_config_set_dpop(NULL, true);
    oauth_config_set_dpop_key(NULL, NULL);
}

static void a_generated_key_of_the_program_is_not_kept_either(void) {
    oauth_config *config = config_with_dpop(NULL);
    oauth_key *key = NULL;
    oauth_client *client;
    oauth_token *token;
    char *json = NULL;
    CHECK_OK(oauth_key_generate(NULL, &key, &error));
    oauth_config_set_dpop_key(config, key);
    client = client_of(config);
    token = refreshed(client, "RT");
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK(strstr(json, "\"dpop_key\"") == NULL);
    CHECK_CONTAINS(json, "\"dpop_jkt\":\"");
    oauth_string_free(json);
    oauth_token_free(token);
    oauth_client_free(client);
    oauth_key_free(key);
}

static void an_authorization_says_to_which_key_its_code_will_be_bound(void) {
    oauth_client *client = client_of(config_with_dpop(NULL));
    oauth_authorization *authorization = NULL, *resumed = NULL;
    oauth_token *token = NULL;
    oauth_key *key = NULL;
    char *json = NULL, redirect[512], jwk[512], *sent;
    const char *thumbprint, *state;
    CHECK_OK(oauth_authorization_begin(client, "https://app.example/cb", NULL, NULL, NULL, &authorization, &error));
    thumbprint = strstr(oauth_authorization_url(authorization), "&dpop_jkt=");
    CHECK(thumbprint != NULL && strcspn(thumbprint + 10, "&") == 43);
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    CHECK_OK(oauth_authorization_from_json(client, json, &resumed, &error));
    oauth_string_free(json);
    state = strstr(oauth_authorization_url(authorization), "&state=") + 7;
    snprintf(redirect, sizeof redirect, "https://app.example/cb?code=c&state=%.*s", (int)strcspn(state, "&"), state);
    CHECK_OK(oauth_authorization_finish(resumed, redirect, NULL, NULL, &token, &error));
    sent = key_in(header_seen("dpop"));
    snprintf(jwk, sizeof jwk, "%s}", sent + strlen("\"jwk\":"));
    free(sent);
    CHECK_OK(oauth_key_from_signer(jwk, NULL, never, NULL, NULL, &key, &error));
    CHECK(strncmp(thumbprint + 10, oauth_key_thumbprint(key), 43) == 0);
    oauth_key_free(key);
    oauth_token_free(token);
    oauth_authorization_free(resumed);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

static void a_session_keeps_the_key_with_the_login(void) {
    static const char url[] = "https://api.example/";
    oauth_client *client = client_of(config_with_dpop(NULL));
    oauth_store *store = NULL;
    oauth_session *session = NULL, *sibling = NULL;
    oauth_token *token = refreshed(client, "RT");
    oauth_proof *proof = NULL;
    char buffer[256], *key = key_in(header_seen("dpop")), *same;
    CHECK_OK(oauth_store_open_memory(&store, &error));
    CHECK_OK(oauth_session_open(client, store, "k", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    CHECK_OK(oauth_session_open(client, store, "k", NULL, &sibling, &error));
    CHECK_OK(oauth_session_proof(sibling, "GET", url, NULL, &proof, &error));
    CHECK_TEXT(oauth_proof_authorization(proof), "DPoP AT");
    same = key_in(oauth_proof_dpop(proof));
    CHECK_TEXT(same, key);
    free(same);
    oauth_proof_free(proof);
    CHECK_NAMES(oauth_session_copy_authorization(session, NULL, buffer, sizeof buffer, NULL, &error), argument, "session");
    CHECK(oauth_session_proof_answer(session, url, 401, "DPoP error=use_dpop_nonce", "s1"));
    CHECK(!oauth_session_proof_answer(session, url, 401, NULL, "s1"));
    CHECK_OK(oauth_session_invalidate(sibling, token, &error));
    CHECK_OK(oauth_session_proof(sibling, "GET", url, NULL, &proof, &error));
    same = key_in(header_seen("dpop"));
    CHECK_TEXT(same, key);
    free(same), free(key);
    CHECK_CONTAINS(jwt_part(oauth_proof_dpop(proof), 1), "\"nonce\":\"s1\"");
    oauth_proof_free(proof);
    CHECK_NAMES(oauth_session_proof(NULL, "GET", url, NULL, &proof, &error), argument, "session");
    CHECK_NAMES(oauth_session_proof(session, NULL, url, NULL, &proof, &error), argument, "method");
    CHECK_NAMES(oauth_session_proof(session, "\xff", url, NULL, &proof, &error), argument, "method");
    CHECK_NAMES(oauth_session_proof(session, "GET", NULL, NULL, &proof, &error), argument, "url");
    CHECK_NAMES(oauth_session_proof(session, "GET", "\xff", NULL, &proof, &error), argument, "url");
    CHECK_NAMES(oauth_session_proof(session, "GET", url, NULL, NULL, &error), argument, "proof");
    CHECK(!oauth_session_proof_answer(NULL, url, 401, NULL, "n") && !oauth_session_proof_answer(session, NULL, 401, NULL, "n"));
    CHECK(!oauth_session_proof_answer(session, "\xff", 401, NULL, "n"));
    oauth_token_free(token);
    oauth_session_free(sibling);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
}

int main(void) {
    each_request_for_a_token_has_a_proof();
    a_saved_token_has_its_key_with_it();
    clocks_that_differ_are_named();
    a_nonce_costs_one_repeat_and_is_remembered();
    a_request_to_a_resource_has_two_headers();
    a_key_of_the_program_serves_all_logins();
    a_generated_key_of_the_program_is_not_kept_either();
    an_authorization_says_to_which_key_its_code_will_be_bound();
    a_session_keeps_the_key_with_the_login();
    return 0;
}
