/* Whose login it is: a session gives and sends nothing that belongs to another issuer, client or purpose. */
#include "api_session.h"
#include "api_shelf.h"

#define ENDPOINT "https://a.example/token"

static oauth_client *client_for(const char *issuer, const char *token_endpoint, const char *client_id) {
    oauth_config *config = fake_config(&fake);
    if (issuer != NULL) {
        oauth_config_set_issuer(config, issuer);
    }
    oauth_config_set_token_endpoint(config, token_endpoint);
    oauth_config_set_revocation_endpoint(config, "https://a.example/revoke");
    oauth_config_set_client(config, client_id, "s3cr3t");
    return client_of(config);
}

static oauth_session *session_of(const oauth_client *whose, const oauth_store *store, const oauth_session_options *options) {
    oauth_session *session = NULL;
    CHECK_OK(oauth_session_open(whose, store, "work", options, &session, &error));
    return session;
}

static const struct { const char *issuer, *token_endpoint, *client_id; } owners[] = {
    {NULL, ENDPOINT, "a"},
    {NULL, ENDPOINT, "b"},
    {NULL, "https://b.example/token", "a"},
    {"https://a.example", ENDPOINT, "a"},
    {"https://a.example/", ENDPOINT, "a"},
};
enum { OWNERS = sizeof owners / sizeof *owners };

/* Under one key of one store each has a login of its own, and ends no other. */
static void each_has_its_own_login(void) {
    oauth_store *store = memory();
    oauth_client *clients[OWNERS];
    oauth_session *sessions[OWNERS];
    size_t index, other;
    for (index = 0; index < OWNERS; index++) {
        clients[index] = client_for(owners[index].issuer, owners[index].token_endpoint, owners[index].client_id);
        sessions[index] = session_of(clients[index], store, NULL);
    }
    fake.calls = 0;
    for (index = 0; index < OWNERS; index++) {
        char name[] = "AT-0";
        name[3] = (char)('0' + index);
        adopt(sessions[index], name, "RT", 3600);
        for (other = index + 1; other < OWNERS; other++) {
            CHECK_FAILS(ask(sessions[other], NULL), OAUTH_ERROR_LOGIN_REQUIRED, "nothing is kept");
            /* There is nothing to revoke. */
            CHECK_OK(oauth_session_forget(sessions[other], true, NULL, &error));
        }
    }
    CHECK(fake.calls == 0);
    for (index = 0; index < OWNERS; index++) {
        /* In another process with the same settings it is the same login. */
        oauth_client *again = client_for(owners[index].issuer, owners[index].token_endpoint, owners[index].client_id);
        oauth_session *session = session_of(again, store, NULL);
        char name[] = "AT-0";
        name[3] = (char)('0' + index);
        gives(session, name);
        oauth_session_free(session);
        oauth_client_free(again);
        oauth_session_free(sessions[index]);
        oauth_client_free(clients[index]);
    }
    oauth_store_free(store);
}

/* Without a user, a token is for a scope, resources and audiences; with one, another scope is the same login. */
static void each_purpose_has_its_own_token(void) {
    static const char *purposes[][3] = {
        {NULL, NULL, NULL}, {"a", NULL, NULL}, {"a b", NULL, NULL}, {"a", "resource", "https://r.example"},
        {"a", "audience", "https://r.example"}, {NULL, "scope", "c"}, {"b  a", NULL, NULL}, {NULL, "scope", "b a"}};
    oauth_store *store = memory();
    size_t index;
    for (index = 0; index < 8; index++) {
        oauth_session_options *options = oauth_session_options_new();
        oauth_session_options *of_user = oauth_session_options_new();
        oauth_params *params = oauth_params_new();
        oauth_session *session;
        oauth_session_options_set_client_credentials(options, true);
        oauth_session_options_set_scope(options, purposes[index][0]);
        oauth_session_options_set_scope(of_user, purposes[index][0]);
        if (purposes[index][1] != NULL) {
            oauth_params_add(params, purposes[index][1], purposes[index][2]);
            oauth_session_options_set_field_parameters(options, params);
        }
        server_says(200, FAKE_TOKEN);
        session = session_of(client, store, options);
        gives(session, "AT");
        CHECK(fake.calls == (index < 6)); /* the order of a scope says nothing */
        oauth_session_free(session);
        session = session_of(client, store, of_user);
        if (index == 0) {
            adopt(session, "AT-user", "RT", 3600);
        }
        gives(session, "AT-user");
        oauth_session_free(session);
        oauth_params_free(params);
        oauth_session_options_free(options);
        oauth_session_options_free(of_user);
    }
    oauth_store_free(store);
}

/* A store that does not look at the whole place: its record says whose it is, and is left alone. */
static void the_record_says_whose_it_is(void) {
    struct shelf *shelf = calloc(1, sizeof *shelf);
    oauth_store *store = store_of(shelf);
    oauth_client *mine = client_for("https://a.example", ENDPOINT, "a"), *theirs = client_for(NULL, ENDPOINT, "b");
    oauth_session *session = session_of(mine, store, NULL), *other = session_of(theirs, store, NULL);
    oauth_token *token = made("AT-b", NULL, 3600);
    const char *both = "it is that of issuer https://a.example, client a, key work, not of token endpoint " ENDPOINT
                       ", client b, key work";
    adopt(session, "AT-a", "RT-a", -1);
    fake.calls = 0;
    CHECK_FAILS(ask(other, NULL), OAUTH_ERROR_STORE, both);
    CHECK_FAILS(oauth_session_adopt(other, token, NULL, &error), OAUTH_ERROR_STORE, both);
    CHECK_FAILS(oauth_session_forget(other, true, NULL, &error), OAUTH_ERROR_STORE, both);
    CHECK(fake.calls == 0);
    server_says(200, ROTATED);
    gives(session, "AT2");
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_session_free(other);
    oauth_client_free(mine);
    oauth_client_free(theirs);
    oauth_store_free(store);
    free(shelf);
}

static void it_says_who_its_issuer_is(void) {
    oauth_client *with = client_for("https://a.example", ENDPOINT, "a"), *without = client_for(NULL, ENDPOINT, "a");
    oauth_session *session = session_of(with, NULL, NULL), *other = session_of(without, NULL, NULL);
    oauth_client_free(with);
    oauth_client_free(without);
    CHECK_TEXT(oauth_session_issuer(session), "https://a.example");
    CHECK(oauth_session_issuer(other) == NULL && oauth_session_issuer(NULL) == NULL);
    oauth_session_free(session);
    oauth_session_free(other);
}

/* A refresh token is bound to the client that got it (RFC 6749 section 6); an access token is not. */
static void a_refresh_token_is_of_its_client(void) {
    oauth_client *mine = client_for(NULL, ENDPOINT, "a"), *theirs = client_for(NULL, ENDPOINT, "b");
    oauth_session *session = session_of(mine, NULL, NULL);
    oauth_token *token = NULL;
    server_says(200, ROTATED);
    CHECK_OK(oauth_request_token(theirs, NULL, "c", NULL, NULL, NULL, &token, &error));
    CHECK_NAMES(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "token");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "nothing is kept");
    oauth_token_free(token);
    server_says(200, FAKE_TOKEN);
    CHECK_OK(oauth_request_token(theirs, NULL, "c", NULL, NULL, NULL, &token, &error));
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    gives(session, "AT");
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_client_free(mine);
    oauth_client_free(theirs);
}

int main(void) {
    client = fake_client(&fake);
    each_has_its_own_login();
    each_purpose_has_its_own_token();
    the_record_says_whose_it_is();
    a_refresh_token_is_of_its_client();
    it_says_who_its_issuer_is();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
