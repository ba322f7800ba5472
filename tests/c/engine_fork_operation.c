/* A program that forks while an operation of it is under way: it goes on in the parent, and has ended in the child. */
#include "engine.h"
#include <poll.h>
#include <sys/wait.h>

static unsigned destroyed;

static void done(void *unused) {
    (void)unused;
    CHECK(!"called in the child");
}

static void gone(void *unused) {
    (void)unused;
    destroyed++;
}

static oauth_operation *started(const oauth_client *client, const char *refresh_token) {
    oauth_error *error = NULL;
    oauth_operation *operation = NULL;
    CHECK_OK(oauth_refresh_token_start(client, NULL, refresh_token, NULL, NULL, NULL, &operation, &error));
    return operation;
}

static void gives_a_token(oauth_operation *operation) {
    struct pollfd waiting = {(int)oauth_operation_descriptor(operation), POLLIN, 0};
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    CHECK(poll(&waiting, 1, -1) == 1 && oauth_operation_done(operation));
    CHECK_OK(oauth_operation_token(operation, &token, &error));
    oauth_token_free(token);
    oauth_operation_free(operation);
}

static void child(const oauth_client *client, oauth_operation *operation) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    alarm(20);
    CHECK(oauth_operation_done(operation) && oauth_operation_descriptor(operation) == -1);
    CHECK_FAILS(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_BUSY, "forked");
    oauth_operation_on_done(operation, done, NULL, gone);
    CHECK(destroyed == 1);
    oauth_operation_cancel(operation);
    oauth_operation_free(operation);
    gives_a_token(started(client, "child"));
    CHECK(threads() <= 2); /* its own one */
}

int main(void) {
    oauth_client *client = new_client_of(new_config());
    oauth_operation *operation = started(client, "parent");
    pid_t id;
    int status;
    alarm(20);
    CHECK(threads() == 2);
    id = fork();
    CHECK(id >= 0);
    if (id == 0) {
        child(client, operation);
        exit(0);
    }
    CHECK(waitpid(id, &status, 0) == id && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    gives_a_token(operation); /* the server answers it now */
    oauth_client_free(client);
    wait_for_one_thread();
    return 0;
}
