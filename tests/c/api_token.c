/* Tokens: made of values, saved and read back, and everything that an answer puts on them. */
#include "api_fake.h"
#include <time.h>

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static oauth_token *of_values(const char *token_type, const char *refresh_token, const char *scope, int64_t expires_at_s) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_token_new("AT", token_type, refresh_token, scope, expires_at_s, &token, &error));
    CHECK(token != NULL);
    return token;
}

static oauth_token *answered(const char *body) {
    oauth_token *token;
    fake.body = body;
    token = refreshed(client, "r");
    fake.body = NULL;
    return token;
}

static void plain_values(void) {
    oauth_token *token = of_values("bearer", "RT", "a\tb", 4102444800), *bare = of_values(NULL, NULL, NULL, -1);
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    CHECK_TEXT(oauth_token_type(token), "bearer");
    CHECK_TEXT(oauth_token_refresh_token(token), "RT");
    CHECK_TEXT(oauth_token_scope(token), "a\tb");
    CHECK(oauth_token_expires_at_s(token) == 4102444800);
    CHECK(oauth_token_refresh_token_expires_at_s(token) == -1 && oauth_token_refresh_token_expires_at_s(NULL) == -1);
    CHECK(oauth_token_expires_in_s(token) == -1);
    CHECK_TEXT(oauth_token_authorization(token), "Bearer AT");
    CHECK_TEXT(oauth_token_type(bare), NULL);
    CHECK_TEXT(oauth_token_refresh_token(bare), NULL);
    CHECK_TEXT(oauth_token_scope(bare), NULL);
    CHECK_TEXT(oauth_token_id_token(bare), NULL);
    CHECK(oauth_token_expires_at_s(bare) == -1);
    CHECK(!oauth_token_rotated(bare) && oauth_token_deviations(bare) == 0 && oauth_json_count(oauth_token_json(bare)) == 0);
    CHECK(oauth_token_response(bare) == NULL && oauth_token_response_json(bare) == NULL);
    oauth_token_free(token);
    oauth_token_free(bare);
    token = of_values(NULL, NULL, NULL, 0);
    CHECK(oauth_token_expires_at_s(token) == 0);
    oauth_token_free(token);
}

/* Refresh tokens that say when they expire; the saved token says it too. */
static void end_of_the_refresh_token(void) {
    int64_t before_s = (int64_t)time(NULL), end_s;
    oauth_token *token = answered("{\"access_token\":\"AT\",\"refresh_token\":\"RT\",\"refresh_token_expires_in\":600}"), *back = NULL;
    char *json = NULL;
    end_s = oauth_token_refresh_token_expires_at_s(token);
    CHECK(end_s >= before_s + 600 && end_s <= (int64_t)time(NULL) + 600);
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK_OK(oauth_token_from_json(json, &back, &error));
    CHECK(oauth_token_refresh_token_expires_at_s(back) == end_s);
    oauth_string_free(json);
    oauth_token_free(token);
    oauth_token_free(back);
}

static void bad_value(const char *access_token, const char *type, const char *refresh_token, const char *scope,
                      const char *name) {
    oauth_token *token = (oauth_token *)&fake;
    CHECK_NAMES(oauth_token_new(access_token, type, refresh_token, scope, -1, &token, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, name);
    CHECK(token == NULL);
}

static void bad_values_are_named(void) {
    const char *bad[] = {"", NOT_UTF8, "a\r\nX: y", "a\nb", "a\x01", "a\x7f"};
    size_t index;
    bad_value(NULL, "t", "r", "s", "access_token");
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        bad_value(bad[index], "t", "r", "s", "access_token");
        bad_value("a", bad[index], "r", "s", "token_type");
        bad_value("a", "t", bad[index], "s", "refresh_token");
    }
    bad_value("a", "t", "r", "", "scope");
    bad_value("a", "t", "r", NOT_UTF8, "scope");
    CHECK_NAMES(oauth_token_new("a", NULL, NULL, NULL, -1, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "token");
    CHECK(oauth_token_new(NULL, NULL, NULL, NULL, -1, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
}

static void nothing_of_nothing(void) {
    CHECK(oauth_token_ref(NULL) == NULL);
    CHECK(oauth_token_access_token(NULL) == NULL && oauth_token_type(NULL) == NULL);
    CHECK(oauth_token_expires_in_s(NULL) == -1 && oauth_token_expires_at_s(NULL) == -1);
    CHECK(oauth_token_scope(NULL) == NULL && oauth_token_refresh_token(NULL) == NULL);
    CHECK(oauth_token_id_token(NULL) == NULL && !oauth_token_rotated(NULL));
    CHECK(oauth_token_deviations(NULL) == 0 && oauth_json_count(oauth_token_json(NULL)) == 0);
    CHECK(oauth_json_name_at(oauth_token_json(NULL), 0) == NULL && oauth_json_text(oauth_token_json(NULL), "a") == NULL);
    CHECK(oauth_json_raw(oauth_token_json(NULL), "a") == NULL && oauth_token_authorization(NULL) == NULL);
    CHECK(oauth_token_expired(NULL, 0) && oauth_token_expired(NULL, INT64_MIN));
    CHECK(oauth_token_response(NULL) == NULL && oauth_token_response_json(NULL) == NULL);
    oauth_token_free(NULL);
    oauth_string_free(NULL);
}

static void members(void) {
    oauth_token *token = answered("{\"b\":\"t\\u00e9xt\",\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"a\":-1.50e3,"
                                  "\"id_token\":\"i.d.t\",\"n\":null,\"o\":{\"x\": [1]},\"l\":[ ],\"t\":true,"
                                  "\"z\":\"a\\u0000b\",\"b\":\"again\",\"scope\":\"s\",\"\":\"empty\"}");
    const char *names[] = {"b", "a", "o", "l", "t", "z", "b", ""};
    const oauth_json *json = oauth_token_json(token);
    size_t index, count = sizeof names / sizeof *names;
    CHECK(oauth_json_count(json) == count);
    for (index = 0; index < count; index++) {
        CHECK_TEXT(oauth_json_name_at(json, index), names[index]);
    }
    CHECK(oauth_json_name_at(json, count) == NULL && oauth_json_name_at(json, SIZE_MAX) == NULL);
    CHECK_TEXT(oauth_json_text(json, "b"), "t\xc3\xa9xt");
    CHECK_TEXT(oauth_json_raw(json, "b"), "\"t\\u00e9xt\"");
    CHECK_TEXT(oauth_json_text(json, "a"), "-1.50e3");
    CHECK_TEXT(oauth_json_text(json, "t"), "true");
    CHECK_TEXT(oauth_json_text(json, ""), "empty");
    CHECK_TEXT(oauth_json_text(json, "o"), NULL);
    CHECK_TEXT(oauth_json_raw(json, "o"), "{\"x\": [1]}");
    CHECK_TEXT(oauth_json_text(json, "l"), NULL);
    CHECK_TEXT(oauth_json_raw(json, "l"), "[ ]");
    CHECK_TEXT(oauth_json_text(json, "z"), NULL);
    CHECK_TEXT(oauth_json_raw(json, "z"), "\"a\\u0000b\"");
    CHECK((oauth_token_deviations(token) & OAUTH_DEVIATION_NUL_IN_VALUE) != 0);
    CHECK_TEXT(oauth_json_text(json, "n"), NULL);
    CHECK_TEXT(oauth_json_raw(json, "n"), NULL);
    CHECK_TEXT(oauth_json_text(json, "access_token"), NULL); /* has a getter of its own */
    CHECK_TEXT(oauth_json_text(json, NULL), NULL);
    CHECK_TEXT(oauth_json_raw(json, NULL), "{\"b\":\"t\\u00e9xt\",\"a\":-1.50e3,\"o\":{\"x\": [1]},\"l\":[ ],\"t\":true,"
                                           "\"z\":\"a\\u0000b\",\"b\":\"again\",\"\":\"empty\"}");
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(json, 6), NULL), "again");
    CHECK(oauth_json_number(oauth_json_item_at(oauth_json_object(oauth_json_item_at(json, 2), "x"), 0), NULL, 0) == 1);
    CHECK(json == oauth_token_json(token));
    CHECK_TEXT(oauth_json_text(json, NOT_UTF8), NULL);
    CHECK_TEXT(oauth_json_raw(json, NOT_UTF8), NULL);
    CHECK_TEXT(oauth_token_id_token(token), "i.d.t");
    CHECK_TEXT(oauth_token_scope(token), "s");
    oauth_token_free(token);
}

static void deviates(const char *body, oauth_deviations deviations) {
    oauth_token *token = answered(body);
    if (oauth_token_deviations(token) != deviations) {
        printf("%s: deviations 0x%x, not 0x%x\n", body, (unsigned)oauth_token_deviations(token), (unsigned)deviations);
        exit(1);
    }
    oauth_token_free(token);
}

#define ODD(members) "{\"access_token\":\"AT\",\"token_type\":\"Bearer\"" members "}"

static void deviations(void) {
    const char *text_html[][2] = {{"content-type", "text/html"}, {NULL, NULL}};
    deviates(ODD(""), 0);
    deviates("{\"access_token\":\"AT\"}", OAUTH_DEVIATION_TOKEN_TYPE_MISSING);
    deviates("{\"access_token\":\"AT\",\"token_type\":\"bot\"}", OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN);
    deviates(ODD(",\"expires_in\":\"60\""), OAUTH_DEVIATION_EXPIRES_IN_TYPE);
    deviates(ODD(",\"expires_in\":60.9"), OAUTH_DEVIATION_EXPIRES_IN_TYPE);
    deviates(ODD(",\"expires_in\":-1"), OAUTH_DEVIATION_EXPIRES_IN_INVALID);
    deviates(ODD(",\"scope\":[\"a\",\"b\"]"), OAUTH_DEVIATION_SCOPE_ARRAY);
    deviates(ODD(",\"refresh_token\":5"), OAUTH_DEVIATION_MEMBER_TYPE);
    deviates("\xef\xbb\xbf" ODD(""), OAUTH_DEVIATION_BYTE_ORDER_MARK);
    fake.headers = text_html;
    deviates(ODD(""), OAUTH_DEVIATION_CONTENT_TYPE);
    deviates("access_token=AT&token_type=Bearer", OAUTH_DEVIATION_FORM_ENCODED);
    fake.headers = NULL;
}

static void answers_in_other_shapes(void) {
    const char *form[][2] = {{"content-type", "application/x-www-form-urlencoded"}, {NULL, NULL}};
    oauth_token *token = answered(ODD(",\"scope\":[\"a\",\"b\"],\"expires_in\":60.9"));
    CHECK_TEXT(oauth_token_scope(token), "a b");
    CHECK(oauth_token_expires_in_s(token) == 60);
    oauth_token_free(token);
    token = answered(ODD(",\"expires_in\":99999999999999999999999"));
    CHECK(oauth_token_expires_in_s(token) == INT64_MAX && oauth_token_expires_at_s(token) == INT64_MAX);
    CHECK(!oauth_token_expired(token, 0));
    oauth_token_free(token);
    fake.headers = form;
    token = answered("access_token=A%2BT&token_type=bearer&expires_in=60&scope=a+b&x=%C3%A9");
    CHECK_TEXT(oauth_token_access_token(token), "A+T");
    CHECK_TEXT(oauth_token_scope(token), "a b");
    CHECK_TEXT(oauth_json_text(oauth_token_json(token), "x"), "\xc3\xa9");
    CHECK_TEXT(oauth_token_response_json(token), NULL);
    oauth_token_free(token);
    fake.headers = NULL;
}

static void lifetimes(void) {
    int64_t now = (int64_t)time(NULL);
    oauth_token *token = answered(ODD(",\"expires_in\":3600"));
    CHECK(oauth_token_expires_in_s(token) == 3600);
    CHECK(oauth_token_expires_at_s(token) >= now + 3599 && oauth_token_expires_at_s(token) <= now + 3660);
    CHECK(!oauth_token_expired(token, 0) && !oauth_token_expired(token, 3000));
    CHECK(oauth_token_expired(token, 3700) && oauth_token_expired(token, INT64_MAX));
    CHECK(!oauth_token_expired(token, INT64_MIN));
    oauth_token_free(token);
    token = of_values(NULL, NULL, NULL, now - 100);
    CHECK(oauth_token_expired(token, 0) && !oauth_token_expired(token, -1000));
    oauth_token_free(token);
    token = of_values(NULL, NULL, NULL, -1);
    CHECK(!oauth_token_expired(token, INT64_MAX));
    oauth_token_free(token);
}

static void authorizes(const char *type, const char *value) {
    oauth_token *token = of_values(type, NULL, NULL, -1), *other = oauth_token_ref(token);
    CHECK_TEXT(oauth_token_authorization(token), value);
    CHECK_TEXT(oauth_token_authorization(other), value);
    oauth_token_free(token);
    CHECK_TEXT(oauth_token_authorization(other), value);
    oauth_token_free(other);
}

int main(void) {
    client = fake_client(&fake);
    plain_values();
    end_of_the_refresh_token();
    bad_values_are_named();
    nothing_of_nothing();
    members();
    deviations();
    answers_in_other_shapes();
    lifetimes();
    authorizes(NULL, "Bearer AT");
    authorizes("bEARER", "Bearer AT");
    authorizes("dpop", NULL); /* goes with a proof */
    authorizes("bot", "Bearer AT");
    authorizes("mac", NULL);
    authorizes("N_A", NULL);
    oauth_client_free(client);
    return 0;
}
