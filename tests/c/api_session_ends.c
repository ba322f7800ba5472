/* Sessions: how a login ends, and what is told of failures. */
#include "api_session.h"

#define REVOCATION_ENDPOINT "https://as.example/revoke"

/* The server is not asked, and nothing is left of the login. */
static void needs_a_login(const oauth_session *session, const char *named) {
    char buffer[64] = "before";
    size_t length = 1;
    unsigned calls = fake.calls;
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, named);
    CHECK_FAILS(oauth_session_copy_access_token(session, NULL, buffer, sizeof buffer, &length, &error),
                OAUTH_ERROR_LOGIN_REQUIRED, named);
    CHECK(buffer[0] == '\0' && length == 0 && fake.calls == calls);
}

static void a_login_is_forgotten(void) {
    const struct fake_answer at[] = {{REVOCATION_ENDPOINT, "", 0}, {NULL, NULL, 0}},
                             down[] = {{REVOCATION_ENDPOINT, "", 503}, {NULL, NULL, 0}};
    oauth_client *usual = client;
    oauth_config *config = fake_config(&fake);
    oauth_store *store = memory();
    oauth_session *session, *other;
    oauth_config_set_revocation_endpoint(config, REVOCATION_ENDPOINT);
    client = client_of(config);
    session = opened(store, "k", NULL);
    other = opened(store, "k", NULL);
    server_says(200, NULL);
    fake.at = at;
    CHECK_OK(oauth_session_forget(session, true, NULL, &error)); /* there is nothing to forget */
    CHECK(fake.calls == 0);
    adopt(session, "AT1", "RT1", 3600);
    gives(other, "AT1");
    CHECK_OK(oauth_session_forget(session, false, NULL, &error));
    CHECK(fake.calls == 0);
    needs_a_login(session, "nothing is kept under this key");
    CHECK(oauth_session_expires_at_s(session) == -1);
    adopt(session, "AT1", "RT1", 3600);
    CHECK_OK(oauth_session_forget(other, true, NULL, &error));
    CHECK(fake.calls == 1);
    CHECK_TEXT(fake.url, REVOCATION_ENDPOINT);
    CHECK_TEXT(fake.body_seen, "token=RT1&token_type_hint=refresh_token");
    needs_a_login(other, "nothing is kept");
    adopt(session, "AT1", NULL, 3600);
    fake.at = down;
    CHECK(oauth_session_forget(session, true, NULL, &error) == OAUTH_ERROR_NOT_REVOKED);
    CHECK_CONTAINS(oauth_error_message(error), "the login was deleted, and its token was not revoked: ");
    CHECK_CONTAINS(oauth_error_message(error), "503");
    CHECK(oauth_error_request_sent(error) && oauth_error_advice(error) == OAUTH_ADVICE_NONE);
    CHECK(oauth_response_status(oauth_error_response(error)) == 503);
    oauth_error_free(error);
    error = NULL;
    CHECK_TEXT(fake.body_seen, "token=AT1&token_type_hint=access_token");
    needs_a_login(session, "nothing is kept");
    fake.at = NULL;
    oauth_client_free(client);
    client = usual;
    adopt(session, "AT4", NULL, 3600);
    gives(session, "AT4");
    oauth_session_free(other);
    oauth_session_free(session);
    session = opened(store, "k", NULL); /* of a client without that endpoint */
    CHECK_FAILS(oauth_session_forget(session, true, NULL, &error), OAUTH_ERROR_INVALID_CONFIG, "revocation_endpoint");
    gives(session, "AT4"); /* known at once, and all is as it was */
    oauth_session_free(session);
    { /* Nothing is deleted before it is known where to revoke it. */
        static const struct fake_answer nowhere[] = {
            {"https://as.example/.well-known/openid-configuration", "", 503}, {NULL, NULL, 0}};
        config = fake_config(&fake);
        oauth_config_set_issuer(config, "https://as.example");
        client = client_of(config);
        session = opened(store, "k", NULL);
        adopt(session, "AT5", "RT5", 3600);
        fake.at = nowhere;
        CHECK_FAILS(oauth_session_forget(session, true, NULL, &error), OAUTH_ERROR_HTTP, "503");
        fake.at = NULL;
        gives(session, "AT5");
        oauth_session_free(session);
        oauth_client_free(client);
        client = usual;
    }
    oauth_store_free(store);
}

static void a_login_is_required(void) {
    oauth_store *store = memory();
    oauth_session *session = opened(store, "k", NULL), *other;
    oauth_error *last;
    oauth_token *token = NULL;
    int looks;
    server_says(200, NULL);
    needs_a_login(session, "nothing is kept under this key");
    adopt(session, "AT0", NULL, -1);
    needs_a_login(session, "the token has expired, and there is no refresh token");
    CHECK(fake.calls == 0);
    oauth_session_free(session);
    /* The server says no, and is not asked again, whoever looks. */
    session = expired(store, "k", NULL);
    server_says(400, "{\"error\":\"invalid_grant\",\"error_description\":\"revoked\",\"error_uri\":\"https://e/\"}");
    CHECK(oauth_session_token(session, NULL, &token, &error) == OAUTH_ERROR_LOGIN_REQUIRED && token == NULL);
    CHECK(fake.calls == 1);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_INVALID_GRANT);
    CHECK_TEXT(oauth_error_provider_description(error), "revoked");
    CHECK_TEXT(oauth_error_provider_uri(error), "https://e/");
    CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT);
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN && oauth_error_request_sent(error));
    oauth_error_free(error);
    error = NULL;
    last = oauth_session_last_error(session);
    CHECK(last != NULL && oauth_error_status(last) == OAUTH_ERROR_LOGIN_REQUIRED);
    CHECK_TEXT(oauth_error_provider_description(last), "revoked");
    oauth_error_free(last);
    needs_a_login(session, "the server refused the refresh token");
    other = opened(store, "k", NULL);
    for (looks = 0; looks < 2; looks++) { /* before its first call, too */
        last = oauth_session_last_error(other);
        CHECK(last != NULL && oauth_error_status(last) == OAUTH_ERROR_LOGIN_REQUIRED);
        CHECK_TEXT(oauth_error_provider_description(last), "revoked");
        oauth_error_free(last);
    }
    needs_a_login(other, "the server has refused the refresh token (HTTP 400): invalid_grant");
    /* A new login heals both at once. */
    adopt(other, "AT1", "RT1", -1);
    server_says(200, ROTATED);
    gives(other, "AT2");
    CHECK(fake.calls == 1 && oauth_session_last_error(other) == NULL);
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    gives(session, "AT2");
    oauth_session_free(other);
    oauth_session_free(session);
    oauth_store_free(store);
}

/* A failure is told, and forgotten with the next success; the refresh token was not used up. */
static void the_last_error_is_kept(void) {
    oauth_store *store = memory();
    oauth_session *session = expired(store, "k", NULL);
    oauth_error *last;
    server_says(200, ROTATED);
    fake.returns = OAUTH_ERROR_CONNECT;
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_CONNECT, FAKE_ENDPOINT);
    last = oauth_session_last_error(session);
    CHECK(last != NULL && oauth_error_status(last) == OAUTH_ERROR_CONNECT);
    CHECK(oauth_session_saved(session)); /* the old one is */
    fake.returns = OAUTH_OK;
    gives(session, "AT2");
    CHECK(oauth_session_last_error(session) == NULL);
    oauth_session_free(session);
    CHECK_TEXT(oauth_error_endpoint(last), FAKE_ENDPOINT); /* it is the program's */
    oauth_error_free(last);
    oauth_store_free(store);
}

/* Who is asked too often does not ask the server. */
static void failures_back_off(void) {
    oauth_store *store = memory();
    oauth_session *session = expired(store, "k", NULL);
    oauth_token *token = NULL;
    server_says(429, "{\"error\":\"temporarily_unavailable\"}");
    fake.headers = (const char *[][2]){{"Retry-After", "7"}, {NULL, NULL}};
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_PROVIDER, "temporarily_unavailable");
    fake.headers = NULL;
    server_says(200, ROTATED);
    CHECK(oauth_session_token(session, NULL, &token, &error) == OAUTH_ERROR_PROVIDER && fake.calls == 0);
    CHECK(oauth_error_retry_after_s(error) > 0 && oauth_error_retry_after_s(error) <= 7);
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_RETRY_LATER);
    oauth_error_free(error);
    error = NULL;
    oauth_session_free(session);
    oauth_store_free(store);
}

int main(void) {
    client = fake_client(&fake);
    a_login_is_forgotten();
    a_login_is_required();
    the_last_error_is_kept();
    failures_back_off();
    oauth_client_free(client);
    return 0;
}
