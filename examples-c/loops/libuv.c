/* A libuv loop: gets a token without blocking.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=batch OAUTH_CLIENT_SECRET=... libuv
 */
#include <oauth.h>
#include <uv.h>

#include <stdio.h>
#include <stdlib.h>

static void use_token(oauth_operation *operation)
{
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    if (oauth_operation_token(operation, &token, &error) == OAUTH_OK)
        printf("%s\n", oauth_token_authorization(token));
    else
        fprintf(stderr, "%s\n", oauth_error_message(error));
    oauth_error_free(error);
    oauth_token_free(token);
}

/* The operation's descriptor goes with it, so the loop lets go of it first. */
static void closed(uv_handle_t *handle)
{
    oauth_operation_free(handle->data);
}

static void readable(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    uv_poll_stop(handle);
    use_token(handle->data);
    uv_close((uv_handle_t *)handle, closed);
}

int main(void)
{
    uv_poll_t waiting;
    oauth_client *client = NULL;
    oauth_operation *operation = NULL;
    oauth_error *error = NULL;
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    if (oauth_client_new(config, &client, &error) == OAUTH_OK
        && oauth_request_client_credentials_start(client, NULL, NULL, NULL, &operation, &error) == OAUTH_OK
        && uv_poll_init(uv_default_loop(), &waiting, (int)oauth_operation_descriptor(operation)) == 0) {
        waiting.data = operation;
        uv_poll_start(&waiting, UV_READABLE, readable);
        uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    } else {
        fprintf(stderr, "%s\n", error ? oauth_error_message(error) : "libuv does not take the descriptor");
        oauth_operation_free(operation);
    }
    oauth_error_free(error);
    oauth_client_free(client);
    oauth_config_free(config);
    return uv_loop_close(uv_default_loop()) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
