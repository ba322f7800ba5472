/* The client under test, through its header. */
#include "drive.h"

#include <oauth.h>

#include <stdio.h>
#include <stdlib.h>

const size_t stack_bytes = 96 * 1024;

struct client {
    oauth_client *oauth;
    const char *refresh_token;
};

struct caller {
    const struct client *client;
    oauth_token *token;
};

static void say(const char *what, oauth_error *error)
{
    fprintf(stderr, "%s: %s\n", what, oauth_error_message(error));
    oauth_error_free(error);
}

struct client *client_new(const struct endpoint *endpoint)
{
    struct client *client = calloc(1, sizeof *client);
    oauth_config *config = oauth_config_new();
    if (!client || !config) {
        oauth_config_free(config);
        free(client);
        return NULL;
    }
    client->refresh_token = endpoint->refresh_token;
    oauth_config_set_token_endpoint(config, endpoint->url);
    oauth_config_set_client(config, endpoint->client_id, endpoint->by_key ? NULL : endpoint->client_secret);
    if (endpoint->by_key) {
        oauth_key *key = NULL;
        if (oauth_key_generate("ES256", &key, NULL) == OAUTH_OK)
            oauth_config_set_client_key(config, key);
        oauth_key_free(key);
    }
    if (endpoint->ca_file && !endpoint->system_ca)
        oauth_config_add_ca_file(config, endpoint->ca_file);
    oauth_config_set_use_system_ca(config, endpoint->system_ca); /* else, as in libcurl.c, the one authority of the run */

    oauth_error *error = NULL;
    oauth_status status = oauth_client_new(config, &client->oauth, &error);
    oauth_config_free(config);
    if (status != OAUTH_OK) {
        say("oauth_client_new", error);
        free(client);
        return NULL;
    }
    return client;
}

void client_free(struct client *client)
{
    oauth_client_free(client->oauth);
    free(client);
}

struct caller *caller_new(struct client *client)
{
    struct caller *caller = calloc(1, sizeof *caller);
    if (caller)
        caller->client = client;
    return caller;
}

void caller_free(struct caller *caller)
{
    oauth_token_free(caller->token);
    free(caller);
}

const char *caller_refresh(struct caller *caller)
{
    const char *refresh_token = caller->token ? oauth_token_refresh_token(caller->token) : caller->client->refresh_token;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    if (oauth_refresh_token(caller->client->oauth, NULL, refresh_token, NULL, NULL, NULL, &token, &error) != OAUTH_OK) {
        say("oauth_refresh_token", error);
        return NULL;
    }
    oauth_token_free(caller->token);
    caller->token = token;
    if (oauth_token_expires_in_s(token) <= 0) {
        fprintf(stderr, "oauth_refresh_token: no expires_in\n");
        return NULL;
    }
    return oauth_token_access_token(token);
}
