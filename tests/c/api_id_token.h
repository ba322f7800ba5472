/* ID tokens made here: TLS vouches for them, so no signature is needed. */
#ifndef API_ID_TOKEN_H
#define API_ID_TOKEN_H

#include "api_fake.h"

#define ISSUER "https://as.example"

/* Claims of the client's own ID token about this subject, until 2100. */
#define CLAIMS(issuer, subject) \
    "{\"iss\":\"" issuer "\",\"sub\":\"" subject "\",\"aud\":\"client\",\"exp\":4102444800,\"iat\":1}"

/* A token answer with these claims in its ID token; valid until the next call. */
static inline const char *answer_with_id_token(const char *claims, const char *more) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static char answer[4096];
    size_t at, length = strlen(claims);
    char *to = answer;
    to += sprintf(answer, "{\"access_token\":\"AT\",\"token_type\":\"Bearer\"%s,\"id_token\":\"e30.", more);
    CHECK(length < 2000);
    for (at = 0; at < length; at += 3) {
        unsigned long three = (unsigned long)(unsigned char)claims[at] << 16;
        size_t digits, count = length - at < 3 ? length - at + 1 : 4;
        three |= count > 2 ? (unsigned long)(unsigned char)claims[at + 1] << 8 : 0;
        three |= count > 3 ? (unsigned long)(unsigned char)claims[at + 2] : 0;
        for (digits = 0; digits < count; digits++) {
            *to++ = alphabet[three >> (18 - 6 * digits) & 63];
        }
    }
    strcpy(to, ".c2ln\"}");
    return answer;
}

/* Takes a config of the fake's client, and makes it one of this issuer's. */
static inline oauth_client *client_of_issuer(oauth_config *config, const char *issuer) {
    oauth_config_set_issuer(config, issuer);
    return client_of(config);
}

/* A token whose ID token was checked. */
static inline oauth_token *identified(struct fake *fake, const oauth_client *client, const char *subject) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    char claims[512];
    sprintf(claims, CLAIMS(ISSUER, "%.100s"), subject);
    fake->body = answer_with_id_token(claims, ",\"refresh_token\":\"RT\"");
    CHECK_OK(oauth_request_password(client, "u", "p", "openid", NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_json_text(oauth_token_claims(token), "sub"), subject);
    fake->body = NULL;
    return token;
}

#endif
