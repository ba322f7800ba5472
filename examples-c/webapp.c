/* Logs a user in from a web back end, whose processes come and go between the two requests: a CGI program, a worker.
 *
 *     webapp begin FILE               # prints the URL to redirect the browser to; FILE stands for the user's session
 *     webapp finish FILE REDIRECT     # REDIRECT is what the browser came back with: URL, request target, or form body
 *
 * Read from the environment: OAUTH_ISSUER, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, OAUTH_REDIRECT_URI, OAUTH_SCOPE.
 */
#include <oauth.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 * 1024 };

/* What is kept holds secrets: the real thing belongs into the server's own session store, never into a cookie. */
static int keep(const char *file, const char *json)
{
    FILE *out = fopen(file, "w");
    int kept = out && fputs(json, out) >= 0;
    if (out && fclose(out) != 0)
        kept = 0;
    return kept;
}

/* Takes it away, too: a redirect is answered once. */
static int take(const char *file, char *json)
{
    FILE *in = fopen(file, "r");
    size_t length = in ? fread(json, 1, LONGEST - 1, in) : 0;
    json[length] = '\0';
    if (in)
        fclose(in);
    return length > 0 && remove(file) == 0;
}

int main(int argc, char **argv)
{
    int begins = argc == 3 && strcmp(argv[1], "begin") == 0;
    int finishes = argc == 4 && strcmp(argv[1], "finish") == 0;
    static char kept[LONGEST];
    oauth_client *client = NULL;
    oauth_authorization *authorization = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    char *json = NULL;
    int result = EXIT_FAILURE;

    if (!begins && !finishes) {
        fprintf(stderr, "usage: webapp begin FILE | webapp finish FILE REDIRECT\n");
        return 2;
    }

    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    if (oauth_client_new(config, &client, &error) != OAUTH_OK)
        goto done;

    if (begins) {
        if (oauth_authorization_begin(client, getenv("OAUTH_REDIRECT_URI"), getenv("OAUTH_SCOPE"), NULL, NULL,
                                      &authorization, &error) != OAUTH_OK
            || oauth_authorization_to_json(authorization, &json, &error) != OAUTH_OK)
            goto done;
        if (!keep(argv[2], json)) {
            perror(argv[2]);
            goto done;
        }
        printf("%s\n", oauth_authorization_url(authorization));
    } else {
        if (!take(argv[2], kept)) {
            fprintf(stderr, "%s: no log-in was begun here\n", argv[2]);
            goto done;
        }
        if (oauth_authorization_from_json(client, kept, &authorization, &error) != OAUTH_OK
            || oauth_authorization_finish(authorization, argv[3], NULL, NULL, &token, &error) != OAUTH_OK)
            goto done;
        const char *subject = oauth_json_text(oauth_token_claims(token), "sub");
        printf("Logged in%s%s; the token lasts %ld s.\n", subject ? " as " : "", subject ? subject : "",
               (long)oauth_token_expires_in_s(token));
    }
    result = EXIT_SUCCESS;

done:
    if (error)
        fprintf(stderr, "%s: %s\n", oauth_status_name(oauth_error_status(error)), oauth_error_message(error));
    memset(kept, 0, sizeof kept);
    oauth_string_free(json);
    oauth_error_free(error);
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
    oauth_config_free(config);
    return result;
}
