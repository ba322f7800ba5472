/* A server's JSON object, member by member: every type, what is absent, NULL and bad names. */
#include "api_fake.h"

static oauth_error *error;
static struct fake fake;

#define OBJECT                                                                                                         \
    "{\"active\":true,\"sub\":\"s\\u00e9\\n\",\"empty\":\"\",\"exp\":1700000100,\"float\":-1.9,\"big\":1e300,"          \
    "\"digits\":\"12\",\"none\":null,\"yes\":true,\"aud\":[\"a\",1,\"b\\u0000\",\"\",null,\"\\u0063\"],\"no\":[],"      \
    "\"nested\":{ \"a\": [1] },\"nul\":\"a\\u0000b\",\"\xc3\xa9\":\"name\"}"

static void every_type(const oauth_members *members) {
    const struct {
        const char *name, *text, *json;
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
        {NULL, NULL, NULL, -7, 0},
    };
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        const char *name = table[index].name;
        CHECK_TEXT(oauth_members_text(members, name), table[index].text);
        CHECK_TEXT(oauth_members_member_json(members, name), table[index].json);
        CHECK(oauth_members_number(members, name, -7) == table[index].number);
        CHECK(oauth_members_item_count(members, name) == table[index].items);
        CHECK(oauth_members_item_at(members, name, table[index].items) == NULL);
        CHECK(oauth_members_item_at(members, name, SIZE_MAX) == NULL);
    }
    CHECK_TEXT(oauth_members_item_at(members, "aud", 0), "a");
    CHECK_TEXT(oauth_members_item_at(members, "aud", 1), "");
    CHECK_TEXT(oauth_members_item_at(members, "aud", 2), "c");
    CHECK_TEXT(oauth_members_item_at(members, "sub", 0), "s\xc3\xa9\n");
    CHECK_TEXT(oauth_members_json(members), OBJECT);
}

static void null_members_hold_nothing(void) {
    CHECK(oauth_members_json(NULL) == NULL);
    CHECK(oauth_members_text(NULL, "a") == NULL);
    CHECK(oauth_members_member_json(NULL, "a") == NULL);
    CHECK(oauth_members_number(NULL, "a", INT64_MIN) == INT64_MIN);
    CHECK(oauth_members_item_count(NULL, "a") == 0);
    CHECK(oauth_members_item_at(NULL, "a", 0) == NULL);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    oauth_client *client;
    oauth_introspection *introspection = NULL;
    const oauth_members *members;
    oauth_config_set_introspection_endpoint(config, "https://as.example/introspect");
    client = client_of(config);
    fake.body = OBJECT;
    CHECK_OK(oauth_introspect(client, "t", NULL, NULL, &introspection, &error));
    oauth_client_free(client); /* they live as long as their own handle */
    members = oauth_introspection_members(introspection);
    CHECK(members == oauth_introspection_members(introspection));
    every_type(members);
    null_members_hold_nothing();
    oauth_introspection_free(introspection);
    return 0;
}
