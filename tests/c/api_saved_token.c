/* Tokens as text: a refresh token survives refresh, save and load; damaged text is refused. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static char *saved(const oauth_token *token) {
    char *json = NULL;
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK(json != NULL);
    return json;
}

/* Takes the text. */
static oauth_token *loaded(char *json) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_token_from_json(json, &token, &error));
    CHECK(token != NULL);
    oauth_string_free(json);
    return token;
}

static void everything_comes_back(void) {
    oauth_token *token, *back;
    char *json, *again;
    fake.body = "{\"access_token\":\"A\\\"T\",\"token_type\":\"bot\",\"expires_in\":\"60\",\"refresh_token\":\"R\\\\T\","
                "\"scope\":\"a b\",\"id_token\":\"i.d.t\",\"x\":{\"y\": [1]},\"n\":5}";
    token = refreshed(client, "r");
    fake.body = NULL;
    json = saved(token);
    back = loaded(saved(token));
    again = saved(back);
    CHECK_TEXT(again, json);
    CHECK_TEXT(oauth_token_access_token(back), "A\"T");
    CHECK_TEXT(oauth_token_type(back), "bot");
    CHECK_TEXT(oauth_token_refresh_token(back), "R\\T");
    CHECK_TEXT(oauth_token_scope(back), "a b");
    CHECK_TEXT(oauth_token_id_token(back), "i.d.t");
    CHECK_TEXT(oauth_json_raw(oauth_token_json(back), "x"), "{\"y\": [1]}");
    CHECK_TEXT(oauth_json_text(oauth_token_json(back), "n"), "5");
    CHECK(oauth_token_expires_at_s(back) == oauth_token_expires_at_s(token));
    CHECK(oauth_token_deviations(back) == oauth_token_deviations(token));
    CHECK(oauth_token_response(back) == NULL && oauth_token_response_json(back) == NULL);
    oauth_string_free(json);
    oauth_string_free(again);
    oauth_token_free(token);
    oauth_token_free(back);
}

/* A server that does not rotate: the first refresh token is there after any number of rounds. */
static void a_refresh_token_is_never_lost(void) {
    oauth_token *token = NULL, *next;
    int rounds;
    CHECK_OK(oauth_token_new("AT0", "Bearer", "first/RT", NULL, -1, &token, &error));
    for (rounds = 0; rounds < 3; rounds++) {
        next = loaded(saved(token));
        oauth_token_free(token);
        token = next;
        CHECK_TEXT(oauth_token_refresh_token(token), "first/RT");
        next = refreshed(client, oauth_token_refresh_token(token));
        CHECK_CONTAINS(fake.body_seen, "refresh_token=first%2FRT");
        CHECK(!oauth_token_rotated(next));
        oauth_token_free(token);
        token = next;
    }
    /* The server sends the same one, then another. */
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":\"first/RT\"}";
    next = refreshed(client, oauth_token_refresh_token(token));
    CHECK(!oauth_token_rotated(next));
    CHECK_TEXT(oauth_token_refresh_token(next), "first/RT");
    oauth_token_free(token);
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":\"second\"}";
    token = refreshed(client, oauth_token_refresh_token(next));
    CHECK(oauth_token_rotated(token));
    CHECK_TEXT(oauth_token_refresh_token(token), "second");
    oauth_token_free(next);
    /* null and empty are no refresh token. */
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":null}";
    next = refreshed(client, oauth_token_refresh_token(token));
    CHECK_TEXT(oauth_token_refresh_token(next), "second");
    oauth_token_free(token);
    fake.body = "{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":\"\"}";
    token = refreshed(client, oauth_token_refresh_token(next));
    CHECK_TEXT(oauth_token_refresh_token(token), "second");
    CHECK(!oauth_token_rotated(token));
    oauth_token_free(next);
    next = loaded(saved(token));
    CHECK_TEXT(oauth_token_refresh_token(next), "second");
    oauth_token_free(token);
    oauth_token_free(next);
    fake.body = NULL;
}

/* A code's token has only what the server sent. */
static void a_code_is_no_refresh_token(void) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_request_token(client, NULL, "c", NULL, NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_token_refresh_token(token), NULL);
    CHECK(!oauth_token_rotated(token));
    oauth_token_free(token);
}

static void text_refused(const char *json) {
    oauth_token *token = (oauth_token *)&fake;
    CHECK_NAMES(oauth_token_from_json(json, &token, &error), OAUTH_ERROR_INVALID_ARGUMENT, "json");
    CHECK(token == NULL);
}

static void bad_arguments(void) {
    oauth_token *token = refreshed(client, "r");
    char *json = (char *)&fake;
    CHECK_NAMES(oauth_token_to_json(NULL, &json, &error), OAUTH_ERROR_INVALID_ARGUMENT, "token");
    CHECK(json == NULL);
    CHECK_NAMES(oauth_token_to_json(token, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "json");
    json = (char *)&fake;
    CHECK(oauth_token_to_json(NULL, &json, NULL) == OAUTH_ERROR_INVALID_ARGUMENT && json == NULL);
    CHECK(oauth_token_to_json(token, &json, NULL) == OAUTH_OK);
    CHECK_NAMES(oauth_token_from_json(json, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "token");
    oauth_token_free(token);
    CHECK(oauth_token_from_json(json, &token, NULL) == OAUTH_OK);
    oauth_token_free(token);
    CHECK(oauth_token_from_json(NULL, &token, NULL) == OAUTH_ERROR_INVALID_ARGUMENT && token == NULL);
    /* Every truncation of it. */
    while (strlen(json) > 0) {
        json[strlen(json) - 1] = '\0';
        text_refused(json);
    }
    oauth_string_free(json);
    text_refused(NULL);
    text_refused("");
    text_refused(NOT_UTF8);
    text_refused("{}");
    text_refused("[]");
    text_refused("{\"access_token\":\"AT\"}");
    text_refused("{\"oauthclient_token\":2}");
    text_refused("{\"oauthclient_token\":2,\"access_token\":\"\"}");
    text_refused("{\"oauthclient_token\":2,\"access_token\":\"a\\r\\nb\"}");
    text_refused("{\"oauthclient_token\":3,\"access_token\":\"AT\"}");
    text_refused("{\"oauthclient_token\":2,\"access_token\":\"AT\"} x");
    text_refused("{\"oauthclient_token\":2,\"access_token\":\"AT\",\"refresh_token\":5}");
}

int main(void) {
    client = fake_client(&fake);
    everything_comes_back();
    a_refresh_token_is_never_lost();
    a_code_is_no_refresh_token();
    bad_arguments();
    oauth_client_free(client);
    return 0;
}
