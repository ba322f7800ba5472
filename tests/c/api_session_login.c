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
    without_a_store();
    nothing_to_wait_for();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
