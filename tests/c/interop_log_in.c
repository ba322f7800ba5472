/* A native app in the shortest way: discovery, the browser that $BROWSER names, and who has logged in. */
#include "check.h"

int main(void) {
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    oauth_token *token = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, setting("OAUTH_ISSUER"));
    oauth_config_set_client(config, setting("OAUTH_CLIENT_ID"), NULL);
    CHECK_OK(oauth_client_new(config, &client, &error));
    CHECK_OK(oauth_log_in(client, "openid", NULL, NULL, NULL, &token, &error));
    CHECK_OK(oauth_request_userinfo(client, token, NULL, &userinfo, &error));
    CHECK_TEXT(oauth_userinfo_subject(userinfo), setting("OAUTH_BROWSER_USER"));
    oauth_userinfo_free(userinfo);
    oauth_token_free(token);
    oauth_client_free(client);
    oauth_config_free(config);
    return 0;
}
