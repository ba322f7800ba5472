/* A GLib loop: gets a token without blocking, while a timer ticks.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=batch OAUTH_CLIENT_SECRET=... glib
 */
#include <glib-unix.h>
#include <oauth.h>

#include <stdio.h>
#include <stdlib.h>

static GMainLoop *loop;

static gboolean tick(gpointer unused)
{
    (void)unused;
    puts("tick");
    return G_SOURCE_CONTINUE;
}

/* The descriptor is readable: the operation is done. */
static gboolean use_token(gint descriptor, GIOCondition condition, gpointer user_data)
{
    oauth_operation *operation = user_data;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    (void)descriptor, (void)condition;
    if (oauth_operation_token(operation, &token, &error) == OAUTH_OK)
        printf("%s\n", oauth_token_authorization(token));
    else
        fprintf(stderr, "%s\n", oauth_error_message(error));
    oauth_error_free(error);
    oauth_token_free(token);
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE; /* and then the operation is freed */
}

int main(void)
{
    oauth_client *client = NULL;
    oauth_operation *operation = NULL;
    oauth_error *error = NULL;
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), getenv("OAUTH_CLIENT_SECRET"));
    loop = g_main_loop_new(NULL, FALSE);
    if (oauth_client_new(config, &client, &error) == OAUTH_OK
        && oauth_request_client_credentials_start(client, NULL, NULL, NULL, &operation, &error) == OAUTH_OK) {
        g_timeout_add(10, tick, NULL);
        g_unix_fd_add((gint)oauth_operation_descriptor(operation), G_IO_IN, use_token, operation);
        g_main_loop_run(loop);
    } else {
        fprintf(stderr, "%s\n", oauth_error_message(error));
    }
    oauth_operation_free(operation);
    oauth_error_free(error);
    oauth_client_free(client);
    oauth_config_free(config);
    g_main_loop_unref(loop);
    return EXIT_SUCCESS;
}
