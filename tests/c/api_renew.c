/* Refreshing a token with its own refresh token: what stays, whose ID token is believed, what a saved token keeps. */
#include "api_id_token.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static oauth_token *renewed(const oauth_token *before) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_renew_token(client, before, NULL, NULL, NULL, &token, &error));
    CHECK(token != NULL && token != before);
    return token;
}

static void what_is_sent(void) {
    oauth_token *before = NULL, *token = NULL;
    oauth_params *params = oauth_params_new();
    oauth_params_add(params, "resource", "r");
    CHECK_OK(oauth_token_new("AT0", NULL, "RT/+", "a b", 1, &before, &error));
    CHECK_OK(oauth_renew_token(client, before, "a", params, NULL, &token, &error));
    CHECK_WIRE(&fake, "POST " FAKE_ENDPOINT "\n");
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=RT%2F%2B&scope=a&resource=r");
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic Y2xpZW50OnMzY3IzdA==\n");
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    CHECK_TEXT(oauth_token_refresh_token(token), "RT/+");
    CHECK(!oauth_token_rotated(token));
    CHECK_TEXT(oauth_token_access_token(before), "AT0"); /* stays as it is */
    oauth_token_free(token);
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":\"second\"}";
    token = renewed(before);
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=RT%2F%2B");
    CHECK(oauth_token_rotated(token));
    CHECK_TEXT(oauth_token_refresh_token(token), "second");
    fake.body = NULL;
    oauth_token_free(token);
    oauth_token_free(before);
    oauth_params_free(params);
}

/* Takes the token; gives what is left of it once it was text. */
static oauth_token *saved_and_loaded(oauth_token *token) {
    char *json = NULL;
    oauth_token *loaded = NULL;
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK_CONTAINS(json, "\"issuer\":\"" ISSUER "\"");
    CHECK_OK(oauth_token_from_json(json, &loaded, &error));
    oauth_string_free(json);
    oauth_token_free(token);
    return loaded;
}

/* Who the user is survives refreshes without an ID token, and being saved. */
static void claims_stay(void) {
    oauth_token *token = identified(&fake, client, "alice"), *next;
    char *id_token = NULL;
    int rounds;
    id_token = malloc(strlen(oauth_token_id_token(token)) + 1);
    strcpy(id_token, oauth_token_id_token(token));
    for (rounds = 0; rounds < 2; rounds++) {
        token = saved_and_loaded(token);
        next = renewed(token);
        oauth_token_free(token);
        token = next;
        CHECK_TEXT(oauth_token_id_token(token), id_token);
        CHECK_TEXT(oauth_json_raw(oauth_token_claims(token), NULL), CLAIMS(ISSUER, "alice"));
    }
    free(id_token);
    /* A new ID token takes the place of the old one. */
    fake.body = answer_with_id_token("{\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":[\"client\"],\"exp\":4102444800,"
                                     "\"iat\":2,\"email\":\"a@b.example\"}", "");
    next = renewed(token);
    CHECK_TEXT(oauth_json_text(oauth_token_claims(next), "email"), "a@b.example");
    CHECK_TEXT(oauth_json_text(oauth_token_claims(token), "email"), NULL);
    fake.body = NULL;
    oauth_token_free(next);
    oauth_token_free(token);
}

/* OpenID Connect Core 12.2. The answer's own token is not handed out, and its response is there to be looked at. */
static void another_users_id_token_is_refused(void) {
    const char *others[] = {
        CLAIMS(ISSUER, "mallory"), CLAIMS("https://evil.example", "alice"), CLAIMS(ISSUER "/", "alice"),
        CLAIMS(ISSUER, ""),
        "{\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"other\",\"exp\":4102444800,\"iat\":1}",
        "{\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"client\",\"exp\":1,\"iat\":1}",
        "{\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"client\",\"exp\":4102444800,\"iat\":4102444800}",
        "{\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"client\",\"exp\":4102444800}", "[]", "{}", "",
    };
    oauth_token *before = saved_and_loaded(identified(&fake, client, "alice"));
    size_t index;
    for (index = 0; index < sizeof others / sizeof *others; index++) {
        oauth_token *token = (oauth_token *)&fake;
        fake.body = answer_with_id_token(others[index], ",\"refresh_token\":\"RT2\"");
        CHECK(oauth_renew_token(client, before, NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_ID_TOKEN);
        CHECK(token == NULL && oauth_error_request_sent(error));
        CHECK_CONTAINS(oauth_error_message(error), "the ID token ");
        CHECK(oauth_response_body(oauth_error_response(error), NULL) != NULL);
        oauth_error_free(error);
        error = NULL;
    }
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"id_token\":\"no.jwt\"}";
    {
        oauth_token *token = (oauth_token *)&fake;
        CHECK_FAILS(oauth_renew_token(client, before, NULL, NULL, NULL, &token, &error), OAUTH_ERROR_ID_TOKEN, "JWT");
        CHECK(token == NULL);
    }
    fake.body = NULL;
    oauth_token_free(before);
}

/* Only what was checked is a claim. */
static void an_unchecked_id_token_has_no_claims(void) {
    oauth_client *without_issuer = fake_client(&fake);
    oauth_token *token = NULL;
    CHECK(oauth_token_claims(NULL) == NULL);
    fake.body = answer_with_id_token(CLAIMS(ISSUER, "alice"), "");
    CHECK_OK(oauth_request_password(without_issuer, "u", "p", NULL, NULL, NULL, &token, &error));
    CHECK(oauth_token_id_token(token) != NULL && oauth_token_claims(token) == NULL);
    oauth_token_free(token);
    /* The program began this log-in itself, and alone knows its nonce. */
    CHECK_OK(oauth_request_token(client, NULL, "c", NULL, NULL, NULL, &token, &error));
    CHECK(oauth_token_id_token(token) != NULL && oauth_token_claims(token) == NULL);
    oauth_token_free(token);
    fake.body = answer_with_id_token(CLAIMS(ISSUER, "bob"), "");
    CHECK_OK(oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_json_text(oauth_token_claims(token), "sub"), "bob");
    fake.body = NULL;
    oauth_token_free(token);
    oauth_client_free(without_issuer);
}

static void a_token_goes_to_its_own_issuer_only(void) {
    oauth_client *other = client_of_issuer(fake_config(&fake), "https://other.example"), *without = fake_client(&fake);
    oauth_token *before = saved_and_loaded(identified(&fake, client, "alice")), *token = (oauth_token *)&fake;
    unsigned calls = fake.calls;
    CHECK_FAILS(oauth_renew_token(other, before, NULL, NULL, NULL, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "before came from another issuer");
    CHECK(token == NULL && fake.calls == calls);
    /* A client that knows no issuer learns it from the claims before. */
    fake.body = answer_with_id_token(CLAIMS(ISSUER, "mallory"), "");
    CHECK_FAILS(oauth_renew_token(without, before, NULL, NULL, NULL, &token, &error), OAUTH_ERROR_ID_TOKEN, "subject");
    fake.body = answer_with_id_token(CLAIMS(ISSUER, "alice"), "");
    CHECK_OK(oauth_renew_token(without, before, NULL, NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_json_text(oauth_token_claims(token), "sub"), "alice");
    fake.body = NULL;
    oauth_token_free(token);
    oauth_token_free(before);
    oauth_client_free(without);
    oauth_client_free(other);
}

static void the_server_says_no(void) {
    const int32_t statuses[] = {400, 401};
    oauth_token *before = identified(&fake, client, "alice");
    int which;
    fake.body = "{\"error\":\"invalid_grant\"}";
    for (which = 0; which < 2; which++) {
        oauth_token *token = (oauth_token *)&fake;
        fake.http_status = statuses[which];
        CHECK_FAILS(oauth_renew_token(client, before, NULL, NULL, NULL, &token, &error), OAUTH_ERROR_PROVIDER,
                    "invalid_grant");
        CHECK(token == NULL);
    }
    CHECK_TEXT(oauth_token_refresh_token(before), "RT");
    fake.body = NULL;
    fake.http_status = 0;
    oauth_token_free(before);
}

/* A refresh token goes out once, whatever the retry policy says. */
static void a_refresh_token_is_not_sent_again(void) {
    oauth_request_options *options = oauth_request_options_new();
    oauth_token *before = identified(&fake, client, "alice"), *token = NULL;
    oauth_request_options_set_retry_policy(options, 2, 1, true);
    fake.http_status = 503;
    fake.calls = 0;
    CHECK_FAILS(oauth_renew_token(client, before, NULL, NULL, options, &token, &error), OAUTH_ERROR_HTTP, "503");
    CHECK(fake.calls == 1);
    fake.http_status = 0;
    oauth_token_free(before);
    oauth_request_options_free(options);
}

#define REFUSED(call, name)                                    \
    do {                                                       \
        oauth_token *token = (oauth_token *)&fake;             \
        CHECK_NAMES(call, OAUTH_ERROR_INVALID_ARGUMENT, name); \
        CHECK(token == NULL && fake.calls == 0);               \
    } while (0)

static void bad_arguments_are_named_and_nothing_is_sent(void) {
    const char *own[] = {"refresh_token", "grant_type", "code_verifier"};
    oauth_token *before = identified(&fake, client, "alice"), *bare = NULL;
    oauth_request_options *options = oauth_request_options_new();
    size_t index;
    CHECK_OK(oauth_token_new("AT", NULL, NULL, NULL, -1, &bare, &error));
    oauth_request_options_set_timeout_ms(options, 0);
    fake.calls = 0;
    REFUSED(oauth_renew_token(NULL, before, NULL, NULL, NULL, &token, &error), "client ");
    REFUSED(oauth_renew_token(client, NULL, NULL, NULL, NULL, &token, &error), "before ");
    REFUSED(oauth_renew_token(client, bare, NULL, NULL, NULL, &token, &error), "before has no refresh token");
    REFUSED(oauth_renew_token(client, before, NOT_UTF8, NULL, NULL, &token, &error), "scope ");
    REFUSED(oauth_renew_token(client, before, "a\nb", NULL, NULL, &token, &error), "scope ");
    REFUSED(oauth_renew_token(client, before, NULL, NULL, options, &token, &error), "options");
    CHECK_NAMES(oauth_renew_token(client, before, NULL, NULL, NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "token ");
    CHECK(oauth_renew_token(NULL, NULL, NULL, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    for (index = 0; index < sizeof own / sizeof *own; index++) {
        oauth_params *params = oauth_params_new();
        oauth_params_set(params, own[index], "v");
        REFUSED(oauth_renew_token(client, before, NULL, params, NULL, &token, &error), "field_parameters may not hold");
        oauth_params_free(params);
    }
    CHECK(fake.calls == 0);
    oauth_request_options_free(options);
    oauth_token_free(bare);
    oauth_token_free(before);
}

int main(void) {
    client = client_of_issuer(fake_config(&fake), ISSUER);
    what_is_sent();
    claims_stay();
    another_users_id_token_is_refused();
    an_unchecked_id_token_has_no_claims();
    a_token_goes_to_its_own_issuer_only();
    the_server_says_no();
    a_refresh_token_is_not_sent_again();
    bad_arguments_are_named_and_nothing_is_sent();
    oauth_client_free(client);
    return 0;
}
