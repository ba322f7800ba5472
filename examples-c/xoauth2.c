/* Prints a valid access token for programs that want one as their password; as many may ask at once as like.
 *
 *     xoauth2 --login KEY              # once: through the browser. KEY is a name of your choice, one for each login
 *     xoauth2 KEY                      # the token
 *     xoauth2 --authorization KEY      # "Bearer ...": echo "Authorization: $(xoauth2 --authorization KEY)" | curl -H @- URL
 *     xoauth2 --logout KEY             # gives it back to the server, and keeps nothing
 *     xoauth2 --git KEY get            # a credential helper: git adds "get", "store" or "erase"
 *
 * mutt     set imap_authenticators="xoauth2"; set imap_oauth_refresh_command="xoauth2 work"
 * msmtp    auth xoauth2
 *          passwordeval xoauth2 work
 * isync    AuthMechs XOAUTH2, which libsasl lacks: plugins/sasl.c has it, and needs no PassCmd
 *          PassCmd "xoauth2 work"
 * git      git config --global credential.https://git.example.helper "!xoauth2 --git work"
 *          (plugins/git_credential.c has profiles, and sends bearer tokens)
 *
 * Read from the environment: OAUTH_ISSUER, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET (unless set: a public client), OAUTH_SCOPE,
 * OAUTH_REDIRECT_HOST (127.0.0.1 unless set; some servers know localhost only), OAUTH_STORE (a directory; unless set, one of
 * the user's own) and OAUTH_USER (for git, if the URL has none).
 */
#include <oauth.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 * 1024 };

/* What git says of a credential, a line each. */
struct credential {
    char protocol[16], username[256], password[LONGEST];
};

static void read_credential(struct credential *credential)
{
    static char line[LONGEST + 16];
    while (fgets(line, sizeof line, stdin) && line[0] != '\n') {
        char *value = strchr(line, '=');
        if (!value)
            continue;
        *value++ = '\0';
        value[strcspn(value, "\n")] = '\0';
        if (strcmp(line, "protocol") == 0)
            snprintf(credential->protocol, sizeof credential->protocol, "%s", value);
        else if (strcmp(line, "username") == 0)
            snprintf(credential->username, sizeof credential->username, "%s", value);
        else if (strcmp(line, "password") == 0)
            snprintf(credential->password, sizeof credential->password, "%s", value);
    }
    memset(line, 0, sizeof line);
}

static oauth_status log_in(const oauth_client *client, const oauth_session *session, oauth_error **error)
{
    oauth_token *token = NULL;
    oauth_listener_options *listener = oauth_listener_options_new();
    oauth_listener_options_set_program_name(listener, "xoauth2"); /* for the page at the end */
    if (getenv("OAUTH_REDIRECT_HOST"))
        oauth_listener_options_set_host(listener, getenv("OAUTH_REDIRECT_HOST"));
    oauth_request_options *options = oauth_request_options_new();
    oauth_request_options_set_deadline_ms(options, 5 * 60 * 1000); /* for the user, too */
    oauth_status status = oauth_log_in(client, getenv("OAUTH_SCOPE"), NULL, listener, options, &token, error);
    if (status == OAUTH_OK)
        status = oauth_session_adopt(session, token, NULL, error);
    oauth_token_free(token);
    oauth_request_options_free(options);
    oauth_listener_options_free(listener);
    return status;
}

static oauth_status print_token(const oauth_session *session, int authorization, oauth_error **error)
{
    static char text[LONGEST];
    oauth_status status = authorization
        ? oauth_session_copy_authorization(session, NULL, text, sizeof text, NULL, error)
        : oauth_session_copy_access_token(session, NULL, text, sizeof text, NULL, error);
    if (status == OAUTH_OK)
        puts(text);
    memset(text, 0, sizeof text);
    return status;
}

/* gitcredentials(7). A token is never told over http, whatever the configuration says. */
static oauth_status serve_git(const oauth_session *session, const char *action, oauth_error **error)
{
    static struct credential credential;
    oauth_token *token = NULL;
    oauth_status status = OAUTH_OK;
    int get = strcmp(action, "get") == 0, erase = strcmp(action, "erase") == 0;
    read_credential(&credential);
    if ((get || erase) && strcmp(credential.protocol, "https") == 0)
        status = oauth_session_token(session, NULL, &token, error);
    if (token && get) {
        const char *user = credential.username[0] ? credential.username : getenv("OAUTH_USER");
        printf("username=%s\npassword=%s\n", user ? user : "oauth2", oauth_token_access_token(token));
        if (oauth_token_expires_at_s(token) >= 0)
            printf("password_expiry_utc=%" PRId64 "\n", oauth_token_expires_at_s(token));
    } else if (token && strcmp(credential.password, oauth_token_access_token(token)) == 0) {
        /* The server has refused this one: the next one is fetched now, for all who ask later. */
        status = oauth_session_invalidate(session, token, error);
        oauth_token_free(token);
        token = NULL;
        if (status == OAUTH_OK)
            status = oauth_session_token(session, NULL, &token, error);
    }
    oauth_token_free(token);
    memset(&credential, 0, sizeof credential);
    return status;
}

int main(int argc, char **argv)
{
    const char *option = argc > 2 ? argv[1] : "", *key = argc > 2 ? argv[2] : argc == 2 ? argv[1] : "-";
    int git = argc == 4 && strcmp(option, "--git") == 0, logs_in = argc == 3 && strcmp(option, "--login") == 0;
    int logs_out = argc == 3 && strcmp(option, "--logout") == 0;
    int authorization = argc == 3 && strcmp(option, "--authorization") == 0;
    oauth_client *client = NULL;
    oauth_store *store = NULL;
    oauth_session *session = NULL;
    oauth_error *error = NULL;
    oauth_status status;

    if (key[0] == '-' || (argc > 2 && !git && !logs_in && !logs_out && !authorization)) {
        fprintf(stderr, "usage: xoauth2 [--login | --logout | --authorization] KEY | xoauth2 --git KEY get|store|erase\n");
        return 2;
    }

    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    status = oauth_client_new(config, &client, &error);
    if (status == OAUTH_OK)
        status = oauth_store_open_directory(getenv("OAUTH_STORE"), NULL, &store, &error);
    if (status == OAUTH_OK)
        status = oauth_session_open(client, store, key, NULL, &session, &error);
    if (status != OAUTH_OK)
        goto done;

    if (logs_in)
        status = log_in(client, session, &error);
    else if (logs_out)
        status = oauth_session_forget(session, true, NULL, &error);
    else if (git)
        status = serve_git(session, argv[3], &error);
    else
        status = print_token(session, authorization, &error);

done:
    if (error)
        fprintf(stderr, "xoauth2: %s: %s\n", oauth_status_name(status), oauth_error_message(error));
    if (status == OAUTH_ERROR_LOGIN_REQUIRED)
        fprintf(stderr, "Log in with: xoauth2 --login %s\n", key);
    oauth_error_free(error);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    oauth_config_free(config);
    return status == OAUTH_OK && fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
