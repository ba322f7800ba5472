/* What a store keeps: of whom, and until when. */
#include "api_shelf.h"
#include <glob.h>
#include <unistd.h>

/* The whole answer as text; its members are sorted by key. */
static void keeps(const oauth_store *store, const char *expected) {
    oauth_json *keys = NULL;
    CHECK_OK(oauth_store_keys(store, &keys, &error));
    CHECK_TEXT(oauth_json_raw(keys, NULL), expected);
    oauth_json_free(keys);
}

#define WHOSE(key) "{\"key\":\"" key "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"client_id\":\"client\""

static void what_is_kept(const oauth_store *store) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_session *session = opened(store, "b", NULL), *machine;
    oauth_token *token = NULL;
    oauth_json *keys = NULL;
    keeps(store, "[]");
    CHECK_OK(oauth_token_new("s3cret-AT", "Bearer", "s3cret-RT", NULL, 4102444800, &token, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    keeps(store, "[" WHOSE("b") ",\"expires_at_s\":4102444800,\"login_required\":false}]");
    oauth_session_options_set_client_credentials(options, true);
    oauth_session_options_set_scope(options, "x a");
    machine = opened(store, "a", options);
    server_says(200, "{\"access_token\":\"s3cret-AT\"}");
    CHECK_OK(ask(machine, NULL));
    keeps(store, "[" WHOSE("a") ",\"scope\":\"a x\",\"resource\":[],\"audience\":[],\"login_required\":false},"
                 WHOSE("b") ",\"expires_at_s\":4102444800,\"login_required\":false}]");
    /* A login that is over, and each part by its name. */
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    server_says(400, "{\"error\":\"invalid_grant\",\"error_description\":\"no s3cret-RT\"}");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "invalid_grant");
    CHECK_OK(oauth_store_keys(store, &keys, &error));
    CHECK(oauth_json_count(keys) == 2);
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(keys, 1), "key"), "b");
    CHECK_TEXT(oauth_json_text(oauth_json_item_at(keys, 1), "login_required"), "true");
    CHECK_LACKS(oauth_json_raw(keys, NULL), "s3cret");
    oauth_json_free(keys);
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    CHECK_OK(oauth_session_forget(machine, false, NULL, &error));
    keeps(store, "[]");
    oauth_token_free(token);
    oauth_session_options_free(options);
    oauth_session_free(session);
    oauth_session_free(machine);
}

/* Files, which do not say which key they are of; encrypted, and then looked at without the key. */
static void in_a_directory(void) {
    static const uint8_t key[32] = {1};
    static const char *patterns[] = {"*", ".[!.]*"};
    char place[] = "/tmp/oauthclient-api-store-keys-XXXXXX", all[128];
    oauth_store_options *options = oauth_store_options_new();
    oauth_store *store = NULL;
    oauth_session *session;
    glob_t found;
    size_t index, pattern;
    CHECK(mkdtemp(place) != NULL);
    CHECK_OK(oauth_store_open_directory(place, NULL, &store, &error));
    what_is_kept(store);
    oauth_store_free(store);
    oauth_store_options_set_encryption_key(options, key, sizeof key);
    CHECK_OK(oauth_store_open_directory(place, options, &store, &error));
    what_is_kept(store);
    session = opened(store, "c", NULL);
    adopt(session, "AT", "RT", 3600);
    oauth_session_free(session);
    oauth_store_free(store);
    CHECK_OK(oauth_store_open_directory(place, NULL, &store, &error));
    keeps(store, "[{\"unreadable\":true}]");
    oauth_store_free(store);
    oauth_store_options_free(options);
    for (pattern = 0; pattern < 2; pattern++) {
        snprintf(all, sizeof all, "%s/%s", place, patterns[pattern]);
        CHECK(glob(all, 0, NULL, &found) == 0);
        for (index = 0; index < found.gl_pathc; index++) {
            CHECK(unlink(found.gl_pathv[index]) == 0);
        }
        globfree(&found);
    }
    CHECK(rmdir(place) == 0);
}

static void what_cannot_be_listed(void) {
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_store *store = store_of(shelf);
    oauth_json *keys = (oauth_json *)&fake;
    CHECK_FAILS(oauth_store_keys(store, &keys, &error), OAUTH_ERROR_STORE, "cannot do that");
    CHECK(keys == NULL);
    keys = (oauth_json *)&fake;
    CHECK_NAMES(oauth_store_keys(NULL, &keys, &error), argument, "store");
    CHECK(keys == NULL);
    CHECK_NAMES(oauth_store_keys(store, NULL, &error), argument, "keys");
    CHECK(oauth_store_keys(NULL, NULL, NULL) == argument);
    oauth_json_free(NULL);
    oauth_store_free(store);
    free(shelf);
}

int main(void) {
    oauth_store *store = memory();
    client = fake_client(&fake);
    what_is_kept(store);
    oauth_store_free(store);
    in_a_directory();
    what_cannot_be_listed();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
