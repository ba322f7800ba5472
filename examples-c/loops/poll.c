/* A loop with poll: gets tokens without blocking, and does something else meanwhile.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=batch OAUTH_CLIENT_SECRET=... poll
 */
#include <oauth.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    oauth_client *client = NULL;
    oauth_session *session = NULL;
    oauth_operation *operation = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    oauth_config *config = oauth_config_new();
    oauth_session_options *options = oauth_session_options_new();

    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    oauth_session_options_set_client_credentials(options, true);
    oauth_status status = oauth_client_new(config, &client, &error);
    if (status == OAUTH_OK)
        status = oauth_session_open(client, NULL, "api", options, &session, &error);
    if (status == OAUTH_OK)
        token = oauth_session_peek(session); /* none yet; later it is there at once */
    if (status == OAUTH_OK && token == NULL)
        status = oauth_session_token_start(session, NULL, &operation, &error);
    while (status == OAUTH_OK && token == NULL) {
        struct pollfd waiting[] = {{(int)oauth_operation_descriptor(operation), POLLIN, 0}}; /* and all else */
        if (poll(waiting, 1, 100) == 0)
            puts("tick"); /* what else the program does */
        else if (oauth_operation_done(operation))
            status = oauth_operation_token(operation, &token, &error);
    }
    oauth_operation_free(operation);
    if (status == OAUTH_OK)
        printf("%s\n", oauth_token_authorization(token));
    else
        fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(error));
    oauth_error_free(error);
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_client_free(client);
    oauth_session_options_free(options);
    oauth_config_free(config);
    return status == OAUTH_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
