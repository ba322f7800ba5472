/* A native app of the FAPI 2.0 message signing profile: a key in a file, the browser that $BROWSER names, a session. */
#include "check.h"

static oauth_error *error = NULL;

static oauth_key *key_in_file(const char *path) {
    uint8_t pem[8192];
    oauth_key *key = NULL;
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t length = fread(pem, 1, sizeof pem, file);
    fclose(file);
    CHECK_OK(oauth_key_from_pem(pem, length, NULL, &key, &error));
    return key;
}

static void is_bound(const oauth_session *session) {
    oauth_proof *proof = NULL;
    CHECK_OK(oauth_session_proof(session, "GET", "https://api.example/accounts", NULL, &proof, &error));
    CHECK(strncmp(oauth_proof_authorization(proof), "DPoP ", 5) == 0 && oauth_proof_dpop(proof) != NULL);
    oauth_proof_free(proof);
}

int main(void) {
    oauth_client *client = NULL;
    oauth_token *token = NULL, *renewed = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_key *key = key_in_file(setting("KEY_FILE"));
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, setting("OAUTH_ISSUER"));
    oauth_config_set_client(config, setting("OAUTH_CLIENT_ID"), NULL);
    oauth_config_set_client_key(config, key);
    oauth_config_set_dpop(config, true);
    oauth_config_set_security_profile(config, OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    oauth_key_free(key);

    CHECK_OK(oauth_log_in(client, "openid offline_access", NULL, NULL, NULL, &token, &error));
    CHECK_OK(oauth_store_open_memory(&store, &error));
    CHECK_OK(oauth_session_open(client, store, "me", NULL, &session, &error));
    oauth_store_free(store);
    CHECK_OK(oauth_session_adopt(session, token, NULL, &error));
    is_bound(session);
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    CHECK_OK(oauth_session_token(session, NULL, &renewed, &error));
    CHECK(strcmp(oauth_token_access_token(renewed), oauth_token_access_token(token)) != 0);
    is_bound(session);
    CHECK_OK(oauth_request_userinfo(client, renewed, NULL, &userinfo, &error));
    CHECK_TEXT(oauth_userinfo_subject(userinfo), setting("OAUTH_BROWSER_USER"));
    CHECK_OK(oauth_session_forget(session, true, NULL, &error));

    oauth_userinfo_free(userinfo);
    oauth_token_free(renewed);
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_client_free(client);
    return 0;
}
