/* A server's JSON, member by member and down into it: every type, what is absent, NULL and bad names. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;

#define OBJECT                                                                                                         \
    "{\"active\":true,\"sub\":\"s\\u00e9\\n\",\"empty\":\"\",\"exp\":1700000100,\"float\":-1.9,\"big\":1e300,"          \
    "\"digits\":\"12\",\"none\":null,\"yes\":true,\"aud\":[\"a\",1,\"b\\u0000\",\"\",null,\"\\u0063\"],\"no\":[],"      \
    "\"nested\":{ \"a\": [1] },\"nul\":\"a\\u0000b\",\"\xc3\xa9\":\"name\"}"

static void every_type(const oauth_json *json) {
    const struct {
        const char *name, *text, *raw;
        int64_t number;
        size_t items;
    } table[] = {
        {"active", "true", "true", -7, 0},
        {"sub", "s\xc3\xa9\n", "\"s\\u00e9\\n\"", -7, 1},
        {"empty", "", "\"\"", -7, 1},
        {"exp", "1700000100", "1700000100", 1700000100, 0},
        {"float", "-1.9", "-1.9", -1, 0},
        {"big", "1e300", "1e300", INT64_MAX, 0},
        {"digits", "12", "\"12\"", -7, 1},
        {"none", NULL, NULL, -7, 0},
        {"aud", NULL, "[\"a\",1,\"b\\u0000\",\"\",null,\"\\u0063\"]", -7, 3},
        {"no", NULL, "[]", -7, 0},
        {"nested", NULL, "{ \"a\": [1] }", -7, 0},
        {"nul", NULL, "\"a\\u0000b\"", -7, 0},
        {"\xc3\xa9", "name", "\"name\"", -7, 1},
        {"missing", NULL, NULL, -7, 0},
        {"Sub", NULL, NULL, -7, 0},
        {"", NULL, NULL, -7, 0},
        {NOT_UTF8, NULL, NULL, -7, 0},
        {NULL, NULL, OBJECT, -7, 0}, /* the object itself */
    };
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        const char *name = table[index].name;
        CHECK_TEXT(oauth_json_text(json, name), table[index].text);
        CHECK_TEXT(oauth_json_raw(json, name), table[index].raw);
        CHECK(oauth_json_number(json, name, -7) == table[index].number);
        CHECK(oauth_json_string_count(json, name) == table[index].items);
        CHECK(oauth_json_string_at(json, name, table[index].items) == NULL);
        CHECK(oauth_json_string_at(json, name, SIZE_MAX) == NULL);
    }
    CHECK_TEXT(oauth_json_string_at(json, "aud", 0), "a");
    CHECK_TEXT(oauth_json_string_at(json, "aud", 1), "");
    CHECK_TEXT(oauth_json_string_at(json, "aud", 2), "c");
    CHECK_TEXT(oauth_json_string_at(json, "sub", 0), "s\xc3\xa9\n");
    CHECK_TEXT(oauth_json_raw(json, NULL), OBJECT);
}

/* By index, from the object to the last of what it holds. */
static void walked(const oauth_json *json) {
    const oauth_json *aud = oauth_json_object(json, "aud"), *nested = oauth_json_object(json, "nested"), *inner;
    CHECK(oauth_json_count(json) == 13); /* null is absent */
    CHECK_TEXT(oauth_json_name_at(json, 0), "active");
    CHECK_TEXT(oauth_json_name_at(json, 8), "aud");
    CHECK_TEXT(oauth_json_name_at(json, 12), "\xc3\xa9");
    CHECK(oauth_json_name_at(json, 13) == NULL && oauth_json_name_at(json, SIZE_MAX) == NULL);
    CHECK(oauth_json_item_at(json, 13) == NULL && oauth_json_item_at(json, 8) == aud);
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(json, 1), NULL), "s\xc3\xa9\n");
    CHECK(oauth_json_number(oauth_json_item_at(json, 3), NULL, -7) == 1700000100);
    CHECK(oauth_json_count(aud) == 6 && oauth_json_name_at(aud, 0) == NULL && oauth_json_item_at(aud, 6) == NULL);
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(aud, 0), NULL), "a");
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(aud, 1), NULL), "1");
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(aud, 4), NULL), NULL);
    CHECK_TEXT(oauth_json_raw(oauth_json_item_at(aud, 4), NULL), "null"); /* in an array it has its place */
    CHECK(oauth_json_string_count(aud, NULL) == 3 && oauth_json_text(aud, "a") == NULL);
    inner = oauth_json_object(nested, "a");
    CHECK(oauth_json_count(nested) == 1 && oauth_json_count(inner) == 1);
    CHECK(oauth_json_number(oauth_json_item_at(inner, 0), NULL, -7) == 1);
    CHECK(oauth_json_count(oauth_json_item_at(inner, 0)) == 0 && oauth_json_item_at(oauth_json_item_at(inner, 0), 0) == NULL);
    CHECK(oauth_json_count(oauth_json_object(json, "no")) == 0 && oauth_json_object(json, "no") != NULL);
    CHECK(oauth_json_object(json, "sub") == NULL && oauth_json_object(json, "missing") == NULL);
    CHECK(oauth_json_object(json, NULL) == NULL && oauth_json_object(json, NOT_UTF8) == NULL);
}

static void null_holds_nothing(void) {
    CHECK(oauth_json_object(NULL, "a") == NULL && oauth_json_count(NULL) == 0);
    CHECK(oauth_json_name_at(NULL, 0) == NULL && oauth_json_item_at(NULL, 0) == NULL);
    CHECK(oauth_json_raw(NULL, NULL) == NULL);
    CHECK(oauth_json_text(NULL, "a") == NULL);
    CHECK(oauth_json_raw(NULL, "a") == NULL);
    CHECK(oauth_json_number(NULL, "a", INT64_MIN) == INT64_MIN);
    CHECK(oauth_json_string_count(NULL, "a") == 0);
    CHECK(oauth_json_string_at(NULL, "a", 0) == NULL);
}

/* A server may nest as deep as it likes. What is walked is bounded, and freed on a small stack. */
static void deep_values(const oauth_client *client) {
    enum { DEEP = 20000 };
    static char body[2 * DEEP + 64];
    oauth_introspection *introspection = NULL;
    const oauth_json *json;
    size_t length, depth;
    length = (size_t)sprintf(body, "{\"active\":true,\"d\":");
    memset(body + length, '[', DEEP);
    body[length + DEEP] = '1';
    memset(body + length + DEEP + 1, ']', DEEP);
    strcpy(body + length + 2 * DEEP + 1, "}");
    fake.body = body;
    CHECK_OK(oauth_introspect(client, "t", NULL, NULL, &introspection, &error));
    json = oauth_json_object(oauth_introspection_json(introspection), "d");
    for (depth = 1; oauth_json_count(json) == 1; depth++) {
        json = oauth_json_item_at(json, 0);
    }
    CHECK(depth == 32 && strlen(oauth_json_raw(json, NULL)) == 2 * (DEEP - depth + 1) + 1);
    oauth_introspection_free(introspection);
}

/* A text of the program, with a value of any type. */
static void a_text_is_read(void) {
    const char *bad[] = {"", "{", "{}x", "nul", NOT_UTF8};
    oauth_json *json = (oauth_json *)&fake;
    size_t index;
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        CHECK_NAMES(oauth_json_from_text(bad[index], &json, &error), OAUTH_ERROR_INVALID_ARGUMENT, "text");
        CHECK(json == NULL);
    }
    CHECK_NAMES(oauth_json_from_text(NULL, &json, &error), OAUTH_ERROR_INVALID_ARGUMENT, "text is NULL");
    CHECK_NAMES(oauth_json_from_text("{}", NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "json");
    CHECK(oauth_json_from_text(NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(oauth_json_from_text(" {\"a\":[{\"b\":7}]} ", &json, &error));
    CHECK(oauth_json_number(oauth_json_item_at(oauth_json_object(json, "a"), 0), "b", -1) == 7);
    oauth_json_free(json);
    CHECK_OK(oauth_json_from_text("\"x\"", &json, &error));
    CHECK_TEXT(oauth_json_text(json, NULL), "x");
    oauth_json_free(json);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_client *client;
    oauth_introspection *introspection = NULL;
    const oauth_json *json;
    oauth_config_set_introspection_endpoint(config, "https://as.example/introspect");
    client = client_of(config);
    deep_values(client);
    fake.body = OBJECT;
    CHECK_OK(oauth_introspect(client, "t", NULL, NULL, &introspection, &error));
    oauth_client_free(client); /* they live as long as their own handle */
    json = oauth_introspection_json(introspection);
    CHECK(json == oauth_introspection_json(introspection));
    every_type(json);
    walked(json);
    null_holds_nothing();
    a_text_is_read();
    oauth_introspection_free(introspection);
    return 0;
}
