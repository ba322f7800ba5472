/* Extra form fields: set and add, their order, the names that are protected, and every bad one, by name. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

/* What a code, or a refresh token, is sent with. Frees the list. */
static const char *code_form(oauth_params *params) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_request_token(client, "H", "c", "https://app.example/", params, NULL, &token, &error));
    oauth_token_free(token);
    oauth_params_free(params);
    return fake.body_seen;
}

static const char *refresh_form(oauth_params *params, const char *header) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_refresh_token(client, header, "r", "x", params, NULL, &token, &error));
    oauth_token_free(token);
    oauth_params_free(params);
    return fake.body_seen;
}

static void fields_come_in_order(void) {
    oauth_params *params = oauth_params_new();
    CHECK(params != NULL);
    oauth_params_add(params, "resource", "https://a.example/");
    oauth_params_add(params, "resource", "https://b.example/?x=1&y");
    oauth_params_add(params, "audience", "");
    oauth_params_add(params, "\xc3\xa9 &=", "\r\n");
    CHECK_TEXT(code_form(params),
               "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2F"
               "&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F%3Fx%3D1%26y"
               "&audience=&%C3%A9+%26%3D=%0D%0A");
}

static void set_replaces_where_add_repeats(void) {
    oauth_params *params = oauth_params_new();
    oauth_params_set(params, "scope", "s");
    oauth_params_set(params, "redirect_uri", "u");
    CHECK_TEXT(code_form(params), "grant_type=authorization_code&code=c&redirect_uri=u&scope=s");
    params = oauth_params_new();
    oauth_params_set(params, "scope", "s");
    oauth_params_set(params, "client_id", "other");
    CHECK_TEXT(refresh_form(params, NULL), "grant_type=refresh_token&refresh_token=r&scope=s&client_id=other");
    params = oauth_params_new();
    oauth_params_add(params, "scope", "s");
    CHECK_TEXT(refresh_form(params, "H"), "grant_type=refresh_token&refresh_token=r&scope=x&scope=s");
    params = oauth_params_new();
    oauth_params_add(params, "a", "1");
    oauth_params_add(params, "b", "2");
    oauth_params_add(params, "a", "3");
    oauth_params_set(params, "a", "4");
    CHECK_TEXT(refresh_form(params, "H"), "grant_type=refresh_token&refresh_token=r&scope=x&a=4&b=2");
}

/* One list serves many calls, and the list is the program's to change between them. */
static void a_list_can_be_used_again(void) {
    oauth_params *params = oauth_params_new();
    oauth_token *token = NULL;
    int times;
    oauth_params_add(params, "a", "1");
    for (times = 0; times < 2; times++) {
        CHECK_OK(oauth_refresh_token(client, "H", "r", NULL, params, NULL, &token, &error));
        oauth_token_free(token);
        CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=r&a=1");
    }
    oauth_params_set(params, "a", "2");
    CHECK_TEXT(refresh_form(params, "H"), "grant_type=refresh_token&refresh_token=r&scope=x&a=2");
}

static void a_code_verifier_is_taken_once(void) {
    oauth_params *params = oauth_params_new();
    oauth_params_set(params, "code_verifier", "v");
    CHECK_TEXT(code_form(params),
               "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2F&code_verifier=v");
}

/* Refused by both calls, unless it is the argument of one only; nothing is sent. Frees the list. */
static void is_refused(oauth_params *params, const char *named, bool by_code, bool by_refresh) {
    oauth_token *token = NULL;
    unsigned calls = fake.calls;
    if (by_code) {
        token = (oauth_token *)&fake;
        CHECK_NAMES(oauth_request_token(client, NULL, "c", NULL, params, NULL, &token, &error),
                    OAUTH_ERROR_INVALID_ARGUMENT, "field_parameters");
        CHECK(token == NULL);
        CHECK_FAILS(oauth_request_token(client, NULL, "c", NULL, params, NULL, &token, &error),
                    OAUTH_ERROR_INVALID_ARGUMENT, named);
    }
    if (by_refresh) {
        token = (oauth_token *)&fake;
        CHECK_NAMES(oauth_refresh_token(client, NULL, "r", NULL, params, NULL, &token, &error),
                    OAUTH_ERROR_INVALID_ARGUMENT, "field_parameters");
        CHECK(token == NULL);
        CHECK_FAILS(oauth_refresh_token(client, NULL, "r", NULL, params, NULL, &token, &error),
                    OAUTH_ERROR_INVALID_ARGUMENT, named);
    }
    CHECK(fake.calls == calls);
    oauth_params_free(params);
}

static oauth_params *with(void (*put)(oauth_params *, const char *, const char *), const char *name,
                          const char *value) {
    oauth_params *params = oauth_params_new();
    put(params, name, value);
    return params;
}

static void bad_fields_are_refused(void) {
    const char *everywhere[] = {"grant_type", "response_type", "state", "nonce", "code_challenge",
                                "code_challenge_method"};
    void (*puts[2])(oauth_params *, const char *, const char *) = {oauth_params_set, oauth_params_add};
    oauth_params *params;
    size_t index, put;
    for (put = 0; put < 2; put++) {
        for (index = 0; index < sizeof everywhere / sizeof *everywhere; index++) {
            is_refused(with(puts[put], everywhere[index], "v"), everywhere[index], true, true);
        }
        is_refused(with(puts[put], "code", "v"), "code", true, false);
        is_refused(with(puts[put], "refresh_token", "v"), "refresh_token", false, true);
        is_refused(with(puts[put], "code_verifier", "v"), "code_verifier", false, true);
        is_refused(with(puts[put], NULL, "v"), "NULL name", true, true);
        is_refused(with(puts[put], NULL, NULL), "NULL name", true, true);
        is_refused(with(puts[put], "field", NULL), "field", true, true);
        is_refused(with(puts[put], NOT_UTF8, "v"), "UTF-8", true, true);
        is_refused(with(puts[put], "field", NOT_UTF8), "field", true, true);
        is_refused(with(puts[put], "", "v"), "empty name", true, true);
    }
    params = with(oauth_params_add, "code_verifier", "v");
    oauth_params_add(params, "code_verifier", "w");
    is_refused(params, "code_verifier", true, false);
    params = with(oauth_params_add, "first", NULL);
    oauth_params_add(params, "second", NULL);
    oauth_params_add(params, "good", "v");
    is_refused(params, "first", true, true);
}

/* A name that the program gave goes into the message, which stays one bounded line all the same. */
static void any_name_fits_a_message(void) {
    static char name[2000];
    memset(name, 'n', sizeof name - 1);
    is_refused(with(oauth_params_set, name, NULL), "nnnn", true, true);
    is_refused(with(oauth_params_set, "na\r\nme\x1b", NULL), "na", true, true);
    is_refused(with(oauth_params_add, "code_challenge\r\nX", "v"), "code_challenge", true, true);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_config_set_client(config, "public", NULL);
    client = client_of(config);
    fields_come_in_order();
    set_replaces_where_add_repeats();
    a_list_can_be_used_again();
    a_code_verifier_is_taken_once();
    bad_fields_are_refused();
    any_name_fits_a_message();
    oauth_params_set(NULL, "a", "b");
    oauth_params_add(NULL, "a", "b");
    oauth_params_free(NULL);
    oauth_client_free(client);
    return 0;
}
