#include <oauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library that was packaged is the one of the header, and says what is missing. */
int main(void)
{
    oauth_client *client = NULL;
    oauth_error *error = NULL;
    oauth_config *config = oauth_config_new();
    oauth_status status = oauth_client_new(config, &client, &error);

    printf("liboauthclient %s: %s: %s\n", oauth_version(), oauth_status_name(status), oauth_error_message(error));
    oauth_error_free(error);
    oauth_client_free(client);
    oauth_config_free(config);
    return status != OAUTH_OK && strcmp(oauth_version(), OAUTH_VERSION_STRING) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
