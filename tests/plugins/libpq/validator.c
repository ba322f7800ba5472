/* What a PostgreSQL server asks whether a token is good: GET /api/me at port $AUTHORIZATION_SERVER_PORT answers 200 and "sub". */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/oauth.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

PG_MODULE_MAGIC;

static bool send_all(int server, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t sent = send(server, text, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        left -= (size_t) sent;
    }
    return true;
}

static char *ask(const char *token)
{
    char *answer = palloc0(16384);
    const char *port = getenv("AUTHORIZATION_SERVER_PORT");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port ? atoi(port) : 0)};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (server >= 0 && connect(server, (struct sockaddr *) &address, sizeof address) == 0
        && send_all(server, psprintf("GET /api/me HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n"
                                     "Authorization: Bearer %s\r\n\r\n", port, token))) {
        size_t length = 0;
        ssize_t read;
        while (length < 16383 && (read = recv(server, answer + length, 16383 - length, 0)) > 0)
            length += (size_t) read;
    }
    if (server >= 0)
        close(server);
    return answer;
}

static bool validate(const ValidatorModuleState *state, const char *token, const char *role, ValidatorModuleResult *result)
{
    static const char member[] = "\"sub\":\"";
    char *answer = ask(token);
    char *name = strstr(answer, member);
    (void) state, (void) role;
    if (strncmp(answer, "HTTP/1.1 200 ", 13) == 0 && name != NULL) {
        name += strlen(member);
        name[strcspn(name, "\"")] = '\0';
        result->authn_id = pstrdup(name);
        result->authorized = true;
    }
    return true;
}

static const OAuthValidatorCallbacks callbacks = {.magic = PG_OAUTH_VALIDATOR_MAGIC, .validate_cb = validate};

const OAuthValidatorCallbacks *_PG_oauth_validator_module_init(void)
{
    return &callbacks;
}
