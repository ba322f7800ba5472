/* Sessions with the server of api_fake.h. */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "api_fake.h"
#include <time.h>

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

#define ROTATED "{\"access_token\":\"AT2\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"RT2\"}"

static inline oauth_store *memory(void) {
    oauth_store *store = NULL;
    CHECK_OK(oauth_store_open_memory(&store, &error));
    return store;
}

static inline oauth_session *opened(const oauth_store *store, const char *key, const oauth_session_options *options) {
    oauth_session *session = NULL;
    CHECK_OK(oauth_session_open(client, store, key, options, &session, &error));
    CHECK(session != NULL);
    return session;
}

/* A token that expires then, counted from now; a refresh token may be NULL. */
static inline oauth_token *made(const char *access_token, const char *refresh_token, int64_t expires_in_s) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_token_new(access_token, "Bearer", refresh_token, NULL, (int64_t)time(NULL) + expires_in_s, &token,
                             &error));
    return token;
}

static inline void adopt(const oauth_session *session, const char *access_token, const char *refresh_token,
                         int64_t expires_in_s) {
    oauth_token *token = made(access_token, refresh_token, expires_in_s);
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    oauth_token_free(token);
}

/* A session that has to renew with the refresh token RT1. */
static inline oauth_session *expired(const oauth_store *store, const char *key, const oauth_session_options *options) {
    oauth_session *session = opened(store, key, options);
    adopt(session, "AT1", "RT1", -1);
    return session;
}

/* What it serves the server answers from now on, and none was sent so far. */
static inline void server_says(int32_t http_status, const char *body) {
    fake.http_status = http_status;
    fake.body = body;
    fake.calls = 0;
}

static inline oauth_status ask(const oauth_session *session, const oauth_request_options *options) {
    oauth_token *token = (oauth_token *)&fake;
    oauth_status status = oauth_session_token(session, options, &token, &error);
    CHECK((token != NULL) == (status == OAUTH_OK));
    oauth_token_free(token);
    return status;
}

/* It gives this access token, in both ways. */
static inline void gives(const oauth_session *session, const char *access_token) {
    oauth_token *token = NULL;
    char buffer[64];
    size_t length = 0;
    CHECK_OK(oauth_session_token(session, NULL, &token, &error));
    CHECK_TEXT(oauth_token_access_token(token), access_token);
    CHECK(oauth_token_response(token) == NULL);
    oauth_token_free(token);
    CHECK_OK(oauth_session_copy_access_token(session, NULL, buffer, sizeof buffer, &length, &error));
    CHECK_TEXT(buffer, access_token);
    CHECK(length == strlen(access_token));
}

/* Every call that needs the session's token. */
static inline void is_busy(const oauth_session *session) {
    oauth_error *why = NULL, **kept = &why;
    oauth_token *token = made("AT", NULL, 60), *none = NULL;
    char buffer[64];
    size_t length;
    const oauth_status busy = OAUTH_ERROR_BUSY;
    CHECK(oauth_session_token(session, NULL, &none, kept) == busy && none == NULL);
    CHECK(is_one_line(oauth_error_message(why)) && oauth_error_advice(why) == OAUTH_ADVICE_RETRY);
    oauth_error_free(why);
    CHECK(oauth_session_copy_access_token(session, NULL, buffer, sizeof buffer, &length, NULL) == busy);
    CHECK(oauth_session_copy_authorization(session, NULL, buffer, sizeof buffer, &length, NULL) == busy);
    CHECK(buffer[0] == '\0' && length == 0);
    CHECK(oauth_session_adopt(session, token, NULL, NULL) == busy);
    CHECK(oauth_session_adopt_refresh_token(session, "RT", NULL, NULL) == busy);
    CHECK(oauth_session_invalidate_text(session, "AT", NULL) == busy);
    CHECK(!oauth_session_replace(session, &token, 401, NULL, NULL, NULL));
    CHECK(oauth_session_finish(session, NULL, NULL) == busy);
    CHECK(oauth_session_invalidate(session, token, NULL) == busy);
    CHECK(oauth_session_forget(session, false, NULL, NULL) == busy);
    oauth_token_free(token);
    /* What is known without a renewal can be asked. */
    (void)oauth_session_saved(session);
    oauth_error_free(oauth_session_last_error(session));
    CHECK(oauth_session_expires_at_s(session) >= -1 && oauth_session_next_renewal_at_s(session) >= -1);
}

#endif
