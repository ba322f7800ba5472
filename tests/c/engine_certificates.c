/* A program that trusts what the environment says, and whose certificates vanish once its client has
 * verified a server. */
#include "engine.h"

static oauth_config *trusting_config(bool environment) {
    oauth_config *config = new_config();
    oauth_config_set_use_environment(config, environment);
    oauth_config_set_idle_timeout_ms(config, 0); /* each call a new connection */
    return config;
}

static void check_refused(oauth_client *client) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    CHECK_FAILS(oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, &error), OAUTH_ERROR_TLS, "");
    oauth_client_free(client);
}

int main(void) {
    oauth_client *client = new_client_of(trusting_config(true));
    check_refused(new_client_of(trusting_config(false))); /* it has not looked there */
    CHECK(access(setting("FILE"), R_OK) == 0); /* not read yet: */
    refresh(client, "r");
    CHECK(remove(setting("FILE")) == 0);
    for (int call = 0; call < 50; call++)
        refresh(client, "r");
    check_refused(new_client_of(trusting_config(true))); /* there is nothing any more */
    oauth_client_free(client);
    return 0;
}
