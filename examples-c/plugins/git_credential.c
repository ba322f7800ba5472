/* A credential helper of git (gitcredentials(7)): the token of a profile.
 *
 *     git config --global credential.https://git.example.helper "/usr/local/bin/git-credential-oauthclient work"
 *
 * git 2.46 and later sends it as a bearer token, unless the server asks for a password alone. Earlier ones send it as
 * the password. A token that the server refuses is renewed for the next command.
 */
#include <oauth.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_LINE = 128 * 1024, VALID_FOR_S = 600 };

/* What git asks about. */
struct question {
    bool secure, takes_bearer, server_knows_bearer, server_knows_basic;
    char user[256], *token;
};

/* What leaves this machine has to be encrypted. */
static bool is_here(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(host, names[i], length) == 0 && (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

static void read_challenge(struct question *question, const char *www_authenticate)
{
    oauth_challenges *challenges = NULL;
    if (oauth_challenges_parse(www_authenticate, &challenges, NULL) != OAUTH_OK)
        return;
    for (size_t i = 0; i < oauth_challenges_count(challenges); i++) {
        const char *scheme = oauth_challenges_scheme_at(challenges, i);
        question->server_knows_bearer |= strcasecmp(scheme, "bearer") == 0;
        question->server_knows_basic |= strcasecmp(scheme, "basic") == 0;
    }
    oauth_challenges_free(challenges);
}

/* Each line is NAME=VALUE; an empty one, or the end, is the last. */
static bool read_question(struct question *question, char *line)
{
    bool https = false, http = false, here = false;
    while (fgets(line, LONGEST_LINE, stdin) && line[0] != '\n') {
        char *value = strchr(line, '='), *end = strchr(line, '\n');
        if (!value || !end)
            return false; /* the rest of a line must not count as a line */
        *value++ = *end = '\0';
        if (strcmp(line, "protocol") == 0) {
            https = strcmp(value, "https") == 0;
            http = strcmp(value, "http") == 0;
        } else if (strcmp(line, "host") == 0) {
            here = is_here(value);
        } else if (strcmp(line, "username") == 0) {
            if (snprintf(question->user, sizeof question->user, "%s", value) >= (int)sizeof question->user)
                return false;
        } else if (strcmp(line, "capability[]") == 0) {
            question->takes_bearer |= strcmp(value, "authtype") == 0;
        } else if (strcmp(line, "wwwauth[]") == 0) {
            read_challenge(question, value);
        } else if ((strcmp(line, "credential") == 0 || strcmp(line, "password") == 0) && !question->token) {
            question->token = strdup(value);
            if (!question->token)
                return false;
        }
    }
    question->secure = https || (http && here);
    return !ferror(stdin);
}

static oauth_status get(const oauth_session *session, const struct question *question, oauth_error **error)
{
    oauth_token *token = NULL;
    oauth_request_options *options = oauth_request_options_new();
    oauth_request_options_set_min_validity_s(options, VALID_FOR_S); /* a push may take its time */
    oauth_status status = oauth_session_token(session, options, &token, error);
    if (status == OAUTH_OK) {
        const char *text = oauth_token_access_token(token);
        if (question->takes_bearer && (question->server_knows_bearer || !question->server_knows_basic))
            printf("capability[]=authtype\nauthtype=Bearer\ncredential=%s\nephemeral=1\n", text);
        else
            printf("username=%s\npassword=%s\n", question->user[0] ? question->user : "oauth2", text);
        if (oauth_token_expires_at_s(token) >= 0)
            printf("password_expiry_utc=%" PRId64 "\n", oauth_token_expires_at_s(token));
    }
    oauth_token_free(token);
    oauth_request_options_free(options);
    return status;
}

static void wipe(void *memory, size_t size)
{
    for (volatile char *byte = memory; size > 0; size--)
        *byte++ = 0;
}

int main(int argc, char **argv)
{
    static char line[LONGEST_LINE];
    static struct question question;
    const char *why = NULL;
    oauth_session *session = NULL;
    oauth_error *error = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: git-credential-oauthclient PROFILE get|store|erase\n");
        return 2;
    }
    bool gets = strcmp(argv[2], "get") == 0, erases = strcmp(argv[2], "erase") == 0;
    if (!gets && !erases)
        return EXIT_SUCCESS; /* the session keeps the token, so there is nothing to store */

    bool understood = read_question(&question, line);
    if (!understood)
        why = "git asks something that is too long or malformed";
    else if (gets && !question.secure)
        why = "a token is sent over https only, or over http to this machine";
    else if (oauth_profile_open(argv[1], &session, &error) == OAUTH_OK) {
        if (gets)
            (void)get(session, &question, &error);
        else if (question.token && question.token[0])
            (void)oauth_session_invalidate_text(session, question.token, &error);
    }
    if (error)
        why = oauth_error_message(error);
    if (why) {
        fprintf(stderr, "git-credential-oauthclient: %s\n", why);
        if (oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN)
            fprintf(stderr, "Log in again with the profile %s\n", argv[1]);
        if (gets)
            printf("quit=1\n"); /* else git asks the user for a password */
    }
    int result = !why && fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
    oauth_session_free(session);
    oauth_error_free(error);
    if (question.token)
        wipe(question.token, strlen(question.token));
    free(question.token);
    wipe(line, sizeof line);
    return result;
}
