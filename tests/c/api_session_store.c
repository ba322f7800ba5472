/* A session on a store of the program's own functions, which fail, or give garbage. */
#include "api_shelf.h"

static void sent(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request, (void)response;
    happened(seen->extra, "send");
}

static void said(void *user_data, oauth_log_level level, const char *message) {
    (void)level, (void)message;
    if (((struct shelf *)user_data)->session != NULL) {
        is_busy(((struct shelf *)user_data)->session);
    }
}

/* What is told has been saved, what is sent has been marked; and all on the way may not use the session. */
static void the_order_of_things(void) {
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_client *usual = client;
    oauth_config *config = fake_config(&fake);
    oauth_store *store = store_of(shelf);
    oauth_session_options *options = oauth_session_options_new();
    oauth_session *session;
    oauth_token *token;
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, said, shelf, NULL);
    client = client_of(config);
    oauth_session_options_set_change(options, shelf_told, shelf, NULL);
    session = opened(store, "k", options);
    shelf->session = session;
    token = made("AT1", NULL, 60);
    check_events(shelf, "");
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    check_events(shelf, "load ");
    oauth_token_free(token);
    adopt(session, "AT1", "RT1", -1);
    check_events(shelf, "lock load save unlock change ");
    fake.during = sent;
    fake.extra = shelf;
    server_says(200, ROTATED);
    gives(session, "AT2");
    CHECK(fake.calls == 1);
    check_events(shelf, "load lock load save send save unlock change ");
    gives(session, "AT2");
    check_events(shelf, "");
    CHECK_CONTAINS((const char *)shelf->bytes, "RT2");
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    check_events(shelf, "lock delete unlock change ");
    fake.during = NULL;
    oauth_session_options_free(options);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    client = usual;
    free(shelf);
}

static void what_cannot_be_saved_is_served(void) {
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_store *store = store_of(shelf);
    oauth_session_options *options = oauth_session_options_new();
    oauth_session *session;
    oauth_error *last;
    int times;
    oauth_session_options_set_change(options, shelf_told, shelf, NULL);
    session = expired(store, "k", options);
    shelf->events[0] = '\0';
    server_says(200, ROTATED);
    fake.during = breaks; /* after the mark was written */
    fake.extra = shelf;
    gives(session, "AT2");
    for (times = 0; times < 3; times++) {
        shelf->events[0] = '\0';
        gives(session, "AT2");
        CHECK_CONTAINS(shelf->events, "save ");
        CHECK_LACKS(shelf->events, "change");
        CHECK(!oauth_session_saved(session) && oauth_session_expires_at_s(session) > 0);
        last = oauth_session_last_error(session);
        CHECK(oauth_error_status(last) == OAUTH_ERROR_STORE);
        CHECK_CONTAINS(oauth_error_message(last), "save callback returned 5");
        oauth_error_free(last);
    }
    CHECK_CONTAINS((const char *)shelf->bytes, "RT1"); /* the mark is still there */
    shelf->saves = OAUTH_OK;
    shelf->events[0] = '\0';
    gives(session, "AT2");
    check_events(shelf, "load lock load save unlock change ");
    CHECK(oauth_session_saved(session) && oauth_session_last_error(session) == NULL && fake.calls == 1);
    CHECK_CONTAINS((const char *)shelf->bytes, "RT2");
    fake.during = NULL;
    oauth_session_options_free(options);
    oauth_session_free(session);
    oauth_store_free(store);
    free(shelf);
}

/* Also if not even the mark can be saved: a login that works beats one that may be lost. */
static void what_cannot_be_marked_goes_on(void) {
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_store *store = store_of(shelf);
    oauth_session *session = expired(store, "k", NULL);
    server_says(200, ROTATED);
    shelf->saves = 5;
    shelf->events[0] = '\0';
    gives(session, "AT2");
    check_events(shelf, "load lock load save save load unlock load lock load save unlock ");
    CHECK(fake.calls == 1 && !oauth_session_saved(session));
    CHECK_CONTAINS((const char *)shelf->bytes, "RT1");
    shelf->saves = OAUTH_OK;
    gives(session, "AT2");
    CHECK(fake.calls == 1 && oauth_session_saved(session));
    CHECK_CONTAINS((const char *)shelf->bytes, "RT2");
    oauth_session_free(session);
    oauth_store_free(store);
    free(shelf);
}

/* What does not work says so, and leaves what is kept as it is. */
static void a_store_that_fails_loses_nothing(void) {
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_store *store = store_of(shelf);
    oauth_session *session = expired(store, "k", NULL);
    oauth_request_options *options = oauth_request_options_new();
    oauth_token *token = made("AT5", NULL, 3600);
    char before[sizeof shelf->bytes];
    memcpy(before, shelf->bytes, sizeof before);
    server_says(200, ROTATED);
    shelf->saves = 5;
    CHECK_FAILS(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_STORE, "save callback returned 5");
    shelf->saves = OAUTH_OK;
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    shelf->loads = 6;
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, "load callback returned 6");
    CHECK_FAILS(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_STORE, "load callback returned 6");
    shelf->loads = OAUTH_OK;
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    shelf->locks = 7;
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, "lock callback returned 7");
    CHECK_FAILS(oauth_session_forget(session, false, NULL, &error), OAUTH_ERROR_STORE, "lock callback returned 7");
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    shelf->locks = OAUTH_ERROR_BUSY;
    oauth_request_options_set_deadline_ms(options, 30);
    CHECK_FAILS(ask(session, options), OAUTH_ERROR_TIMEOUT, "the time ran out");
    CHECK_FAILS(oauth_session_adopt(session, token, options, &error), OAUTH_ERROR_TIMEOUT, "lock");
    CHECK_FAILS(oauth_session_forget(session, false, options, &error), OAUTH_ERROR_TIMEOUT, "lock");
    CHECK(fake.calls == 0 && memcmp(before, shelf->bytes, sizeof before) == 0);
    shelf->locks = OAUTH_OK;
    gives(session, "AT2");
    CHECK(fake.calls == 1);
    oauth_session_free(session);
    /* A token that will do is given all the same. */
    session = opened(store, "k", NULL);
    shelf->locks = shelf->saves = 7;
    gives(session, "AT2");
    shelf->loads = 7;
    gives(session, "AT2");
    oauth_token_free(token);
    oauth_request_options_free(options);
    oauth_session_free(session);
    oauth_store_free(store);
    free(shelf);
}

static void garbage_is_named_and_left(void) {
    const struct { const char *kept, *named; } rows[] = {
        {"junk", "could not be read"},
        {"{\"oauthclient_session\":2,\"login\":{\"key\":\"k\"},\"token\":{\"oauthclient_token\":2}}", "could not be read"},
        {"{\"oauthclient_session\":99}", "newer release"},
        {"{\"oauthclient_session\":2,\"login\":{\"key\":\"k\"},\"token\":{\"oauthclient_token\":99}}", "newer release"},
        {"{\"oauthclient_session\":2,\"login\":{\"key\":\"k\",\"client_id\":\"other\"}}", "it is that of client other, key k, not of"},
    };
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_store *store = store_of(shelf);
    oauth_session *session;
    oauth_token *token = made("AT5", NULL, 3600);
    size_t index;
    server_says(200, ROTATED);
    for (index = 0; index < sizeof rows / sizeof *rows; index++) {
        session = opened(store, "k", NULL);
        strcpy((char *)shelf->bytes, rows[index].kept);
        shelf->length = strlen(rows[index].kept);
        shelf->events[0] = '\0';
        CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, rows[index].named);
        CHECK_FAILS(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_STORE, rows[index].named);
        CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, rows[index].named);
        CHECK_LACKS(shelf->events, "save");
        CHECK_TEXT((const char *)shelf->bytes, rows[index].kept);
        /* What the program wants gone is gone. */
        CHECK_OK(oauth_session_forget(session, false, NULL, &error));
        CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
        gives(session, "AT5");
        oauth_session_free(session);
    }
    CHECK(fake.calls == 0);
    oauth_token_free(token);
    oauth_store_free(store);
    free(shelf);
}

static struct shelf *others; /* what another holder has written meanwhile */
static int overtaken;

static oauth_status save_over_what_was_read(void *user_data, const char *key, const uint8_t *bytes, size_t length,
                                            int64_t expires_at_s) {
    struct shelf *shelf = user_data;
    if (overtaken == 0)
        return shelf_save(user_data, key, bytes, length, expires_at_s);
    overtaken--;
    if (others != NULL) {
        memcpy(shelf->bytes, others->bytes, others->length);
        shelf->length = others->length;
    }
    return OAUTH_ERROR_BUSY;
}

static oauth_status remove_what_was_read(void *user_data, const char *key) {
    if (overtaken == 0)
        return shelf_delete(user_data, key);
    overtaken--;
    return OAUTH_ERROR_BUSY;
}

/* The lock has ended while its holder slept: what the store compares, the library reads again. */
static void a_store_that_compares_is_read_again(void) {
    struct shelf *shelf = calloc(1, sizeof *shelf), *newer = calloc(1, sizeof *newer);
    oauth_store *store = NULL, *other = store_of(newer);
    oauth_session *session, *elsewhere = opened(other, "k", NULL);
    oauth_token *token = made("AT3", "RT3", -1);
    CHECK_OK(oauth_store_open_callbacks(shelf_load, save_over_what_was_read, remove_what_was_read, shelf_lock,
                                       shelf_unlock, shelf, NULL, &store, &error));
    adopt(elsewhere, "AT9", "RT9", 3600);
    session = expired(store, "k", NULL);
    others = newer;
    overtaken = 1;
    server_says(200, ROTATED);
    gives(session, "AT9");
    CHECK(fake.calls == 0);
    others = NULL;
    overtaken = 2;
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    CHECK_CONTAINS((const char *)shelf->bytes, "RT3");
    overtaken = 100;
    CHECK_FAILS(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_STORE, "kept changing it");
    CHECK_FAILS(oauth_session_forget(session, false, NULL, &error), OAUTH_ERROR_STORE, "kept changing it");
    CHECK_CONTAINS((const char *)shelf->bytes, "RT3");
    overtaken = 1;
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    CHECK(shelf->length == 0);
    overtaken = 0;
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_session_free(elsewhere);
    oauth_store_free(store);
    oauth_store_free(other);
    free(shelf);
    free(newer);
}

int main(void) {
    client = fake_client(&fake);
    the_order_of_things();
    what_cannot_be_saved_is_served();
    what_cannot_be_marked_goes_on();
    a_store_that_fails_loses_nothing();
    garbage_is_named_and_left();
    a_store_that_compares_is_read_again();
    oauth_client_free(client);
    return 0;
}
