/* The ID token of a log-in (OpenID Connect Core 3.1.3.7): what it must prove before the token is handed out. */
#include "api_authorization.h"

#define OTHER_ISSUER "https://other.example"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static void append_base64url(char *to, const char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length = strlen(text), at;
    to += strlen(to);
    for (at = 0; at < length; at += 3) {
        unsigned long group = (unsigned long)(unsigned char)text[at] << 16;
        group |= at + 1 < length ? (unsigned long)(unsigned char)text[at + 1] << 8 : 0;
        group |= at + 2 < length ? (unsigned char)text[at + 2] : 0;
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        if (at + 1 < length) {
            *to++ = digits[group >> 6 & 63];
        }
        if (at + 2 < length) {
            *to++ = digits[group & 63];
        }
    }
    *to = '\0';
}

/* An answer whose ID token has these claims; a %s in them is the nonce. The buffer is overwritten by the next call. */
static const char *answer_with(const char *claims, const char *nonce) {
    static char body[4096];
    char payload[1024], id_token[2048] = "";
    snprintf(payload, sizeof payload, claims, nonce);
    append_base64url(id_token, "{\"alg\":\"RS256\"}");
    strcat(id_token, ".");
    append_base64url(id_token, payload);
    strcat(id_token, ".c2ln");
    snprintf(body, sizeof body, "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", id_token);
    return body;
}

/* Claims beside those that a row of the table is about. */
#define ISS "\"iss\":\"" ISSUER "\","
#define SUB "\"sub\":\"u5er\","
#define AUD "\"aud\":\"client\","
#define EXP "\"exp\":32503680000,"
#define IAT "\"iat\":1700000000,"
#define NONCE "\"nonce\":\"%s\""

static void what_is_refused(void) {
    static const struct {
        const char *claims, *named;
    } refused[] = {
        {"{\"iss\":\"https://evil.example\"," SUB AUD EXP IAT NONCE "}", "https://evil.example"},
        {"{\"iss\":\"" ISSUER "/\"," SUB AUD EXP IAT NONCE "}", "issuer"},
        {"{" SUB AUD EXP IAT NONCE "}", "issuer"},
        {"{" ISS AUD EXP IAT NONCE "}", "subject"},
        {"{" ISS SUB "\"aud\":\"other\"," EXP IAT NONCE "}", "audience"},
        {"{" ISS SUB "\"aud\":[]," EXP IAT NONCE "}", "audience"},
        {"{" ISS SUB EXP IAT NONCE "}", "audience"},
        {"{" ISS SUB "\"aud\":[\"client\",\"other\"]," EXP IAT NONCE "}", "authorized party"},
        {"{" ISS SUB AUD "\"azp\":\"other\"," EXP IAT NONCE "}", "authorized party"},
        {"{" ISS SUB AUD "\"exp\":1700000100," IAT NONCE "}", "expired"},
        {"{" ISS SUB AUD IAT NONCE "}", "expires"},
        {"{" ISS SUB AUD EXP "\"iat\":32503679000," NONCE "}", "future"},
        {"{" ISS SUB AUD EXP NONCE "}", "issued"},
        {"{" ISS SUB AUD EXP IAT "\"nonce\":\"x%s\"}", "nonce"},
        {"{" ISS SUB AUD EXP IAT "\"nonce\":\"\"}", "nonce"},
        {"{" ISS SUB AUD EXP "\"iat\":1700000000}", "nonce"},
        {"{" ISS SUB AUD EXP IAT "\"x\":1,\"x\":1," NONCE "}", "payload"},
        {"[" NONCE "]", "payload"},
    };
    size_t index;
    for (index = 0; index < sizeof refused / sizeof *refused; index++) {
        oauth_authorization *authorization = begun(client, REDIRECT_URI, "openid");
        char nonce[64];
        strcpy(nonce, oauth_authorization_nonce(authorization));
        fake.body = answer_with(refused[index].claims, nonce);
        fake.calls = 0;
        CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_ID_TOKEN, refused[index].named);
        CHECK(fake.calls == 1);
        /* The code is used up: the log-in has to begin again. */
        CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_INVALID_STATE, "begin a new one");
        oauth_authorization_free(authorization);
    }
}

/* All that is known of a refusal; the answer with its secrets is there for who looks, and not in the message. */
static void a_refusal(void) {
    oauth_authorization *authorization = begun(client, REDIRECT_URI, "openid");
    oauth_token *token = (oauth_token *)&fake;
    char evil[256];
    snprintf(evil, sizeof evil, "{\"iss\":\"AT for %s\"," SUB AUD EXP IAT "\"nonce\":\"\"}",
             oauth_authorization_nonce(authorization));
    fake.body = answer_with(evil, "");
    CHECK(oauth_authorization_finish(authorization, answer(authorization, "code=v3ryc0de"), NULL, NULL, &token,
                                     &error) == OAUTH_ERROR_ID_TOKEN);
    CHECK(token == NULL && oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN && oauth_error_request_sent(error));
    CHECK(oauth_response_status(oauth_error_response(error)) == 200);
    CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT);
    CHECK(is_one_line(oauth_error_message(error)));
    CHECK_CONTAINS(oauth_error_message(error), "the ID token was refused: its issuer is ");
    CHECK_LACKS(oauth_error_message(error), oauth_authorization_nonce(authorization));
    oauth_error_free(error);
    error = NULL;
    oauth_authorization_free(authorization);
    /* None at all. */
    fake.body = NULL;
    authorization = begun(client, REDIRECT_URI, "a openid b");
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_ID_TOKEN, "the ID token is missing");
    oauth_authorization_free(authorization);
    /* None of three parts. */
    fake.body = "{\"access_token\":\"AT\",\"id_token\":\"e30\"}";
    authorization = begun(client, REDIRECT_URI, "openid");
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_ID_TOKEN, "three parts");
    oauth_authorization_free(authorization);
}

/* Some servers give no access token when none was asked for. The ID token must be good all the same. */
static void an_id_token_alone(void) {
    char body[4096], *json = NULL;
    oauth_authorization *authorization = begun(client, REDIRECT_URI, "openid");
    oauth_token *token = (oauth_token *)&fake, *back = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_userinfo *userinfo = NULL;
    snprintf(body, sizeof body, "{%s", strstr(answer_with("{" ISS SUB AUD EXP IAT NONCE "}",
             oauth_authorization_nonce(authorization)), "\"id_token\""));
    fake.body = body;
    CHECK_OK(oauth_authorization_finish(authorization, answer(authorization, "code=c0de"), NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_json_text(oauth_token_claims(token), "sub"), "u5er");
    CHECK((oauth_token_deviations(token) & OAUTH_DEVIATION_ACCESS_TOKEN_MISSING) != 0);
    CHECK(oauth_token_access_token(token) == NULL && oauth_token_authorization(token) == NULL);
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK_OK(oauth_token_from_json(json, &back, &error));
    CHECK_TEXT(oauth_json_text(oauth_token_claims(back), "sub"), "u5er");
    CHECK_OK(oauth_store_open_memory(&store, &error));
    CHECK_OK(oauth_session_open(client, store, "k", NULL, &session, &error));
    CHECK_FAILS(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "neither access token nor refresh token");
    CHECK_FAILS(oauth_request_userinfo(client, token, NULL, &userinfo, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "no access token");
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_string_free(json);
    oauth_token_free(back);
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    authorization = begun(client, REDIRECT_URI, "openid");
    snprintf(body, sizeof body, "{%s", strstr(answer_with("{" ISS AUD EXP IAT NONCE "}",
             oauth_authorization_nonce(authorization)), "\"id_token\""));
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_ID_TOKEN, "subject");
    oauth_authorization_free(authorization);
    authorization = begun(client, REDIRECT_URI, "openid");
    fake.body = "{\"token_type\":\"Bearer\"}";
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c0de"), OAUTH_ERROR_INVALID_RESPONSE, "access_token");
    oauth_authorization_free(authorization);
    fake.body = NULL;
}

static void believed(const char *claims, const char *subject) {
    oauth_authorization *authorization = begun(client, REDIRECT_URI, "openid");
    oauth_token *token;
    fake.body = answer_with(claims, oauth_authorization_nonce(authorization));
    token = finished(authorization, answer(authorization, "code=c0de"));
    CHECK_TEXT(oauth_json_text(oauth_token_claims(token), "sub"), subject);
    CHECK(oauth_token_id_token(token) != NULL);
    oauth_token_free(token);
    oauth_authorization_free(authorization);
}

static void what_is_believed(void) {
    oauth_authorization *authorization;
    oauth_token *token;
    believed("{" ISS SUB AUD EXP IAT NONCE "}", "u5er");
    believed("{\"iss\":\"" OTHER_ISSUER "\"," SUB AUD EXP IAT NONCE "}", "u5er"); /* allowed by the config */
    believed("{" ISS SUB "\"aud\":[\"other\",\"client\"],\"azp\":\"client\"," EXP IAT NONCE "}", "u5er");
    /* The server says that it did not grant openid: there is nothing to be proven. */
    authorization = begun(client, REDIRECT_URI, "openid a");
    fake.body = "{\"access_token\":\"AT\",\"scope\":\"a\"}";
    token = finished(authorization, answer(authorization, "code=c0de"));
    CHECK(oauth_token_claims(token) == NULL && oauth_token_id_token(token) == NULL);
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    /* Nobody asked for one, and the issuer that could vouch for it is unknown: it is passed on, unread. */
    fake.body = "{\"access_token\":\"AT\",\"id_token\":\"x\"}";
    {
        oauth_client *plain = server_client(&fake, NULL);
        authorization = begun(plain, REDIRECT_URI, NULL);
        token = finished(authorization, answer(authorization, "code=c0de"));
        CHECK(oauth_token_claims(token) == NULL);
        CHECK_TEXT(oauth_token_id_token(token), "x");
        oauth_token_free(token);
        oauth_authorization_free(authorization);
        oauth_client_free(plain);
    }
}

int main(void) {
    oauth_config *config = server_config(&fake, "client", ISSUER);
    oauth_config_add_allowed_issuer(config, OTHER_ISSUER);
    client = client_of(config);
    what_is_refused();
    a_refusal();
    an_id_token_alone();
    what_is_believed();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
