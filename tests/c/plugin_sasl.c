/* A program with callbacks for libsasl, and no server: plugin_sasl MECHANISMS AUTHNAME USER [CHALLENGE]
 *
 * Prints which mechanism of several was chosen, and what it says to an empty challenge and to CHALLENGE, or to the end;
 * ^A as "|". */
#include <sasl/sasl.h>
#include <stdio.h>

static char **arguments;

static int get_name(void *context, int id, const char **name, unsigned *length) {
    (void)context, (void)length;
    *name = id == SASL_CB_AUTHNAME ? arguments[2] : arguments[3];
    return SASL_OK;
}

static int take_log(void *context, int level, const char *message) {
    (void)context, (void)level;
    printf("log: %s\n", message);
    return SASL_OK;
}

static const char *output;
static unsigned length;

static int show(const char *what, int result) {
    printf("%s %d: ", what, result);
    for (unsigned i = 0; output != NULL && i < length; i++)
        putchar(output[i] == '\1' ? '|' : output[i]);
    putchar('\n');
    return result;
}

typedef int (*callback)(void);
typedef void (*any)(void);

int main(int count, char **words) {
    const sasl_callback_t callbacks[] = {
        {SASL_CB_AUTHNAME, (callback)(any)get_name, NULL},
        {SASL_CB_USER, (callback)(any)get_name, NULL},
        {SASL_CB_LOG, (callback)(any)take_log, NULL},
        {SASL_CB_LIST_END, NULL, NULL},
    };
    sasl_conn_t *connection = NULL;
    const char *mechanism = "", *challenge = count > 4 ? words[4] : NULL;
    unsigned challenge_length = 0;
    int result;
    arguments = words;
    if (count < 4 || sasl_client_init(callbacks) != SASL_OK)
        return 64;
    while (challenge != NULL && challenge[challenge_length] != '\0')
        challenge_length++;
    result = sasl_client_new("imap", "mail.example.org", NULL, "127.0.0.1;143", NULL, 0, &connection);
    if (result == SASL_OK)
        result = sasl_client_start(connection, words[1], NULL, &output, &length, &mechanism);
    if (show(mechanism, result) == SASL_CONTINUE)
        result = show("message", sasl_client_step(connection, "", 0, NULL, &output, &length));
    if (result == SASL_CONTINUE)
        result = show("answer", sasl_client_step(connection, challenge, challenge_length, NULL, &output, &length));
    if (result == SASL_CONTINUE)
        (void)show("end", sasl_client_step(connection, NULL, 0, NULL, &output, &length));
    sasl_dispose(&connection);
    sasl_done();
    return 0;
}
