/* Keys: read from what OpenSSL wrote, generated, or behind a function; and each text that is none. */
#include "api_keys.h"

static oauth_error *error;
static const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;

static oauth_status from_pem(const char *pem, const char *algorithm, oauth_key **key) {
    return oauth_key_from_pem((const uint8_t *)pem, strlen(pem), algorithm, key, &error);
}

static void keys_of_openssl_are_read(void) {
    static const struct { const char *pem, *jwk, *algorithm, *other; } keys[] = {
        {RSA_PKCS1, RSA_JWK, "RS256", "PS256"}, {RSA_PKCS8, RSA_JWK, "RS256", "PS256"},
        {P256_SEC1, P256_JWK, "ES256", NULL},   {P256_PKCS8, P256_JWK, "ES256", NULL},
        {P384_SEC1, P384_JWK, "ES384", NULL},   {ED25519_PKCS8, ED25519_JWK, "EdDSA", NULL}};
    size_t index;
    for (index = 0; index < sizeof keys / sizeof *keys; index++) {
        oauth_key *key = NULL, *same = NULL;
        char *pem = (char *)&key;
        CHECK_OK(from_pem(keys[index].pem, NULL, &key));
        CHECK_OK(oauth_key_from_jwk(keys[index].jwk, &same, &error));
        CHECK_TEXT(oauth_key_algorithm(key), keys[index].algorithm);
        CHECK_TEXT(oauth_key_thumbprint(key), oauth_key_thumbprint(same));
        CHECK_TEXT(oauth_key_public_jwk(key), oauth_key_public_jwk(same));
        CHECK(strstr(oauth_key_public_jwk(key), "\"d\"") == NULL && oauth_key_kid(key) == NULL);
        CHECK_FAILS(oauth_key_to_pem(key, &pem, &error), OAUTH_ERROR_INVALID_STATE, "generated");
        CHECK(pem == NULL);
        oauth_key_free(same);
        oauth_key_free(key);
        if (keys[index].other != NULL) {
            CHECK_OK(from_pem(keys[index].pem, keys[index].other, &key));
            CHECK_TEXT(oauth_key_algorithm(key), keys[index].other);
            oauth_key_free(key);
        }
        CHECK_NAMES(from_pem(keys[index].pem, "HS256", &key), argument, "algorithm is none of");
        CHECK_NAMES(from_pem(keys[index].pem, index < 2 ? "ES256" : "RS256", &key), argument, "algorithm does not fit");
        CHECK(key == NULL);
    }
}

/* RFC 4055 section 1.2: such a key signs by PSS alone. */
static void a_key_for_pss_signs_so(void) {
    oauth_key *key = NULL;
    CHECK_OK(from_pem(RSA_PSS_PKCS8, NULL, &key));
    CHECK_TEXT(oauth_key_algorithm(key), "PS256");
    oauth_key_free(key);
    CHECK_NAMES(from_pem(RSA_PSS_PKCS8, "RS256", &key), argument, "algorithm does not fit");
}

/* RFC 7638 section 3.1, and RFC 8037 appendix A.3. */
static void thumbprints_are_those_of_the_rfcs(void) {
    static const char rsa[] =
        "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJEC"
        "PebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9"
        "c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-k"
        "EgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}";
    static const char ed25519[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    oauth_key *key = NULL;
    CHECK_OK(oauth_key_from_signer(rsa, NULL, never, NULL, NULL, &key, &error));
    CHECK_TEXT(oauth_key_thumbprint(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    CHECK_TEXT(oauth_key_kid(key), "2011-04-29");
    oauth_key_free(key);
    CHECK_OK(oauth_key_from_signer(ed25519, NULL, never, NULL, NULL, &key, &error));
    CHECK_TEXT(oauth_key_thumbprint(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    CHECK_TEXT(oauth_key_algorithm(key), "EdDSA");
    oauth_key_free(key);
}

static void generated_keys_are_kept_by_the_program(void) {
    static const char *const algorithms[] = {NULL, "ES256", "ES384", "EdDSA"};
    size_t index;
    for (index = 0; index < sizeof algorithms / sizeof *algorithms; index++) {
        oauth_key *key = NULL, *again = NULL;
        char *pem = NULL;
        CHECK_OK(oauth_key_generate(algorithms[index], &key, &error));
        CHECK_TEXT(oauth_key_algorithm(key), algorithms[index] ? algorithms[index] : "ES256");
        CHECK_TEXT(oauth_key_kid(key), oauth_key_thumbprint(key));
        CHECK_OK(oauth_key_to_pem(key, &pem, &error));
        CHECK(strncmp(pem, "-----BEGIN PRIVATE KEY-----\n", 28) == 0);
        CHECK_OK(from_pem(pem, NULL, &again));
        CHECK_TEXT(oauth_key_thumbprint(again), oauth_key_thumbprint(key));
        oauth_string_free(pem);
        oauth_key_free(again);
        oauth_key_free(key);
    }
    oauth_key *key = (oauth_key *)&index;
    CHECK_NAMES(oauth_key_generate("RS256", &key, &error), argument, "algorithm");
    CHECK(key == NULL);
    CHECK_NAMES(oauth_key_generate("none", &key, &error), argument, "algorithm is none of");
    CHECK_NAMES(oauth_key_generate("\xff", &key, &error), argument, "algorithm");
    CHECK_NAMES(oauth_key_generate(NULL, NULL, &error), argument, "key");
}

static void a_key_has_the_name_that_the_server_knows(void) {
    oauth_key *key = NULL, *renamed = NULL, *other;
    CHECK_OK(from_pem(P256_SEC1, NULL, &key));
    CHECK_OK(oauth_key_with_kid(key, "say \"2026\"", &renamed, &error));
    CHECK_TEXT(oauth_key_kid(renamed), "say \"2026\"");
    CHECK(strstr(oauth_key_public_jwk(renamed), ",\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"say \\\"2026\\\"\"}") != NULL);
    CHECK(strncmp(oauth_key_public_jwks(renamed), "{\"keys\":[{\"crv\":\"P-256\"", 23) == 0);
    other = oauth_key_ref(renamed);
    oauth_key_free(renamed);
    CHECK_OK(oauth_key_with_kid(other, NULL, &renamed, &error));
    CHECK(oauth_key_kid(renamed) == NULL);
    CHECK_TEXT(oauth_key_public_jwk(renamed), oauth_key_public_jwk(key));
    oauth_key_free(renamed);
    oauth_key_free(other);
    CHECK_NAMES(oauth_key_with_kid(key, "", &renamed, &error), argument, "kid");
    CHECK_NAMES(oauth_key_with_kid(key, "a\nb", &renamed, &error), argument, "kid");
    CHECK_NAMES(oauth_key_with_kid(key, "\xff", &renamed, &error), argument, "kid");
    CHECK_NAMES(oauth_key_with_kid(NULL, "a", &renamed, &error), argument, "key");
    CHECK_NAMES(oauth_key_with_kid(key, "a", NULL, &error), argument, "renamed");
    oauth_key_free(key);
}

static void what_is_no_key_is_refused(void) {
    static const struct { const char *pem, *why; } bad[] = {
        {"", "no private key"}, {"hello", "no private key"}, {RSA_ENCRYPTED, "encrypted"}, {PKCS8_ENCRYPTED, "encrypted"},
        {RSA_1024, "2,048"}, {P521_SEC1, "of a kind other"}, {"-----BEGIN PRIVATE KEY-----\nMC4C\n", "damaged PEM"},
        {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "damaged PEM"},
        {"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n", "damaged PEM"},
        {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "is damaged"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----\n", "is damaged"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH"},
        {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "no private key"}};
    static const struct { const char *jwk, *why; } jwks[] = {
        {"", "no JSON"}, {"[]", "no JSON"}, {"{}", "of a kind other"}, {"{\"kty\":\"oct\",\"k\":\"AAAA\"}", "of a kind other"},
        {"{\"kty\":\"EC\",\"crv\":\"P-521\"}", "curve"}, {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "length"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A=\",\"y\":\"AA\"}", "damaged"}, {"{\"kty\":\"EC\",\"kty\":\"EC\"}", "twice"},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\"}", "of a kind other"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", "no private part"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"d\":\"AAAA\"}", "fit"},
        {"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "2,048"}};
    char changed[sizeof P256_JWK], rsa[sizeof RSA_JWK];
    oauth_key *key = (oauth_key *)&bad;
    size_t index;
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        CHECK_FAILS(from_pem(bad[index].pem, NULL, &key), argument, bad[index].why);
        CHECK(key == NULL);
    }
    for (index = 0; index < sizeof jwks / sizeof *jwks; index++) {
        CHECK_FAILS(oauth_key_from_jwk(jwks[index].jwk, &key, &error), argument, jwks[index].why);
    }
    strcpy(changed, P256_JWK);
    strstr(changed, "\"d\":\"")[7] ^= 1;
    CHECK_FAILS(oauth_key_from_jwk(changed, &key, &error), argument, "fit each other");
    strcpy(rsa, RSA_JWK);
    strstr(rsa, "\"qi\":\"")[9] ^= 1;
    CHECK_FAILS(oauth_key_from_jwk(rsa, &key, &error), argument, "fit each other");
    CHECK_NAMES(oauth_key_from_pem(NULL, 0, NULL, &key, &error), argument, "pem");
    CHECK_NAMES(oauth_key_from_pem(NULL, 1, NULL, &key, &error), argument, "pem is NULL");
    CHECK_NAMES(oauth_key_from_pem((const uint8_t *)"\xff", 1, NULL, &key, &error), argument, "pem is no text");
    CHECK_NAMES(from_pem(P256_SEC1, "\xff", &key), argument, "algorithm");
    CHECK_NAMES(from_pem(P256_SEC1, NULL, NULL), argument, "key");
    CHECK_NAMES(oauth_key_from_jwk(NULL, &key, &error), argument, "jwk");
    CHECK_NAMES(oauth_key_from_jwk("\xff", &key, &error), argument, "jwk");
    CHECK_NAMES(oauth_key_from_jwk(P256_JWK, NULL, &error), argument, "key");
    CHECK(oauth_key_from_jwk(NULL, NULL, NULL) == argument);
}

struct hsm {
    unsigned destroyed;
};

static void destroy(void *user_data) {
    ((struct hsm *)user_data)->destroyed++;
}

static void a_public_key_may_be_pem(void) {
    static const char *const pairs[][2] = {
        {RSA_PUBLIC, RSA_PKCS8}, {P256_PUBLIC, P256_SEC1}, {P384_PUBLIC, P384_SEC1}, {ED25519_PUBLIC, ED25519_PKCS8}};
    oauth_key *key = NULL, *pair = NULL;
    size_t index;
    for (index = 0; index < sizeof pairs / sizeof *pairs; index++) {
        CHECK_OK(oauth_key_from_signer(pairs[index][0], NULL, never, NULL, NULL, &key, &error));
        CHECK_OK(from_pem(pairs[index][1], NULL, &pair));
        CHECK_TEXT(oauth_key_public_jwk(key), oauth_key_public_jwk(pair));
        oauth_key_free(key);
        oauth_key_free(pair);
    }
    CHECK_OK(oauth_key_from_signer(RSA_PUBLIC, "PS256", never, NULL, NULL, &key, &error));
    CHECK_TEXT(oauth_key_algorithm(key), "PS256");
    oauth_key_free(key);
    CHECK_FAILS(oauth_key_from_signer(P256_SEC1, NULL, never, NULL, NULL, &key, &error), argument, "no public key in PEM");
    CHECK_FAILS(oauth_key_from_signer("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", NULL, never, NULL, NULL,
                                      &key, &error), argument, "damaged");
    CHECK_FAILS(oauth_key_from_signer("-----BEGIN PUBLIC KEY-----\nMAA=", NULL, never, NULL, NULL, &key, &error), argument,
                "damaged PEM");
}

static void signers_are_made_and_freed(void) {
    static const char jwk[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    struct hsm hsm = {0};
    oauth_key *key = NULL, *other;
    CHECK_OK(oauth_key_from_signer(jwk, "EdDSA", never, &hsm, destroy, &key, &error));
    other = oauth_key_ref(key);
    oauth_key_free(key);
    CHECK(hsm.destroyed == 0);
    oauth_key_free(other);
    CHECK(hsm.destroyed == 1);
    CHECK_NAMES(oauth_key_from_signer(jwk, NULL, NULL, &hsm, destroy, &key, &error), argument, "sign is NULL");
    CHECK(hsm.destroyed == 2 && key == NULL);
    CHECK_NAMES(oauth_key_from_signer(NULL, NULL, never, &hsm, destroy, &key, &error), argument, "public_key");
    CHECK_NAMES(oauth_key_from_signer("\xff", NULL, never, &hsm, destroy, &key, &error), argument, "public_key");
    CHECK_NAMES(oauth_key_from_signer(jwk, "\xff", never, &hsm, destroy, &key, &error), argument, "algorithm");
    CHECK_NAMES(oauth_key_from_signer(jwk, "ES256", never, &hsm, destroy, &key, &error), argument, "algorithm");
    CHECK_NAMES(oauth_key_from_signer(jwk, NULL, never, &hsm, destroy, NULL, &error), argument, "key");
    CHECK_FAILS(oauth_key_from_signer(ED25519_JWK, NULL, never, NULL, NULL, &key, &error), argument, "private part");
    CHECK_FAILS(oauth_key_from_signer("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":"
                                      "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                                      NULL, never, NULL, NULL, &key, &error), argument, "use");
    CHECK_FAILS(oauth_key_from_signer("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"ES256K\",\"x\":"
                                      "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                                      NULL, never, NULL, NULL, &key, &error), argument, "alg");
    CHECK(hsm.destroyed == 7);
    oauth_signature_set(NULL, NULL, 0);
}

static void null_is_allowed_where_the_header_says_so(void) {
    char *pem = (char *)&error;
    CHECK(oauth_key_ref(NULL) == NULL && oauth_key_public_jwk(NULL) == NULL && oauth_key_public_jwks(NULL) == NULL);
    CHECK(oauth_key_algorithm(NULL) == NULL && oauth_key_thumbprint(NULL) == NULL && oauth_key_kid(NULL) == NULL);
    CHECK_NAMES(oauth_key_to_pem(NULL, &pem, &error), argument, "key");
    CHECK(pem == NULL);
    oauth_key_free(NULL);
}

int main(void) {
    oauth_key *key = NULL;
    keys_of_openssl_are_read();
    a_key_for_pss_signs_so();
    thumbprints_are_those_of_the_rfcs();
    generated_keys_are_kept_by_the_program();
    a_key_has_the_name_that_the_server_knows();
    what_is_no_key_is_refused();
    a_public_key_may_be_pem();
    signers_are_made_and_freed();
    null_is_allowed_where_the_header_says_so();
    CHECK_OK(oauth_key_generate(NULL, &key, &error));
    CHECK_NAMES(oauth_key_to_pem(key, NULL, &error), argument, "pem");
    oauth_key_free(key);
    return 0;
}
