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

/* It exchanges the code "parent". */
static oauth_operation *finishing(oauth_authorization *authorization) {
    oauth_error *error = NULL;
    oauth_operation *operation = NULL;
    char redirect[256];
    snprintf(redirect, sizeof redirect, "code=parent&state=%s", oauth_authorization_state(authorization));
    CHECK_OK(oauth_authorization_finish_start(authorization, redirect, NULL, NULL, &operation, &error));
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

static void child(const oauth_client *client, oauth_operation *operation, oauth_authorization *authorization) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    alarm(20);
    CHECK(oauth_operation_done(operation) && oauth_operation_descriptor(operation) == -1);
    CHECK_FAILS(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_INVALID_STATE, "forked");
    oauth_operation_on_done(operation, done, NULL, gone);
    CHECK(destroyed == 1);
    oauth_operation_cancel(operation);
    oauth_operation_free(operation);
    /* What the operation uses is the parent's, too. */
    CHECK_FAILS(oauth_authorization_finish(authorization, "code=parent", NULL, NULL, &token, &error), OAUTH_ERROR_BUSY,
                "in use");
    CHECK(oauth_authorization_url(authorization) != NULL);
    oauth_authorization_free(authorization);
    gives_a_token(started(client, "child"));
    CHECK(threads() <= 2); /* its own one */
}

int main(void) {
    oauth_config *config = new_config();
    oauth_client *client;
    oauth_authorization *authorization = NULL;
    oauth_error *error = NULL;
    oauth_operation *operation;
    pid_t id;
    int status;
    oauth_config_set_authorization_endpoint(config, "https://as.example/authorize");
    client = new_client_of(config);
    CHECK_OK(oauth_authorization_begin(client, "http://127.0.0.1/cb", NULL, NULL, NULL, &authorization, &error));
    operation = finishing(authorization);
    alarm(20);
    CHECK(threads() == 2);
    id = fork();
    CHECK(id >= 0);
    if (id == 0) {
        child(client, operation, authorization);
        exit(0);
    }
    CHECK(waitpid(id, &status, 0) == id && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    gives_a_token(operation); /* the server answers it now */
    oauth_authorization_free(authorization);
    oauth_client_free(client);
    wait_for_one_thread();
    return 0;
}
