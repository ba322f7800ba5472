/* Gets a token for a machine: no user, the client's own identifier and secret.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=batch OAUTH_CLIENT_SECRET=... client_credentials
 *
 * Also read: OAUTH_SCOPE, OAUTH_AUDIENCE, and OAUTH_TOKEN_ENDPOINT for a server without metadata.
 */
#include <oauth.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const char *issuer = getenv("OAUTH_ISSUER"), *token_endpoint = getenv("OAUTH_TOKEN_ENDPOINT");
    const char *audience = getenv("OAUTH_AUDIENCE");
    oauth_client *client = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;

    oauth_config *config = oauth_config_new();
    if (issuer)
        oauth_config_set_issuer(config, issuer);
    if (token_endpoint)
        oauth_config_set_token_endpoint(config, token_endpoint); /* wins over what the issuer says */
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    oauth_params *parameters = oauth_params_new();
    if (audience)
        oauth_params_add(parameters, "audience", audience);

    oauth_status status = oauth_client_new(config, &client, &error);
    if (status == OAUTH_OK)
        status = oauth_request_client_credentials(client, getenv("OAUTH_SCOPE"), parameters, NULL, &token, &error);
    if (status == OAUTH_OK)
        printf("%s\n", oauth_token_access_token(token));
    else
        fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(error));

    oauth_error_free(error);
    oauth_token_free(token);
    oauth_client_free(client);
    oauth_params_free(parameters);
    oauth_config_free(config);
    return status == OAUTH_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
