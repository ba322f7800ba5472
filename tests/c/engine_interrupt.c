/* A program that stops its call when it gets SIGINT. */
#include "engine.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

static oauth_cancel *cancel;
static volatile sig_atomic_t interrupted, errno_kept;

static void interrupt(int signal_number) {
    int before = errno;
    (void)signal_number;
    errno = 4321;
    oauth_cancel_trigger(cancel);
    errno_kept = errno == 4321;
    errno = before;
    interrupted++;
}

/* Also when the write that wakes the call fails: here the switch's pipe has become a file that cannot be written. */
static void check_errno_after_a_failed_write(void) {
    int next = dup(0), read_only = open("/dev/null", O_RDONLY);
    oauth_cancel *broken;
    CHECK(next >= 0 && read_only >= 0);
    close(next);
    broken = oauth_cancel_new();
    for (int fd = next; fd < next + 8; fd++)
        if (fd != read_only && fcntl(fd, F_GETFD) != -1)
            CHECK(dup2(read_only, fd) == fd);
    errno = 4321;
    oauth_cancel_trigger(broken);
    CHECK(errno == 4321);
    oauth_cancel_free(broken);
    close(read_only);
}

int main(void) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    oauth_client *client = new_client_of(new_config());
    oauth_request_options *options = oauth_request_options_new();
    struct sigaction action;
    check_errno_after_a_failed_write();
    cancel = oauth_cancel_new();
    oauth_request_options_set_cancel(options, cancel);
    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt;
    CHECK(sigaction(SIGINT, &action, NULL) == 0);

    CHECK(oauth_refresh_token(client, NULL, "r", NULL, NULL, options, &token, &error) == OAUTH_ERROR_CANCELLED);
    CHECK(interrupted == 1 && errno_kept);
    CHECK(token == NULL && error != NULL);
    CHECK(oauth_error_request_sent(error));
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_OUTCOME_UNKNOWN);
    oauth_error_free(error);

    oauth_request_options_free(options);
    oauth_cancel_free(cancel);
    oauth_client_free(client);
    return 0;
}
