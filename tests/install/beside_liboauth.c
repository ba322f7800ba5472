/* Both libraries in one process: liboauth (OAuth 1) is linked, and this library is called through its own header. */
#include <oauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From liboauth's oauth.h, which has the same name. */
char *oauth_url_escape(const char *string);
char *oauth_gen_nonce(void);

int main(void)
{
    char *escaped = oauth_url_escape("a b");
    char *nonce = oauth_gen_nonce();
    oauth_config *config = oauth_config_new();
    oauth_client *client = NULL;
    oauth_error *error = NULL;
    oauth_config_set_issuer(config, "https://as.example");
    oauth_config_set_client(config, "app", NULL);
    oauth_status status = oauth_client_new(config, &client, &error);
    int right = strcmp(escaped, "a%20b") == 0 && nonce != NULL && status == OAUTH_OK
        && strcmp(oauth_version(), OAUTH_VERSION_STRING) == 0;
    oauth_error_free(error);
    oauth_client_free(client);
    oauth_config_free(config);
    free(nonce);
    free(escaped);
    puts(right ? "both" : "one answers for the other");
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
