/* Logs a user in from a desktop or a terminal: browser, loopback redirect, token; then shows who it is, and refreshes.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=my-app login
 *     login --paste      # over SSH: prints the URL, and reads the one that the browser ends at
 *
 * Also read: OAUTH_CLIENT_SECRET, OAUTH_SCOPE; and, where the server wants the redirect URI exactly as registered,
 * OAUTH_REDIRECT_HOST (127.0.0.1, ::1 or localhost), OAUTH_REDIRECT_PORT and OAUTH_REDIRECT_PATH, or with --paste
 * OAUTH_REDIRECT_URI.
 */
#include <oauth.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_error(const oauth_error *error)
{
    fprintf(stderr, "%s: %s\n", oauth_status_name(oauth_error_status(error)), oauth_error_message(error));
    if (oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN)
        fprintf(stderr, "Please log in again.\n");
}

static void print_token(const oauth_token *token)
{
    const oauth_json *claims = oauth_token_claims(token); /* only of an ID token that was checked */
    const char *subject = oauth_json_text(claims, "sub");
    if (subject)
        printf("  user          %s\n", subject);
    printf("  access token  %zu characters\n", strlen(oauth_token_access_token(token)));
    printf("  lasts         %" PRId64 " s\n", oauth_token_expires_in_s(token));
    printf("  refresh token %s\n", oauth_token_refresh_token(token) ? "yes" : "no");
}

/* The browser may run on another machine: only its address bar comes back. */
static oauth_status log_in_by_hand(const oauth_client *client, const char *scope, oauth_token **token, oauth_error **error)
{
    const char *redirect_uri = getenv("OAUTH_REDIRECT_URI");
    oauth_authorization *authorization = NULL;
    char line[8192];
    oauth_status status = oauth_authorization_begin(client, redirect_uri ? redirect_uri : "http://127.0.0.1/", scope,
                                                    NULL, NULL, &authorization, error);
    if (status != OAUTH_OK)
        return status;
    printf("Open this URL. At the end the browser cannot reach the page: paste its address here.\n\n  %s\n\n> ",
           oauth_authorization_url(authorization));
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        line[0] = '\0';
    status = oauth_authorization_finish(authorization, line, NULL, NULL, token, error);
    memset(line, 0, sizeof line);
    oauth_authorization_free(authorization);
    return status;
}

int main(int argc, char **argv)
{
    const char *issuer = getenv("OAUTH_ISSUER"), *client_id = getenv("OAUTH_CLIENT_ID");
    const char *scope = getenv("OAUTH_SCOPE"), *host = getenv("OAUTH_REDIRECT_HOST");
    const char *port = getenv("OAUTH_REDIRECT_PORT"), *path = getenv("OAUTH_REDIRECT_PATH");
    int paste = argc == 2 && strcmp(argv[1], "--paste") == 0;
    oauth_client *client = NULL;
    oauth_token *token = NULL, *fresh = NULL;
    oauth_error *error = NULL;
    int result = EXIT_FAILURE;

    if (!issuer || !client_id || (argc > 1 && !paste)) {
        fprintf(stderr, "usage: OAUTH_ISSUER=URL OAUTH_CLIENT_ID=ID %s [--paste]\n", argv[0]);
        return 2;
    }

    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, issuer); /* its endpoints are found there */
    oauth_config_set_client(config, client_id, getenv("OAUTH_CLIENT_SECRET"));
    oauth_listener_options *listener = oauth_listener_options_new();
    if (host)
        oauth_listener_options_set_host(listener, host);
    if (port && strtoul(port, NULL, 10) <= UINT16_MAX)
        oauth_listener_options_set_port(listener, (uint16_t)strtoul(port, NULL, 10));
    if (path)
        oauth_listener_options_set_path(listener, path);
    oauth_request_options *options = oauth_request_options_new();
    oauth_request_options_set_deadline_ms(options, 5 * 60 * 1000); /* for the user, too */

    if (oauth_client_new(config, &client, &error) != OAUTH_OK)
        goto done;
    printf("Logging in at %s\n", issuer);
    fflush(stdout);
    if (paste ? log_in_by_hand(client, scope, &token, &error) != OAUTH_OK
              : oauth_log_in(client, scope, NULL, listener, options, &token, &error) != OAUTH_OK)
        goto done;
    print_token(token);

    if (oauth_token_refresh_token(token)) {
        printf("Refreshing\n");
        if (oauth_renew_token(client, token, NULL, NULL, NULL, &fresh, &error) != OAUTH_OK)
            goto done;
        print_token(fresh);
    }
    printf("Logged in.\n");
    result = EXIT_SUCCESS;

done:
    if (error)
        print_error(error);
    oauth_error_free(error);
    oauth_token_free(fresh);
    oauth_token_free(token);
    oauth_client_free(client);
    oauth_request_options_free(options);
    oauth_listener_options_free(listener);
    oauth_config_free(config);
    return result;
}
