/* What a store keeps: of whom, and until when. */
#include "api_session.h"

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

static void what_cannot_be_listed(void) {
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_store *store = memory();
    oauth_json *keys = (oauth_json *)&fake;
    CHECK_NAMES(oauth_store_keys(NULL, &keys, &error), argument, "store");
    CHECK(keys == NULL);
    CHECK_NAMES(oauth_store_keys(store, NULL, &error), argument, "keys");
    CHECK(oauth_store_keys(NULL, NULL, NULL) == argument);
    oauth_json_free(NULL);
    oauth_store_free(store);
}

int main(void) {
    oauth_store *store = memory();
    client = fake_client(&fake);
    what_is_kept(store);
    oauth_store_free(store);
    what_cannot_be_listed();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
