/* Connects without blocking, and waits for stdin meanwhile: poll CONNECTION TIMES. Says what it sees, a line each:
 *
 *     awake        a byte came from stdin
 *     descriptor   libpq waits for something that is no connection
 *     connected    and as whom
 *     left         the connection is given up at the first byte from stdin, because TIMES is 0
 */
#include <libpq-fe.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

static bool is_no_socket(int descriptor)
{
    int type;
    socklen_t length = sizeof type;
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0 && errno == ENOTSOCK;
}

static bool connect_once(const char *connection, bool leave)
{
    static const char *const keywords[] = {"dbname", NULL};
    const char *const values[] = {connection, NULL};
    PGconn *conn = PQconnectStartParams(keywords, values, 1);
    PostgresPollingStatusType status = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    bool said_descriptor = false, left = false;
    while (!left && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        struct pollfd waiting[] = {{PQsocket(conn), events, 0}, {STDIN_FILENO, POLLIN, 0}};
        char byte;
        if (!said_descriptor && is_no_socket(PQsocket(conn))) {
            say("descriptor");
            said_descriptor = true;
        }
        if (poll(waiting, 2, -1) < 0 || (waiting[1].revents && read(STDIN_FILENO, &byte, 1) != 1))
            exit(3);
        if (waiting[1].revents) {
            say("awake");
            left = leave;
        } else if (waiting[0].revents) {
            status = PQconnectPoll(conn);
        }
    }
    if (left) {
        say("left");
    } else if (status == PGRES_POLLING_OK) {
        printf("connected as %s\n", PQuser(conn));
        fflush(stdout);
    } else {
        fprintf(stderr, "%s", PQerrorMessage(conn));
    }
    PQfinish(conn);
    return left || status == PGRES_POLLING_OK;
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 64;
    int times = atoi(arguments[2]);
    if (times == 0)
        return connect_once(arguments[1], true) ? 0 : 1;
    for (int i = 0; i < times; i++)
        if (!connect_once(arguments[1], false))
            return 1;
    return 0;
}
