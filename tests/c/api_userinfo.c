/* UserInfo: what is sent, whom it must be about, what a refusal says, and every bad argument with nothing sent. */
#include "api_id_token.h"

#define USERINFO "https://as.example/userinfo?v=1"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

/* Asks with this token for this answer, which must be refused; gives the error. */
static oauth_error *refused_for(const oauth_token *token, oauth_status status) {
    oauth_userinfo *userinfo = (oauth_userinfo *)&fake;
    oauth_error *refusal = NULL;
    CHECK(oauth_request_userinfo(client, token, NULL, &userinfo, &refusal) == status);
    CHECK(userinfo == NULL && refusal != NULL && is_one_line(oauth_error_message(refusal)));
    CHECK_TEXT(oauth_error_endpoint(refusal), "https://as.example/userinfo");
    CHECK(oauth_response_status(oauth_error_response(refusal)) == (fake.http_status ? fake.http_status : 200));
    return refusal;
}

static oauth_token *plain_token(void) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_token_new("AT/s3cret", NULL, NULL, NULL, -1, &token, &error));
    return token;
}

static void claims_about_the_user(void) {
    oauth_token *token = plain_token();
    oauth_userinfo *userinfo = NULL;
    fake.body = "{\"sub\":\"s\xc3\xa9\",\"name\":\"N\",\"email_verified\":true}";
    CHECK_OK(oauth_request_userinfo(client, token, NULL, &userinfo, &error));
    oauth_token_free(token);
    CHECK_WIRE(&fake, "GET " USERINFO "\n");
    CHECK_TEXT(fake.headers_seen, "\naccept: application/json\naccept-encoding: identity\nuser-agent: liboauthclient/" OAUTH_VERSION_STRING "\n"
                                  "authorization: Bearer AT/s3cret\n");
    CHECK_TEXT(fake.body_seen, "");
    CHECK_TEXT(oauth_userinfo_subject(userinfo), "s\xc3\xa9");
    CHECK_TEXT(oauth_json_text(oauth_userinfo_json(userinfo), "email_verified"), "true");
    CHECK_TEXT(oauth_json_raw(oauth_userinfo_json(userinfo), NULL), fake.body);
    oauth_userinfo_free(userinfo);
}

/* OpenID Connect Core 5.3.2: claims about somebody else must not be used. */
static void both_are_about_the_same_subject(void) {
    const char *others[] = {"{\"sub\":\"mallory\"}", "{\"sub\":\"Alice\"}", "{\"sub\":\"\"}", "{\"sub\":[\"alice\"]}",
                            "{\"name\":\"alice\"}", "{\"sub\":null}", "{\"sub\":\"alice\\u0000\"}"};
    oauth_token *token = identified(&fake, client, "alice"), *unchecked = plain_token();
    oauth_userinfo *userinfo = NULL;
    size_t index;
    for (index = 0; index < sizeof others / sizeof *others; index++) {
        fake.body = others[index];
        oauth_error *refusal = refused_for(token, OAUTH_ERROR_ID_TOKEN);
        CHECK_CONTAINS(oauth_error_message(refusal), "another subject");
        oauth_error_free(refusal);
        /* Nothing is known of the user of a token without a checked ID token. */
        CHECK_OK(oauth_request_userinfo(client, unchecked, NULL, &userinfo, &error));
        oauth_userinfo_free(userinfo);
    }
    fake.body = "{\"name\":\"N\"}";
    CHECK_OK(oauth_request_userinfo(client, unchecked, NULL, &userinfo, NULL));
    CHECK_TEXT(oauth_userinfo_subject(userinfo), NULL);
    oauth_userinfo_free(userinfo);
    fake.body = "{\"sub\":\"alice\",\"name\":\"A\"}";
    CHECK_OK(oauth_request_userinfo(client, token, NULL, &userinfo, &error));
    CHECK_TEXT(oauth_userinfo_subject(userinfo), "alice");
    oauth_userinfo_free(userinfo);
    oauth_token_free(token);
    oauth_token_free(unchecked);
}

/* RFC 6750 section 3: the header says why, the body what it likes. */
static void a_refusal_says_why(void) {
    const char *expired[][2] = {{"WWW-Authenticate", "Bearer realm=\"r\", error=\"invalid_token\", "
                                                     "error_description=\"AT/s3cret expired\""}, {NULL, NULL}};
    const char *scope[][2] = {{"WWW-Authenticate", "Basic realm=\"x\""},
                              {"www-authenticate", "Bearer error=insufficient_scope, scope=\"profile\""}, {NULL, NULL}};
    const char *silent[][2] = {{"WWW-Authenticate", "Bearer"}, {NULL, NULL}};
    oauth_token *token = plain_token();
    oauth_error *refusal;
    fake.http_status = 401;
    fake.body = "<html>Unauthorized</html>";
    fake.headers = expired;
    refusal = refused_for(token, OAUTH_ERROR_PROVIDER);
    CHECK(oauth_error_provider_code(refusal) == OAUTH_PROVIDER_INVALID_TOKEN);
    CHECK_TEXT(oauth_error_provider_error(refusal), "invalid_token");
    CHECK_TEXT(oauth_error_provider_description(refusal), "AT/s3cret expired");
    CHECK(oauth_error_advice(refusal) == OAUTH_ADVICE_LOG_IN_AGAIN);
    CHECK_CONTAINS(oauth_error_message(refusal), "invalid_token");
    CHECK_LACKS(oauth_error_message(refusal), "s3cret");
    oauth_error_free(refusal);
    fake.http_status = 403;
    fake.headers = scope;
    refusal = refused_for(token, OAUTH_ERROR_PROVIDER);
    CHECK(oauth_error_provider_code(refusal) == OAUTH_PROVIDER_INSUFFICIENT_SCOPE);
    CHECK(oauth_error_advice(refusal) == OAUTH_ADVICE_FIX_REQUEST);
    oauth_error_free(refusal);
    fake.http_status = 401;
    fake.headers = silent;
    refusal = refused_for(token, OAUTH_ERROR_HTTP);
    CHECK(oauth_error_provider_code(refusal) == OAUTH_PROVIDER_UNKNOWN);
    oauth_error_free(refusal);
    /* An error in the body counts as everywhere. */
    fake.headers = NULL;
    fake.http_status = 400;
    fake.body = "{\"error\":\"invalid_request\"}";
    refusal = refused_for(token, OAUTH_ERROR_PROVIDER);
    CHECK(oauth_error_provider_code(refusal) == OAUTH_PROVIDER_INVALID_REQUEST);
    oauth_error_free(refusal);
    fake.http_status = 302;
    oauth_error_free(refused_for(token, OAUTH_ERROR_REDIRECT));
    fake.http_status = 0;
    oauth_token_free(token);
}

static void what_is_no_userinfo_is_refused(void) {
    const char *jwt[][2] = {{"Content-Type", "application/jwt"}, {NULL, NULL}};
    const char *bad[] = {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "", "[]", "<html></html>", "{\"sub\":\"s\",\"sub\":\"s\"}",
                         "{\"sub\":\"s\",\"x\":1,\"x\":1}", "{\"sub\":\"s\"", "{\"sub\":\"\xff\"}"};
    oauth_token *token = plain_token();
    size_t index;
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        fake.body = bad[index];
        fake.headers = index == 0 ? jwt : NULL;
        oauth_error *refusal = refused_for(token, OAUTH_ERROR_INVALID_RESPONSE);
        const char *message = oauth_error_message(refusal);
        CHECK((index == 0) == (strstr(message, "signed or encrypted (application/jwt)") != NULL));
        CHECK((index == 0) == (oauth_error_advice(refusal) == OAUTH_ADVICE_FIX_CONFIG));
        oauth_error_free(refusal);
    }
    fake.body = NULL;
    oauth_token_free(token);
}

#define REFUSED(call, name)                                     \
    do {                                                        \
        oauth_userinfo *userinfo = (oauth_userinfo *)&fake;     \
        CHECK_NAMES(call, OAUTH_ERROR_INVALID_ARGUMENT, name);  \
        CHECK(userinfo == NULL && fake.calls == 0);             \
    } while (0)

static void bad_arguments_are_named_and_nothing_is_sent(void) {
    oauth_request_options *options = oauth_request_options_new();
    oauth_token *token = plain_token(), *mac = NULL;
    CHECK_OK(oauth_token_new("AT", "N_A", NULL, NULL, -1, &mac, &error));
    oauth_request_options_add_header(options, "Host", "x");
    fake.calls = 0;
    REFUSED(oauth_request_userinfo(NULL, token, NULL, &userinfo, &error), "client ");
    REFUSED(oauth_request_userinfo(client, NULL, NULL, &userinfo, &error), "token ");
    REFUSED(oauth_request_userinfo(client, mac, NULL, &userinfo, &error), "token ");
    REFUSED(oauth_request_userinfo(client, token, options, &userinfo, &error), "options");
    CHECK_NAMES(oauth_request_userinfo(client, token, NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "userinfo ");
    CHECK(oauth_request_userinfo(NULL, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_userinfo_subject(NULL) == NULL);
    CHECK(oauth_userinfo_json(NULL) == NULL);
    oauth_userinfo_free(NULL);
    CHECK(fake.calls == 0);
    oauth_request_options_free(options);
    oauth_token_free(mac);
    oauth_token_free(token);
}

static void a_token_is_shown_to_its_own_issuer_only(void) {
    oauth_config *config = fake_config(&fake);
    oauth_token *token = identified(&fake, client, "alice");
    oauth_userinfo *userinfo = (oauth_userinfo *)&fake;
    oauth_client *other;
    unsigned calls = fake.calls;
    oauth_config_set_userinfo_endpoint(config, USERINFO);
    other = client_of_issuer(config, "https://other.example");
    CHECK_FAILS(oauth_request_userinfo(other, token, NULL, &userinfo, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "token came from another issuer");
    CHECK(userinfo == NULL && fake.calls == calls);
    oauth_token_free(token);
    oauth_client_free(other);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_userinfo_endpoint(config, USERINFO);
    client = client_of_issuer(config, ISSUER);
    claims_about_the_user();
    both_are_about_the_same_subject();
    a_refusal_says_why();
    what_is_no_userinfo_is_refused();
    bad_arguments_are_named_and_nothing_is_sent();
    a_token_is_shown_to_its_own_issuer_only();
    oauth_client_free(client);
    return 0;
}
