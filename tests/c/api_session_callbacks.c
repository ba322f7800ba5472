/* The functions of a program around a session: its own way to a token, who is told, and what they may not do. */
#include "api_shelf.h"

#define ASSERTION "assertion-s3cret"

/* What an acquire function finds and gives; its user_data. */
struct program {
    oauth_status returns;
    const char *gives; /* an access token; NULL: none */
    const char *before; /* the access token that it must be shown; NULL: none */
    bool asks_the_server;
    oauth_session *session; /* it must be busy */
    unsigned renewals, changes, ended, destroyed;
    char last[64]; /* the access token that it was told of last */
};

static oauth_status acquire(void *user_data, const oauth_client *given, const char *key, const oauth_token *before,
                          oauth_token **token) {
    struct program *program = user_data;
    oauth_error *why = NULL;
    CHECK(program->destroyed == 0 && token != NULL && *token == NULL);
    CHECK_TEXT(key, "k\xc3\xa9y");
    CHECK_TEXT(oauth_token_access_token(before), program->before);
    program->renewals++;
    if (program->session != NULL) {
        is_busy(program->session);
    }
    if (program->asks_the_server) { /* with the client of the session, inside of a call with it */
        oauth_client *another = oauth_client_ref(given);
        oauth_status status = oauth_request_jwt_bearer(another, ASSERTION, NULL, NULL, NULL, token, &why);
        CHECK(status == OAUTH_OK && why == NULL);
        oauth_client_free(another);
    } else if (program->gives != NULL) {
        *token = made(program->gives, NULL, 3600);
    }
    return program->returns;
}

static void change(void *user_data, const char *key, const oauth_token *token) {
    struct program *program = user_data;
    CHECK(program->destroyed == 0);
    CHECK_TEXT(key, "k\xc3\xa9y");
    if (program->session != NULL) {
        is_busy(program->session);
    }
    if (token == NULL) {
        program->ended++;
        return;
    }
    program->changes++;
    snprintf(program->last, sizeof program->last, "%s", oauth_token_access_token(token));
}

static void destroy(void *user_data) {
    ((struct program *)user_data)->destroyed++;
}

static oauth_session_options *options_of(struct program *program) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_session_options_set_acquire(options, acquire, program, NULL);
    oauth_session_options_set_change(options, change, program, NULL);
    return options;
}

static oauth_session *session_of(struct program *program, const oauth_store *store) {
    oauth_session_options *options = options_of(program);
    oauth_session *session = opened(store, "k\xc3\xa9y", options);
    oauth_session_options_free(options);
    return session;
}

static void the_program_renews(void) {
    struct program program = {OAUTH_OK, "P1", NULL, false, NULL, 0, 0, 0, 0, ""};
    oauth_store *store = memory();
    oauth_session *session = session_of(&program, store);
    oauth_token *bad;
    program.session = session;
    server_says(200, NULL);
    gives(session, "P1");
    CHECK(program.renewals == 1 && program.changes == 1 && fake.calls == 0);
    CHECK_TEXT(program.last, "P1");
    bad = made("P1", NULL, 60);
    program.before = "P1";
    program.gives = NULL;
    program.asks_the_server = true;
    CHECK_OK(oauth_session_invalidate(session, bad, &error));
    oauth_token_free(bad);
    gives(session, "AT");
    CHECK(fake.calls == 1);
    CHECK_CONTAINS(fake.body_seen, "assertion=" ASSERTION);
    CHECK(program.renewals == 2 && program.changes == 2 && program.ended == 0);
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    CHECK(program.ended == 1);
    oauth_session_free(session);
    oauth_store_free(store);
}

/* What a program takes a failed refresh for; its user_data. */
struct judge {
    oauth_refusal says;
    oauth_session *session; /* it must be busy */
    oauth_error *kept;
    unsigned asked, destroyed;
};

static oauth_refusal judge(void *user_data, const char *key, const oauth_error *refused) {
    struct judge *judge = user_data;
    CHECK(judge->destroyed == 0);
    CHECK_TEXT(key, "k");
    is_busy(judge->session);
    CHECK(oauth_response_status(oauth_error_response(refused)) == fake.http_status);
    judge->asked++;
    if (judge->asked == 1) {
        judge->kept = oauth_error_ref(refused);
    }
    return judge->says;
}

static void destroy_judge(void *user_data) {
    ((struct judge *)user_data)->destroyed++;
}

static void the_program_judges_refusals(void) {
    const struct {
        int32_t http_status;
        const char *body;
        oauth_refusal says;
        oauth_status status;
    } table[] = {
        {400, "{\"error\":\"invalid_grant\"}", OAUTH_REFUSAL_USUAL, OAUTH_ERROR_LOGIN_REQUIRED},
        {400, "{\"error\":\"invalid_grant\"}", OAUTH_REFUSAL_GOES_ON, OAUTH_ERROR_PROVIDER},
        {400, "{\"error\":\"invalid_grant\"}", 77, OAUTH_ERROR_LOGIN_REQUIRED},
        {503, "", OAUTH_REFUSAL_ENDED, OAUTH_ERROR_LOGIN_REQUIRED},
        {503, "", OAUTH_REFUSAL_USUAL, OAUTH_ERROR_HTTP},
    };
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        struct judge program = {table[index].says, NULL, NULL, 0, 0};
        oauth_store *store = memory();
        oauth_session_options *options = oauth_session_options_new();
        oauth_session_options_set_refusal(options, judge, &program, destroy_judge);
        program.session = expired(store, "k", options);
        oauth_session_options_free(options);
        server_says(table[index].http_status, table[index].body);
        CHECK(ask(program.session, NULL) == table[index].status && program.asked == 1);
        /* What goes on needs no log-in. */
        CHECK((table[index].status == OAUTH_ERROR_LOGIN_REQUIRED)
              == (oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN));
        oauth_error_free(error);
        error = NULL;
        CHECK(oauth_response_status(oauth_error_response(program.kept)) == table[index].http_status);
        oauth_error_free(program.kept);
        oauth_session_free(program.session);
        CHECK(program.destroyed == 1);
        oauth_store_free(store);
    }
    {
        struct judge one = {0, NULL, NULL, 0, 0};
        oauth_session_options *options = oauth_session_options_new();
        oauth_session_options_set_refusal(NULL, judge, &one, destroy_judge);
        CHECK(one.destroyed == 1);
        oauth_session_options_set_refusal(options, NULL, &one, destroy_judge);
        CHECK(one.destroyed == 2);
        oauth_session_options_set_refusal(options, judge, NULL, NULL);
        oauth_session_options_free(options);
    }
    server_says(200, NULL);
}

/* With a refresh token the program is not asked, until the server refuses it. */
static void the_program_is_asked_last(void) {
    struct program program = {OAUTH_OK, "P1", "AT1", false, NULL, 0, 0, 0, 0, ""};
    oauth_store *store = memory();
    oauth_session *session = session_of(&program, store);
    adopt(session, "AT1", "RT1", -1);
    server_says(400, "{\"error\":\"invalid_grant\"}");
    gives(session, "P1");
    CHECK(fake.calls == 1 && program.renewals == 1 && oauth_session_last_error(session) == NULL);
    CHECK_TEXT(program.last, "P1");
    oauth_session_free(session);
    oauth_store_free(store);
}

static void what_the_program_returns(void) {
    const struct { oauth_status returns, status; const char *gives, *named; } rows[] = {
        {OAUTH_OK, OAUTH_ERROR_CALLBACK, NULL, "acquire callback returned OAUTH_OK without a token"},
        {OAUTH_ERROR_LOGIN_REQUIRED, OAUTH_ERROR_LOGIN_REQUIRED, NULL, "acquire callback"},
        {OAUTH_ERROR_LOGIN_REQUIRED, OAUTH_ERROR_LOGIN_REQUIRED, "freed", "acquire callback"},
        {OAUTH_ERROR_CANCELLED, OAUTH_ERROR_CANCELLED, "freed", "acquire callback"},
        {OAUTH_ERROR_TIMEOUT, OAUTH_ERROR_TIMEOUT, NULL, "acquire callback"},
        {OAUTH_ERROR_CONNECT, OAUTH_ERROR_CONNECT, NULL, "acquire callback"},
        {OAUTH_ERROR_TLS, OAUTH_ERROR_TLS, NULL, "acquire callback"},
        {OAUTH_ERROR_CONNECTION_LOST, OAUTH_ERROR_CONNECTION_LOST, NULL, "acquire callback"},
        {OAUTH_ERROR_PROVIDER, OAUTH_ERROR_CALLBACK, "freed", "acquire callback returned 17"},
        {OAUTH_ERROR_BUSY, OAUTH_ERROR_CALLBACK, NULL, "acquire callback returned 4"},
        {-7, OAUTH_ERROR_CALLBACK, NULL, "acquire callback returned -7"},
    };
    size_t index;
    for (index = 0; index < sizeof rows / sizeof *rows; index++) {
        struct program program = {OAUTH_OK, NULL, NULL, false, NULL, 0, 0, 0, 0, ""};
        oauth_store *store = memory();
        oauth_session *session = session_of(&program, store);
        oauth_error *last;
        program.returns = rows[index].returns;
        program.gives = rows[index].gives;
        CHECK_FAILS(ask(session, NULL), rows[index].status, rows[index].named);
        CHECK(program.renewals == 1 && program.changes == 0);
        last = oauth_session_last_error(session);
        CHECK(oauth_error_status(last) == rows[index].status);
        oauth_error_free(last);
        oauth_session_free(session);
        oauth_store_free(store);
    }
}

/* Once for each registration, and when nobody needs it any more. */
static void the_data_is_freed_once(void) {
    struct program one, two, three;
    oauth_store *store = memory();
    oauth_session_options *options = oauth_session_options_new();
    oauth_session *session, *other;
    memset(&one, 0, sizeof one);
    two = three = one;
    oauth_session_options_set_acquire(NULL, acquire, &one, destroy);
    oauth_session_options_set_change(NULL, change, &one, destroy);
    oauth_session_options_set_acquire(options, NULL, &one, destroy);
    oauth_session_options_set_change(options, NULL, &one, destroy);
    oauth_session_options_set_acquire(options, NULL, NULL, NULL);
    CHECK(one.destroyed == 4);
    one.destroyed = 0;
    one.gives = "P1";
    oauth_session_options_set_acquire(options, acquire, &one, destroy);
    oauth_session_options_set_acquire(options, acquire, &one, destroy);
    CHECK(one.destroyed == 1);
    one.destroyed = 0;
    oauth_session_options_set_change(options, change, &two, destroy);
    session = opened(store, "k\xc3\xa9y", options);
    other = opened(store, "other", options);
    oauth_session_options_set_acquire(options, acquire, &three, destroy);
    gives(session, "P1"); /* with what it was opened with */
    CHECK(one.destroyed == 0 && one.renewals == 1 && two.changes == 1);
    oauth_session_free(other);
    CHECK(one.destroyed == 0 && two.destroyed == 0 && three.destroyed == 0);
    oauth_session_free(session);
    CHECK(one.destroyed == 1 && two.destroyed == 0 && three.destroyed == 0);
    oauth_session_options_free(options);
    CHECK(one.destroyed == 1 && two.destroyed == 1 && three.destroyed == 1);
    oauth_store_free(store);
}

static char heard[65536];

static void hear(void *user_data, oauth_log_level level, const char *message) {
    (void)user_data, (void)level;
    CHECK(is_one_line(message));
    fake_append(heard, sizeof heard, message);
    fake_append(heard, sizeof heard, "\n");
}

/* A call that must fail; hears its message, and what is said of it later. */
static void fails_aloud(const oauth_session *session, oauth_status status) {
    oauth_token *token = NULL;
    CHECK(status == oauth_session_token(session, NULL, &token, &error) && token == NULL);
    hear(NULL, 0, oauth_error_message(error));
    oauth_error_free(error);
    error = oauth_session_last_error(session);
    hear(NULL, 0, oauth_error_message(error));
    oauth_error_free(error);
    error = NULL;
}

static void no_secret_is_told(void) {
    const char *kept = "{\"oauthclient_session\":2,\"login\":{\"key\":\"k\"},\"token\":{\"oauthclient_token\":2,\"access_token\":7,"
                       "\"refresh_token\":\"s3cret-kept\"}}";
    struct program program = {OAUTH_ERROR_PROVIDER, "s3cret-P", "s3cret-AT1", true, NULL, 0, 0, 0, 0, ""};
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_client *usual = client;
    oauth_config *config = fake_config(&fake);
    oauth_store *store = store_of(shelf);
    oauth_session *session;
    oauth_config_set_client(config, "client", "s3cret/p+w");
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, hear, NULL, NULL);
    client = client_of(config);
    session = opened(store, "k", NULL);
    adopt(session, "s3cret-AT1", "s3cret-RT1", -1);
    fake.during = breaks;
    fake.extra = shelf;
    server_says(200, "{\"access_token\":\"s3cret-AT2\",\"token_type\":\"Bearer\",\"refresh_token\":\"s3cret-RT2\"}");
    gives(session, "s3cret-AT2");
    CHECK(!oauth_session_saved(session));
    CHECK_CONTAINS(heard, "memory only");
    oauth_session_free(session);
    fake.during = NULL;
    shelf->saves = OAUTH_OK;
    shelf->length = strlen(strcpy((char *)shelf->bytes, kept));
    session = opened(store, "k", NULL);
    fails_aloud(session, OAUTH_ERROR_STORE);
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    adopt(session, "s3cret-AT1", "s3cret-RT1", -1);
    server_says(400, "{\"error\":\"invalid_grant\",\"error_description\":\"no s3cret-RT1 of s3cret/p+w here\"}");
    fails_aloud(session, OAUTH_ERROR_LOGIN_REQUIRED);
    CHECK_CONTAINS(heard, "[redacted]");
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    oauth_session_free(session);
    session = session_of(&program, store);
    adopt(session, "s3cret-AT1", NULL, -1);
    server_says(200, "{\"access_token\":\"s3cret-AT3\"}");
    fails_aloud(session, OAUTH_ERROR_CALLBACK);
    CHECK_LACKS(heard, "s3cret");
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    client = usual;
    free(shelf);
}

int main(void) {
    client = fake_client(&fake);
    the_program_renews();
    the_program_judges_refusals();
    the_program_is_asked_last();
    what_the_program_returns();
    the_data_is_freed_once();
    no_secret_is_told();
    oauth_client_free(client);
    return 0;
}
