/* A login in a directory, which a second process finds: `session log-in DIRECTORY`, then `session DIRECTORY`. Prints the
 * Authorization header of a valid token. */
#include <oauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
    int log_in = count == 3 && strcmp(arguments[1], "log-in") == 0;
    oauth_client *client = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    char authorization[4096];

    if (count < 2)
        return 2;
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    oauth_status status = oauth_client_new(config, &client, &error);
    if (status == OAUTH_OK)
        status = oauth_store_open_directory(arguments[count - 1], NULL, &store, &error);
    if (status == OAUTH_OK)
        status = oauth_session_open(client, store, "login", NULL, &session, &error);
    if (status == OAUTH_OK && log_in)
        status = oauth_log_in(client, NULL, NULL, NULL, NULL, &token, &error);
    if (status == OAUTH_OK && log_in)
        status = oauth_session_adopt(session, token, NULL, &error);
    if (status == OAUTH_OK)
        status = oauth_session_copy_authorization(session, NULL, authorization, sizeof authorization, NULL, &error);
    if (status == OAUTH_OK)
        puts(authorization);
    else
        fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(error));

    oauth_error_free(error);
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    oauth_config_free(config);
    return status == OAUTH_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
