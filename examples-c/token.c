/* Requests a token for an authorization code, refreshes it, and shows what the server says to the old refresh token.
 *
 * Every setting is an argument (--client-id ID) or a variable of the environment (OAUTH_CLIENT_ID); prefer the
 * environment for secrets, because other users of a machine can read arguments.
 *
 *     token --token-endpoint https://as.example/token --client-id ID --redirect-uri URI --code CODE
 */
#include <oauth.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOKEN_ENDPOINT, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE, CODE_VERIFIER, SCOPE, CA_FILE, SETTINGS };

static const struct {
    const char *argument, *variable, *meaning;
} known[SETTINGS] = {
    {"--token-endpoint", "OAUTH_TOKEN_ENDPOINT", "URL of the token endpoint"},
    {"--client-id", "OAUTH_CLIENT_ID", "the client's identifier"},
    {"--client-secret", "OAUTH_CLIENT_SECRET", "its secret; none for a public client"},
    {"--redirect-uri", "OAUTH_REDIRECT_URI", "that of the authorization request"},
    {"--code", "OAUTH_CODE", "the authorization code"},
    {"--code-verifier", "OAUTH_CODE_VERIFIER", "the PKCE verifier behind the code"},
    {"--scope", "OAUTH_SCOPE", "scope of the refresh, if less than granted"},
    {"--ca-file", "OAUTH_CA_FILE", "PEM file of another certificate authority"},
};

static int usage(const char *program)
{
    fprintf(stderr, "usage: %s [--SETTING VALUE]...\n\n", program);
    for (int i = 0; i < SETTINGS; i++)
        fprintf(stderr, "  %-17s %-21s %s\n", known[i].argument, known[i].variable, known[i].meaning);
    return 2;
}

static int read_settings(int argc, char **argv, const char **settings)
{
    for (int i = 0; i < SETTINGS; i++)
        settings[i] = getenv(known[i].variable);
    for (int at = 1; at < argc; at += 2) {
        int i = 0;
        while (i < SETTINGS && strcmp(argv[at], known[i].argument) != 0)
            i++;
        if (i == SETTINGS || at + 1 == argc)
            return 0;
        settings[i] = argv[at + 1];
    }
    return settings[TOKEN_ENDPOINT] && settings[CLIENT_ID] && settings[CODE];
}

/* Enough of a secret to recognise it, not enough to use it. */
static void print_secret(const char *name, const char *secret)
{
    if (secret && strlen(secret) >= 12)
        printf("  %-14s %.4s...  (%zu characters)\n", name, secret, strlen(secret));
    else
        printf("  %-14s %s\n", name, secret ? "(hidden)" : "-");
}

static void print_token(const oauth_token *token)
{
    const char *scope = oauth_token_scope(token), *type = oauth_token_type(token);
    print_secret("access token", oauth_token_access_token(token));
    printf("  %-14s %s\n", "type", type ? type : "-");
    printf("  %-14s %s\n", "scope", scope ? scope : "as asked for");
    time_t expiry = (time_t)oauth_token_expires_at_s(token);
    struct tm *local = expiry >= 0 ? localtime(&expiry) : NULL;
    char when[32] = "";
    if (local && strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", local))
        printf("  %-14s %s, in %" PRId64 " s\n", "expires", when, oauth_token_expires_in_s(token));
    else
        printf("  %-14s not said\n", "expires");
    print_secret("refresh token", oauth_token_refresh_token(token));
}

static void print_error(const oauth_error *error)
{
    static const char *const advice[] = {
        "nothing in particular", "try again", "try again later", "ask the user to log in again", "fix the request",
        "fix the configuration", "the server may have acted: ask it before trying again",
    };
    oauth_advice what_next = oauth_error_advice(error);
    printf("  %-14s %s\n", "status", oauth_status_name(oauth_error_status(error)));
    printf("  %-14s %s\n", "in words", oauth_error_message(error));
    if (what_next >= 0 && (size_t)what_next < sizeof advice / sizeof *advice)
        printf("  %-14s %s\n", "what to do", advice[what_next]);
}

int main(int argc, char **argv)
{
    const char *settings[SETTINGS];
    oauth_config *config = NULL;
    oauth_client *client = NULL;
    oauth_params *parameters = NULL;
    oauth_token *token = NULL, *fresh = NULL, *refused = NULL;
    oauth_error *error = NULL;
    int result = EXIT_FAILURE;

    if (!read_settings(argc, argv, settings))
        return usage(argv[0]);

    /* Setters never fail: oauth_client_new checks everything and names what is wrong. */
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, settings[TOKEN_ENDPOINT]);
    oauth_config_set_client(config, settings[CLIENT_ID], settings[CLIENT_SECRET]);
    if (settings[CA_FILE])
        oauth_config_add_ca_file(config, settings[CA_FILE]);
    if (oauth_client_new(config, &client, &error) != OAUTH_OK)
        goto done;

    printf("1. A code for a token, from %s\n", settings[TOKEN_ENDPOINT]);
    if (settings[CODE_VERIFIER]) {
        parameters = oauth_params_new();
        oauth_params_set(parameters, "code_verifier", settings[CODE_VERIFIER]);
    }
    if (oauth_request_token(client, NULL, settings[CODE], settings[REDIRECT_URI], parameters, NULL, &token, &error) != OAUTH_OK)
        goto done;
    print_token(token);

    if (!oauth_token_refresh_token(token)) {
        printf("\nThe server gave no refresh token: there is nothing more to show.\n");
        result = EXIT_SUCCESS;
        goto done;
    }

    printf("\n2. The refresh token for a fresh token\n");
    if (oauth_refresh_token(client, NULL, oauth_token_refresh_token(token), settings[SCOPE], NULL, NULL, &fresh, &error) != OAUTH_OK)
        goto done;
    print_token(fresh);

    if (!oauth_token_rotated(fresh)) {
        printf("\nThe server keeps the refresh token: there is no old one to try.\n");
        result = EXIT_SUCCESS;
        goto done;
    }

    printf("\n3. The old refresh token again: a server that rotates refuses it\n");
    if (oauth_refresh_token(client, NULL, oauth_token_refresh_token(token), NULL, NULL, NULL, &refused, &error) == OAUTH_OK) {
        printf("  The server still takes the old one (some do, for a short while).\n");
    } else {
        if (oauth_error_provider_code(error) != OAUTH_PROVIDER_INVALID_GRANT)
            goto done;
        print_error(error);
        oauth_error_free(error);
        error = NULL;
    }
    printf("\nDone. Keep the newest refresh token: it is the only one that works.\n");
    result = EXIT_SUCCESS;

done:
    if (error)
        print_error(error);
    oauth_error_free(error);
    oauth_token_free(refused);
    oauth_token_free(fresh);
    oauth_token_free(token);
    oauth_params_free(parameters);
    oauth_client_free(client);
    oauth_config_free(config);
    return result;
}
