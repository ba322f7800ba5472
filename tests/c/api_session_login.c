/* What happens to a login: a refresh token from elsewhere, a token that an API refused, waiting for the end. */
#include "api_session.h"

static const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;

static void a_refresh_token_from_elsewhere(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL), *other = opened(store, "k", NULL);
    oauth_error *none = NULL;
    server_says(200, ROTATED);
    adopt(session, "AT0", "RT0", 3600);
    gives(other, "AT0");
    CHECK_OK(oauth_session_adopt_refresh_token(session, "RT/1", NULL, &error));
    CHECK(fake.calls == 0 && oauth_session_saved(session) && oauth_session_expires_at_s(session) == -1);
    gives(session, "AT2");
    CHECK_CONTAINS(fake.body_seen, "refresh_token=RT%2F1");
    CHECK(fake.calls == 1);
    /* It lasts beyond the process that got it. */
    CHECK_OK(oauth_session_adopt_refresh_token(session, "RT/2", NULL, &error));
    oauth_session_free(other);
    other = opened(store, "k", NULL);
    gives(other, "AT2");
    CHECK_CONTAINS(fake.body_seen, "refresh_token=RT%2F2");
    CHECK(fake.calls == 2);
    CHECK_OK(oauth_session_adopt_refresh_token(session, "RT/3", NULL, &error));
    server_says(400, "{\"error\":\"invalid_grant\"}");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "invalid_grant");

    CHECK_NAMES(oauth_session_adopt_refresh_token(NULL, "RT", NULL, &error), argument, "session");
    CHECK_NAMES(oauth_session_adopt_refresh_token(session, NULL, NULL, &error), argument, "refresh_token");
    CHECK_NAMES(oauth_session_adopt_refresh_token(session, "", NULL, &error), argument, "refresh_token");
    CHECK_NAMES(oauth_session_adopt_refresh_token(session, "a\nb", NULL, &error), argument, "refresh_token");
    CHECK_NAMES(oauth_session_adopt_refresh_token(session, "\xff", NULL, &error), argument, "refresh_token");
    CHECK(oauth_session_adopt_refresh_token(NULL, "RT", NULL, NULL) == argument && none == NULL);
    oauth_session_free(session);
    oauth_session_free(other);
    oauth_store_free(store);
}

static void an_api_refused_what_was_sent(void) {
    static const struct { const char *text; bool is_ours; } texts[] = {
        {"AT1", true}, {"Bearer AT1", true}, {"DPoP  AT1", true}, {" Bearer AT1 ", true},
        {"AT", false}, {"at1", false}, {"Bearer", false}, {"Bearer AT1x", false}, {"AT1 Bearer", false}};
    size_t index;
    for (index = 0; index < sizeof texts / sizeof *texts; index++) {
        oauth_session *session = opened(NULL, "k", NULL);
        adopt(session, "AT1", "RT1", 3600);
        server_says(200, ROTATED);
        CHECK_OK(oauth_session_invalidate_text(session, texts[index].text, &error));
        CHECK(fake.calls == 0);
        gives(session, texts[index].is_ours ? "AT2" : "AT1");
        oauth_session_free(session);
    }
    {
        oauth_session *session = opened(NULL, "k", NULL);
        CHECK_OK(oauth_session_invalidate_text(session, "AT1", &error)); /* it has none */
        CHECK_NAMES(oauth_session_invalidate_text(NULL, "AT", &error), argument, "session");
        CHECK_NAMES(oauth_session_invalidate_text(session, NULL, &error), argument, "access_token_or_authorization");
        CHECK_NAMES(oauth_session_invalidate_text(session, "", &error), argument, "access_token_or_authorization");
        CHECK_NAMES(oauth_session_invalidate_text(session, "  ", &error), argument, "access_token_or_authorization");
        CHECK_NAMES(oauth_session_invalidate_text(session, "\xff", &error), argument, "access_token_or_authorization");
        CHECK(oauth_session_invalidate_text(NULL, "AT", NULL) == argument);
        oauth_session_free(session);
    }
}

/* A session that is opened after the refusal, as in the next process. */
static void others_see_the_refusal(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL), *other = opened(store, "k", NULL), *late;
    adopt(session, "AT1", "RT1", 3600);
    gives(other, "AT1");
    CHECK_OK(oauth_session_invalidate_text(session, "AT1", &error));
    server_says(503, "");
    late = opened(store, "k", NULL);
    CHECK_FAILS(ask(late, NULL), OAUTH_ERROR_HTTP, "503");
    gives(other, "AT1"); /* it has what it had: see the header */
    server_says(200, ROTATED);
    oauth_session_free(late);
    late = opened(store, "k", NULL); /* the refusal has outlasted the failed renewal */
    gives(late, "AT2");
    CHECK(fake.calls == 1);
    gives(session, "AT2");
    CHECK_OK(oauth_session_invalidate_text(other, "AT1", &error)); /* the store has another one */
    gives(other, "AT2");
    CHECK(fake.calls == 1);
    oauth_session_free(late);
    oauth_session_free(other);
    oauth_session_free(session);
    oauth_store_free(store);
    /* Nothing but a log-in replaces this one: others may use it elsewhere. */
    store = memory();
    session = opened(store, "k", NULL);
    adopt(session, "AT1", NULL, 3600);
    CHECK_OK(oauth_session_invalidate_text(session, "AT1", &error));
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "no refresh token");
    other = opened(store, "k", NULL);
    gives(other, "AT1");
    oauth_session_free(other);
    oauth_session_free(session);
    oauth_store_free(store);
}

static oauth_token *given(const oauth_session *session) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_session_token(session, NULL, &token, &error));
    return token;
}

static void a_refused_token_is_replaced(void) {
    static const struct { int32_t http_status; const char *www_authenticate; bool is_reason; } answers[] = {
        {401, NULL, true}, {401, "", true}, {401, "Bearer", true}, {401, "Bearer error=\"invalid_token\"", true},
        {403, "DPoP error=invalid_token", true}, {401, "Basic realm=\"a\"", true},
        {401, "Custom error=\"x\", Bearer realm=\"a\"", true}, {401, "Bearer error=expired_token", true}, {401, "\xff", true},
        {401, "Bearer error=\"insufficient_scope\"", false}, {403, "Bearer error=\"insufficient_scope\"", false},
        {401, "Bearer error=insufficient_user_authentication", false}, {200, NULL, false}, {403, NULL, false},
        {500, "Bearer error=\"invalid_token\"", false}, {0, NULL, false}, {-1, NULL, false}};
    oauth_session *session = NULL;
    oauth_token *token, *before, *none = NULL;
    size_t index;
    for (index = 0; index < sizeof answers / sizeof *answers; index++) {
        session = opened(NULL, "k", NULL);
        adopt(session, "AT1", "RT1", 3600);
        server_says(200, ROTATED);
        token = given(session);
        CHECK(oauth_session_replace(session, &token, answers[index].http_status, answers[index].www_authenticate, NULL,
                                    &error) == answers[index].is_reason);
        CHECK(error == NULL && fake.calls == (unsigned)answers[index].is_reason);
        CHECK_TEXT(oauth_token_access_token(token), answers[index].is_reason ? "AT2" : "AT1");
        if (answers[index].is_reason) { /* The new one is refused, too. */
            before = oauth_token_ref(token);
            CHECK(!oauth_session_replace(session, &token, 401, NULL, NULL, &error) && error == NULL);
            CHECK(!oauth_session_replace(session, &before, 401, NULL, NULL, &error) && error == NULL);
            CHECK_TEXT(oauth_token_access_token(token), "AT2");
            CHECK(fake.calls == 1);
            oauth_token_free(before);
        }
        oauth_token_free(token);
        oauth_session_free(session);
    }
    /* There is another one already. */
    session = opened(NULL, "k", NULL);
    adopt(session, "AT1", "RT1", 3600);
    token = given(session);
    adopt(session, "AT5", "RT5", 3600);
    server_says(200, ROTATED);
    CHECK(oauth_session_replace(session, &token, 401, NULL, NULL, &error) && fake.calls == 0);
    CHECK_TEXT(oauth_token_access_token(token), "AT5");
    oauth_token_free(token);
    /* There is none: the token stays, and why is said. */
    token = given(session);
    server_says(400, "{\"error\":\"invalid_grant\"}");
    CHECK(!oauth_session_replace(session, &token, 401, NULL, NULL, &error));
    CHECK(oauth_error_status(error) == OAUTH_ERROR_LOGIN_REQUIRED);
    CHECK_TEXT(oauth_token_access_token(token), "AT5");
    oauth_error_free(error);
    CHECK(!oauth_session_replace(NULL, &token, 401, NULL, NULL, &error));
    CHECK_CONTAINS(oauth_error_message(error), "session");
    oauth_error_free(error);
    CHECK(!oauth_session_replace(session, NULL, 401, NULL, NULL, &error) && error != NULL);
    CHECK(oauth_error_status(error) == argument);
    oauth_error_free(error);
    CHECK(!oauth_session_replace(session, &none, 401, NULL, NULL, &error) && error != NULL && none == NULL);
    CHECK_CONTAINS(oauth_error_message(error), "token");
    oauth_error_free(error);
    error = NULL;
    CHECK(!oauth_session_replace(NULL, NULL, 401, NULL, NULL, NULL));
    oauth_token_free(token);
    oauth_session_free(session);
}

/* Without a store, two sessions have nothing in common. */
static void without_a_store(void) {
    oauth_session *session = opened(NULL, "k", NULL), *other = opened(NULL, "k", NULL);
    adopt(session, "AT1", "RT1", 3600);
    gives(session, "AT1");
    CHECK_FAILS(ask(other, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "nothing is kept");
    oauth_session_free(session);
    oauth_session_free(other);
}

/* Nothing is under way: see tests/sessions/threads.rs for the rest. */
static void nothing_to_wait_for(void) {
    oauth_session *session = opened(NULL, "k", NULL);
    oauth_request_options *options = oauth_request_options_new();
    CHECK_OK(oauth_session_finish(session, NULL, &error));
    adopt(session, "AT1", "RT1", -1);
    server_says(200, ROTATED);
    gives(session, "AT2");
    CHECK_OK(oauth_session_finish(session, NULL, &error));
    CHECK(fake.calls == 1);
    CHECK_NAMES(oauth_session_finish(NULL, NULL, &error), argument, "session");
    CHECK(oauth_session_finish(NULL, NULL, NULL) == argument);
    oauth_request_options_set_timeout_ms(options, 0);
    CHECK_NAMES(oauth_session_finish(session, options, &error), argument, "options");
    oauth_request_options_free(options);
    oauth_session_free(session);
}

int main(void) {
    client = fake_client(&fake);
    a_refresh_token_from_elsewhere();
    an_api_refused_what_was_sent();
    others_see_the_refusal();
    a_refused_token_is_replaced();
    without_a_store();
    nothing_to_wait_for();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
