/* Sessions: where their token comes from, how it is given, renewed and put in. */
#include "api_session.h"

static const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;

static void nothing_of_nothing(void) {
    CHECK(oauth_session_login_expires_at_s(NULL) == -1);
    CHECK(oauth_session_expires_at_s(NULL) == -1 && oauth_session_next_renewal_at_s(NULL) == -1);
    CHECK(!oauth_session_saved(NULL) && oauth_session_last_error(NULL) == NULL && oauth_session_peek(NULL) == NULL);
    oauth_session_free(NULL);
    oauth_session_options_free(NULL);
    oauth_session_options_set_scope(NULL, "a");
    oauth_session_options_set_field_parameters(NULL, NULL);
    oauth_session_options_set_client_credentials(NULL, true);
    oauth_request_options_set_min_validity_s(NULL, 1);
}

static void is_not_opened(const char *key, const oauth_session_options *options, const char *named) {
    oauth_store *store = memory();
    oauth_session *session = (oauth_session *)&fake;
    CHECK_NAMES(oauth_session_open(client, store, key, options, &session, &error), argument, named);
    CHECK(session == NULL);
    oauth_store_free(store);
}

static void opening_names_what_is_wrong(void) {
    oauth_store *store = memory();
    oauth_session *session = (oauth_session *)&fake;
    oauth_session_options *options = oauth_session_options_new();
    oauth_params *params = oauth_params_new();
    char key[514];
    memset(key, 'k', sizeof key);
    key[513] = '\0';
    is_not_opened(key, NULL, "key is longer than 512 bytes");
    key[512] = '\0';
    CHECK_OK(oauth_session_open(client, store, key, NULL, &session, &error));
    oauth_session_free(session);
    is_not_opened(NULL, NULL, "key is NULL");
    is_not_opened("", NULL, "key is empty");
    is_not_opened("a\n", NULL, "key has a control character");
    is_not_opened("a\x7f", NULL, "key has a control character");
    is_not_opened(NOT_UTF8, NULL, "key is not valid UTF-8");
    CHECK_NAMES(oauth_session_open(NULL, store, "k", NULL, &session, &error), argument, "client");
    CHECK(session == NULL);
    CHECK_NAMES(oauth_session_open(client, store, "k", NULL, NULL, &error), argument, "session");
    CHECK(oauth_session_open(NULL, NULL, NULL, NULL, NULL, NULL) == argument);
    oauth_session_options_set_scope(options, "a\x01");
    is_not_opened("k", options, "scope");
    oauth_session_options_set_scope(options, NULL);
    oauth_params_set(params, "grant_type", "password");
    oauth_session_options_set_field_parameters(options, params);
    is_not_opened("k", options, "field_parameters");
    oauth_session_options_set_field_parameters(options, NULL);
    session = opened(store, "k", options);
    oauth_session_free(session);
    oauth_session_options_set_scope(options, NOT_UTF8);
    oauth_session_options_set_scope(options, "fine"); /* the first bad value stays */
    is_not_opened("k", options, "options: scope is not valid UTF-8");
    oauth_params_free(params);
    oauth_session_options_free(options);
    oauth_store_free(store);
}

static void calls_name_what_is_wrong(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL);
    oauth_request_options *options = oauth_request_options_new();
    oauth_token *token = made("AT", NULL, 60), *none = token;
    char buffer[64] = "before";
    size_t length = 1;
    oauth_request_options_set_deadline_ms(options, 0);
    CHECK_NAMES(oauth_session_token(NULL, NULL, &none, &error), argument, "session");
    CHECK(none == NULL);
    CHECK_NAMES(oauth_session_token(session, NULL, NULL, &error), argument, "token");
    CHECK_NAMES(oauth_session_token(session, options, &none, &error), argument, "options: deadline_ms");
    CHECK_NAMES(oauth_session_copy_access_token(NULL, NULL, buffer, 64, &length, &error), argument, "session");
    CHECK(buffer[0] == '\0' && length == 0);
    CHECK_NAMES(oauth_session_copy_access_token(session, NULL, NULL, 64, &length, &error), argument, "buffer");
    CHECK_NAMES(oauth_session_copy_access_token(session, options, buffer, 64, NULL, &error), argument, "options");
    CHECK_NAMES(oauth_session_copy_authorization(NULL, NULL, buffer, 64, &length, &error), argument, "session");
    CHECK_NAMES(oauth_session_copy_authorization(session, NULL, NULL, 64, &length, &error), argument, "buffer");
    CHECK_NAMES(oauth_session_copy_authorization(session, options, buffer, 64, NULL, &error), argument, "options");
    CHECK_NAMES(oauth_session_adopt(NULL, token, NULL, &error), argument, "session");
    CHECK_NAMES(oauth_session_adopt(session, NULL, NULL, &error), argument, "token");
    CHECK_NAMES(oauth_session_adopt(session, token, options, &error), argument, "options");
    CHECK_NAMES(oauth_session_invalidate(NULL, token, &error), argument, "session");
    CHECK_NAMES(oauth_session_invalidate(session, NULL, &error), argument, "token");
    CHECK_NAMES(oauth_session_forget(NULL, true, NULL, &error), argument, "session");
    CHECK_NAMES(oauth_session_forget(session, false, options, &error), argument, "options");
    CHECK(oauth_session_token(NULL, NULL, NULL, NULL) == argument);
    CHECK(oauth_session_copy_access_token(NULL, NULL, NULL, 0, NULL, NULL) == argument);
    CHECK(oauth_session_copy_authorization(NULL, NULL, NULL, 0, NULL, NULL) == argument);
    CHECK(oauth_session_adopt(NULL, NULL, NULL, NULL) == argument);
    CHECK(oauth_session_invalidate(NULL, NULL, NULL) == argument);
    CHECK(oauth_session_forget(NULL, false, NULL, NULL) == argument);
    CHECK(fake.calls == 0 && oauth_session_last_error(session) == NULL);
    oauth_token_free(token);
    oauth_request_options_free(options);
    oauth_session_free(session);
    oauth_store_free(store);
}

/* The lifetime of the refresh token, under one of the names that servers use. */
static void a_login_says_when_it_ends(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL);
    int64_t now_s = (int64_t)time(NULL), end_s;
    CHECK(oauth_session_login_expires_at_s(session) == -1);
    adopt(session, "AT1", "RT1", -5);
    server_says(200, "{\"access_token\":\"AT2\",\"expires_in\":3600,\"refresh_token\":\"RT2\",\"refresh_expires_in\":86400}");
    gives(session, "AT2");
    end_s = oauth_session_login_expires_at_s(session);
    CHECK(end_s >= now_s + 86400 && end_s <= now_s + 86410);
    oauth_session_free(session);
    oauth_store_free(store);
}

static void what_is_adopted_is_given(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL), *other = opened(store, "k", NULL);
    int64_t now_s = (int64_t)time(NULL), due_s;
    server_says(200, NULL);
    CHECK(oauth_session_expires_at_s(session) == -1 && oauth_session_next_renewal_at_s(session) == -1);
    CHECK(oauth_session_saved(session) && oauth_session_last_error(session) == NULL);
    adopt(session, "AT1", "RT1", 3600);
    gives(session, "AT1");
    CHECK(oauth_session_expires_at_s(session) >= now_s + 3600 && oauth_session_expires_at_s(session) <= now_s + 3610);
    due_s = oauth_session_next_renewal_at_s(session);
    CHECK(due_s > now_s + 2900 && due_s < now_s + 3400);
    CHECK(oauth_session_saved(session) && oauth_session_last_error(session) == NULL);
    CHECK(oauth_session_login_expires_at_s(session) == -1); /* the server did not say */
    /* Of one key in one store there is one login. */
    CHECK(oauth_session_expires_at_s(other) == -1);
    gives(other, "AT1");
    CHECK(oauth_session_next_renewal_at_s(other) == due_s);
    CHECK(fake.calls == 0);
    oauth_session_free(other);
    oauth_session_free(session);
    oauth_store_free(store);
}

/* Each handle may go first. */
static void other_handles_to_the_same(void) {
    oauth_store *store = memory(), *same_store = oauth_store_ref(store);
    oauth_session *session, *same;
    oauth_store_free(store);
    session = opened(same_store, "k", NULL);
    oauth_store_free(same_store);
    same = oauth_session_ref(session);
    adopt(session, "AT1", "RT1", 3600);
    oauth_session_free(session);
    gives(same, "AT1");
    oauth_session_free(same);
    CHECK(oauth_session_ref(NULL) == NULL && oauth_store_ref(NULL) == NULL);
}

typedef oauth_status copy_fn(const oauth_session *session, const oauth_request_options *options, char *buffer,
                             size_t capacity, size_t *length, oauth_error **error);

/* Sizes from none to enough; what lies behind the text stays as it is. */
static void copies(const oauth_session *session, copy_fn *copy, const char *text) {
    const size_t needed = strlen(text) + 1;
    size_t capacity, length = 99;
    char buffer[64], name[64];
    snprintf(name, sizeof name, "buffer was too small: it has 0 bytes, and %u are needed", (unsigned)needed);
    CHECK_FAILS(copy(session, NULL, NULL, 0, &length, &error), OAUTH_ERROR_BUFFER_TOO_SMALL, name);
    CHECK(length == needed);
    for (capacity = 0; capacity < needed; capacity++) {
        memset(buffer, '#', sizeof buffer);
        CHECK(copy(session, NULL, buffer, capacity, &length, NULL) == OAUTH_ERROR_BUFFER_TOO_SMALL);
        CHECK(length == needed);
        CHECK(buffer[0] == (capacity > 0 ? '\0' : '#') && buffer[1] == '#' && buffer[needed] == '#');
    }
    CHECK_OK(copy(session, NULL, buffer, needed, &length, &error));
    CHECK_TEXT(buffer, text);
    CHECK(length == needed - 1 && buffer[needed] == '#');
    CHECK_OK(copy(session, NULL, buffer, sizeof buffer, NULL, &error));
    CHECK_TEXT(buffer, text);
    CHECK(copy(session, NULL, buffer, 1, NULL, NULL) == OAUTH_ERROR_BUFFER_TOO_SMALL);
}

static void a_token_is_copied_out(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL);
    oauth_token *token = NULL;
    char buffer[64];
    size_t length;
    adopt(session, "AT1", NULL, 3600);
    copies(session, oauth_session_copy_access_token, "AT1");
    copies(session, oauth_session_copy_authorization, "Bearer AT1");
    CHECK_OK(oauth_token_new("AT2", "bot", NULL, NULL, -1, &token, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    oauth_token_free(token);
    copies(session, oauth_session_copy_authorization, "Bearer AT2");
    CHECK(oauth_session_expires_at_s(session) == -1 && oauth_session_next_renewal_at_s(session) == -1);
    CHECK_OK(oauth_token_new("AT3", "mac", NULL, NULL, -1, &token, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    oauth_token_free(token);
    copies(session, oauth_session_copy_access_token, "AT3");
    CHECK_NAMES(oauth_session_copy_authorization(session, NULL, buffer, sizeof buffer, &length, &error), argument,
                "session has a token of a type that needs more than a header value");
    CHECK(buffer[0] == '\0' && length == 0);
    oauth_session_free(session);
    oauth_store_free(store);
}

static void client_credentials_bring_the_first(void) {
    oauth_store *store = memory();
    oauth_session_options *options = oauth_session_options_new();
    oauth_params *params = oauth_params_new();
    oauth_session *session;
    oauth_token *token = NULL;
    oauth_params_add(params, "resource", "https://r.example/");
    oauth_session_options_set_scope(options, "a b");
    oauth_session_options_set_field_parameters(options, params);
    oauth_session_options_set_client_credentials(options, false);
    oauth_session_options_set_client_credentials(options, true);
    oauth_params_free(params);
    session = opened(store, "machine", options);
    oauth_session_options_set_scope(options, "later"); /* not for sessions that are open */
    oauth_session_options_free(options);
    server_says(200, NULL);
    gives(session, "AT");
    CHECK(fake.calls == 1);
    CHECK_TEXT(fake.body_seen, "grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fr.example%2F");
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic Y2xpZW50OnMzY3IzdA==\n");
    /* A refresh token is of no use to it, and a token that is refused brings the next. */
    server_says(200, ROTATED);
    token = made("AT", NULL, 60);
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    oauth_token_free(token);
    gives(session, "AT2");
    CHECK(fake.calls == 1);
    CHECK_CONTAINS(fake.body_seen, "grant_type=client_credentials");
    oauth_session_free(session);
    oauth_store_free(store);
}

static void a_refresh_token_renews_and_rotates(void) {
    oauth_store *store = memory();
    oauth_session_options *options = oauth_session_options_new();
    oauth_params *params = oauth_params_new();
    oauth_session *session, *other;
    oauth_token *token = made("AT2", NULL, 60);
    oauth_params_set(params, "audience", "api");
    oauth_session_options_set_scope(options, "a");
    oauth_session_options_set_field_parameters(options, params);
    session = expired(store, "k", options);
    other = expired(store, "k", NULL);
    server_says(200, ROTATED);
    gives(session, "AT2");
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=RT1&scope=a&audience=api");
    gives(other, "AT2"); /* it looks into the store first */
    CHECK(fake.calls == 1);
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    server_says(200, "{\"access_token\":\"AT3\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
    gives(session, "AT3");
    CHECK_TEXT(fake.body_seen, "grant_type=refresh_token&refresh_token=RT2&scope=a&audience=api");
    CHECK_OK(oauth_session_invalidate(other, token, &error));
    gives(other, "AT3");
    CHECK(fake.calls == 1);
    oauth_token_free(token);
    oauth_params_free(params);
    oauth_session_options_free(options);
    oauth_session_free(other);
    oauth_session_free(session);
    oauth_store_free(store);
}

/* A token of an hour that has this long to go, in a session whose server is down. */
static oauth_session *down_with(const oauth_store *store, const char *key, int left_s) {
    oauth_session *session = opened(store, key, NULL);
    oauth_token *token = NULL;
    char json[256];
    snprintf(json, sizeof json,
             "{\"oauthclient_token\":2,\"access_token\":\"AT\",\"refresh_token\":\"RT\",\"expires_in_s\":3600,"
             "\"expires_at_s\":%lld}", (long long)time(NULL) + left_s);
    CHECK_OK(oauth_token_from_json(json, &token, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    oauth_token_free(token);
    return session;
}

#define UNSET 12345 /* then it is 60 s */

/* Before the margin a failure to renew is not the caller's; from then on it is. */
static void a_margin_is_of_the_call_and_at_most_a_tenth(void) {
    const struct { int left_s; uint32_t min_validity_s; bool given; } rows[] = {
        {90, 60, true}, {30, 60, false}, {30, 0, true}, {200, 250, false}, {400, UINT32_MAX, true},
        {340, UINT32_MAX, false}, {-1, 0, false}, {90, UNSET, true}, {30, UNSET, false},
    };
    oauth_store *store = memory();
    size_t index;
    char key[16];
    server_says(200, NULL);
    fake.returns = OAUTH_ERROR_CONNECT;
    for (index = 0; index < sizeof rows / sizeof *rows; index++) {
        oauth_request_options *options = oauth_request_options_new();
        oauth_session *session;
        snprintf(key, sizeof key, "margin %u", (unsigned)index);
        session = down_with(store, key, rows[index].left_s);
        if (rows[index].min_validity_s != UNSET) {
            oauth_request_options_set_min_validity_s(options, rows[index].min_validity_s);
        }
        if (rows[index].given) {
            CHECK_OK(ask(session, options));
        } else {
            CHECK_FAILS(ask(session, options), OAUTH_ERROR_CONNECT, FAKE_ENDPOINT);
        }
        oauth_request_options_free(options);
        oauth_session_free(session);
    }
    fake.returns = OAUTH_OK;
    oauth_store_free(store);
}

static void a_refused_token_is_renewed_once(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL);
    oauth_token *refused_token = made("AT1", NULL, 60);
    int times;
    CHECK_OK(oauth_session_invalidate(session, refused_token, &error)); /* it holds none */
    adopt(session, "AT1", "RT1", 3600);
    server_says(200, ROTATED);
    for (times = 0; times < 3; times++) { /* as many threads say it at once, and late */
        CHECK_OK(oauth_session_invalidate(session, refused_token, &error));
        gives(session, "AT2");
    }
    CHECK(fake.calls == 1);
    oauth_token_free(refused_token);
    oauth_session_free(session);
    oauth_store_free(store);
}

static void a_cancelled_call_sends_nothing(void) {
    oauth_store *store = memory();
    oauth_session *session = expired(store, "k", NULL);
    oauth_request_options *options = oauth_request_options_new();
    oauth_cancel *cancel = oauth_cancel_new();
    server_says(200, ROTATED);
    oauth_cancel_trigger(cancel);
    oauth_request_options_set_cancel(options, cancel);
    CHECK_FAILS(ask(session, options), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK(fake.calls == 0);
    gives(session, "AT2");
    CHECK_OK(ask(session, options)); /* nothing has to be waited for */
    CHECK(fake.calls == 1);
    oauth_cancel_free(cancel);
    oauth_request_options_free(options);
    oauth_session_free(session);
    oauth_store_free(store);
}

static void told(void *user_data, const char *key, const oauth_token *token) {
    (void)key, (void)token;
    ++*(unsigned *)user_data;
}

static void destroyed(void *user_data) {
    *(unsigned *)user_data += 100;
}

/* All that it was made from may go before it. */
static void a_session_keeps_what_it_needs(void) {
    unsigned changes = 0;
    oauth_client *usual = client;
    oauth_store *store = memory();
    oauth_session_options *options = oauth_session_options_new();
    oauth_session *session;
    client = fake_client(&fake);
    oauth_session_options_set_change(options, told, &changes, destroyed);
    session = expired(store, "k", options);
    oauth_session_options_free(options);
    oauth_store_free(store);
    oauth_client_free(client);
    client = usual;
    server_says(200, ROTATED);
    gives(session, "AT2");
    CHECK(fake.calls == 1 && changes == 2); /* adopted, and renewed */
    oauth_session_free(session);
    CHECK(changes == 102 && fake.destroyed == fake.registered - 1);
}

static void a_peek_never_waits(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "peeked", NULL), *other = opened(store, "peeked", NULL);
    oauth_token *token;
    server_says(200, ROTATED);
    CHECK(oauth_session_peek(session) == NULL);
    adopt(session, "AT1", "RT1", 3600);
    token = oauth_session_peek(session);
    CHECK_TEXT(oauth_token_access_token(token), "AT1");
    oauth_token_free(token);
    CHECK(oauth_session_peek(other) == NULL); /* it reads no store */
    adopt(session, "AT1", "RT1", 100); /* a tenth of its life will do */
    token = oauth_session_peek(session);
    CHECK(token != NULL);
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    oauth_token_free(token);
    CHECK(oauth_session_peek(session) == NULL && fake.calls == 0);
    oauth_session_free(session);
    oauth_session_free(other);
    oauth_store_free(store);
}

int main(void) {
    client = fake_client(&fake);
    nothing_of_nothing();
    opening_names_what_is_wrong();
    calls_name_what_is_wrong();
    a_login_says_when_it_ends();
    what_is_adopted_is_given();
    a_peek_never_waits();
    other_handles_to_the_same();
    a_token_is_copied_out();
    client_credentials_bring_the_first();
    a_refresh_token_renews_and_rotates();
    a_margin_is_of_the_call_and_at_most_a_tenth();
    a_refused_token_is_renewed_once();
    a_cancelled_call_sends_nothing();
    a_session_keeps_what_it_needs();
    oauth_client_free(client);
    return 0;
}
