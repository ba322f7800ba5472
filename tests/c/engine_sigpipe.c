/* A program whose server resets the idle TLS connection after every answer, with each of the ways to treat SIGPIPE. */
#include "engine.h"
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static volatile sig_atomic_t handled;

static void count(int signal_number) {
    (void)signal_number;
    handled++;
}

static int is_member(int (*get)(sigset_t *)) {
    sigset_t set;
    CHECK(get(&set) == 0);
    return sigismember(&set, SIGPIPE);
}

static int mask(sigset_t *set) {
    return pthread_sigmask(SIG_BLOCK, NULL, set);
}

static void check_same_mask(const sigset_t *before) {
    sigset_t now;
    CHECK(mask(&now) == 0);
    for (int number = 1; number < 32; number++)
        CHECK(sigismember(before, number) == sigismember(&now, number));
}

/* The one connection to the server, which is idle now. */
static int connection(void) {
    for (int fd = 3; fd < 64; fd++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.ss_family == AF_INET)
            return fd;
    }
    return -1;
}

/* Says that the answer is here, whereupon the test has the server reset the connection, and waits until it did. */
static void wait_for_reset(void) {
    struct pollfd idle = {.fd = connection(), .events = 0}; /* errors are always told */
    CHECK(idle.fd >= 0);
    puts("answered");
    fflush(stdout);
    CHECK(poll(&idle, 1, 20000) == 1);
}

int main(void) {
    sigset_t before, only;
    oauth_client *client = new_client_of(new_config());
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    CHECK(mask(&before) == 0 && sigismember(&before, SIGPIPE) == 0);

    /* the default action is death */
    for (int call = 0; call < 3; call++) {
        refresh(client, "r");
        check_same_mask(&before);
        CHECK(!is_member(sigpending));
        wait_for_reset();
    }

    /* a handler of the program hears nothing of our connections */
    CHECK(signal(SIGPIPE, count) != SIG_ERR);
    refresh(client, "r");
    wait_for_reset();
    refresh(client, "r");
    CHECK(handled == 0);
    CHECK(raise(SIGPIPE) == 0 && handled == 1);

    /* a program that blocks it keeps its mask, and what is pending for it */
    CHECK(pthread_sigmask(SIG_BLOCK, &only, &before) == 0);
    CHECK(mask(&before) == 0);
    CHECK(raise(SIGPIPE) == 0 && is_member(sigpending));
    wait_for_reset();
    refresh(client, "r");
    check_same_mask(&before);
    CHECK(is_member(sigpending) && handled == 1);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &only, NULL) == 0);
    CHECK(handled == 2);

    oauth_client_free(client);
    return 0;
}
