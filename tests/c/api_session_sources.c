/* Sessions without a user: what a source gives is exchanged, is the assertion, or is the token. */
#include "api_session.h"
#include "alone.h"

#define JWT "urn:ietf:params:oauth:token-type:jwt"

static const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
static const char *credential = "t0k1";

static oauth_status read_it(void *user_data, oauth_source_value *value) {
    if (user_data != NULL) {
        is_busy(*(oauth_session **)user_data);
    }
    oauth_source_value_set(value, credential);
    return credential == NULL ? OAUTH_ERROR_CALLBACK : OAUTH_OK;
}

static oauth_source *source_of(oauth_session **session) {
    oauth_source *source = NULL;
    CHECK_OK(oauth_source_from_callback(read_it, session, NULL, &source, &error));
    return source;
}

/* Opens a session, and frees the options. */
static oauth_session *with(oauth_session_options *options) {
    oauth_session *session = opened(NULL, "k", options);
    oauth_session_options_free(options);
    return session;
}

static void a_token_is_exchanged(void) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_session *session = NULL;
    oauth_source *source = source_of(&session);
    oauth_session_options_set_token_exchange(options, source, JWT);
    oauth_session_options_set_actor_token(options, source, "urn:x:y");
    oauth_session_options_set_scope(options, "a b");
    session = with(options);
    oauth_source_free(source);
    server_says(200, NULL);
    gives(session, "AT");
    CHECK(fake.calls == 1);
    CHECK_CONTAINS(fake.body_seen,
                   "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=t0k1"
                   "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt");
    CHECK_CONTAINS(fake.body_seen, "&actor_token=t0k1&actor_token_type=urn%3Ax%3Ay");
    CHECK_CONTAINS(fake.body_seen, "&scope=a+b");
    oauth_session_free(session);
}

static void a_jwt_is_the_assertion(void) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_source *source = source_of(NULL);
    oauth_session *session;
    oauth_session_options_set_jwt_bearer(options, source);
    oauth_source_free(source);
    session = with(options);
    server_says(200, NULL);
    CHECK(ask(session, NULL) == OAUTH_OK);
    CHECK_CONTAINS(fake.body_seen, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=t0k1");
    oauth_session_free(session);
}

static void a_token_comes_from_elsewhere(void) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_source *source = source_of(NULL);
    oauth_session *session;
    oauth_session_options_set_source(options, source);
    oauth_source_free(source);
    session = with(options);
    server_says(200, NULL);
    credential = "{\"access_token\":\"t0k2\",\"expires_in\":\"86399\",\"token_type\":\"Bearer\"}";
    gives(session, "t0k2");
    CHECK(oauth_session_expires_at_s(session) >= (int64_t)time(NULL) + 86390 && fake.calls == 0);
    oauth_session_free(session);
    credential = "t0k1";
}

static void a_session_is_a_source(void) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_source *source = source_of(NULL), *first = (oauth_source *)&fake;
    oauth_session *before, *session;
    char *text = NULL;
    oauth_session_options_set_token_exchange(options, source, JWT);
    oauth_source_free(source);
    before = with(options);
    CHECK_NAMES(oauth_source_from_session(NULL, &first, &error), argument, "session");
    CHECK(first == NULL);
    CHECK_NAMES(oauth_source_from_session(before, NULL, &error), argument, "source");
    CHECK(oauth_source_from_session(NULL, NULL, NULL) == argument);
    CHECK_OK(oauth_source_from_session(before, &first, &error));
    oauth_session_free(before); /* the source keeps it */
    options = oauth_session_options_new();
    oauth_session_options_set_jwt_bearer(options, first);
    session = with(options);
    server_says(200, NULL);
    gives(session, "AT");
    CHECK(fake.calls == 2);
    CHECK_CONTAINS(fake.body_seen, "&assertion=AT");
    CHECK_OK(oauth_source_read(first, NULL, &text, &error));
    CHECK_TEXT(text, "AT");
    oauth_string_free(text);
    oauth_source_free(first);
    oauth_session_free(session);
}

static void a_source_may_fail(void) {
    oauth_session_options *options = oauth_session_options_new();
    oauth_source *source = source_of(NULL);
    oauth_session *session;
    oauth_session_options_set_token_exchange(options, source, JWT);
    oauth_source_free(source);
    session = with(options);
    credential = NULL;
    server_says(200, NULL);
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_CALLBACK, "the source's function returned");
    credential = "t0k1";
    gives(session, "AT");
    oauth_session_free(session);
    CHECK_OK(oauth_source_from_file("/nonexistent/token", NULL, &source, &error));
    options = oauth_session_options_new();
    oauth_session_options_set_source(options, source);
    oauth_source_free(source);
    session = with(options);
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_SOURCE, "the file /nonexistent/token could not be read");
    oauth_session_free(session);
}

static void is_not_opened(oauth_session_options *options, const char *named) {
    oauth_session *session = (oauth_session *)&fake;
    CHECK_NAMES(oauth_session_open(client, NULL, "k", options, &session, &error), argument, named);
    CHECK(session == NULL);
    oauth_session_options_free(options);
}

static void wrong_options_are_named(void) {
    oauth_source *source = source_of(NULL);
    oauth_session_options *options = oauth_session_options_new();
    oauth_session_options_set_token_exchange(options, source, NULL);
    is_not_opened(options, "options: subject_token_type is NULL");
    options = oauth_session_options_new();
    oauth_session_options_set_token_exchange(options, source, NOT_UTF8);
    is_not_opened(options, "options: subject_token_type is not valid UTF-8");
    options = oauth_session_options_new();
    oauth_session_options_set_token_exchange(options, source, "");
    is_not_opened(options, "options: subject_token_type is no URI");
    options = oauth_session_options_new();
    oauth_session_options_set_token_exchange(options, source, JWT);
    oauth_session_options_set_actor_token(options, source, NULL);
    is_not_opened(options, "options: actor_token_type is NULL");
    options = oauth_session_options_new();
    oauth_session_options_set_actor_token(options, source, JWT);
    is_not_opened(options, "options: actor_token is set");
    options = oauth_session_options_new();
    oauth_session_options_set_jwt_bearer(options, source);
    oauth_session_options_set_client_credentials(options, true);
    is_not_opened(options, "options: client_credentials and jwt_bearer");
    /* What is taken back is not set. */
    options = oauth_session_options_new();
    oauth_session_options_set_token_exchange(options, source, JWT);
    oauth_session_options_set_token_exchange(options, NULL, NULL);
    oauth_session_options_set_actor_token(options, source, JWT);
    oauth_session_options_set_actor_token(options, NULL, NULL);
    oauth_session_options_set_jwt_bearer(options, source);
    oauth_session_options_set_jwt_bearer(options, NULL);
    oauth_session_options_set_source(options, source);
    oauth_session_options_set_source(options, NULL);
    oauth_session_free(with(options));
    oauth_session_options_set_token_exchange(NULL, source, JWT);
    oauth_session_options_set_actor_token(NULL, source, JWT);
    oauth_session_options_set_jwt_bearer(NULL, source);
    oauth_session_options_set_source(NULL, source);
    oauth_source_free(source);
}

int main(void) {
    client = client_of(fake_config(&fake));
    a_token_is_exchanged();
    a_jwt_is_the_assertion();
    a_token_comes_from_elsewhere();
    a_session_is_a_source();
    a_source_may_fail();
    wrong_options_are_named();
    oauth_client_free(client);
    until_alone();
    return 0;
}
