/* Logs a user in on a device without a browser: they enter a code on their phone, or scan it.
 *
 *     OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=my-device device
 *
 * Also read: OAUTH_CLIENT_SECRET, OAUTH_SCOPE.
 */
#include <oauth.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static oauth_cancel *cancel;

static void stop(int signal_number)
{
    (void)signal_number;
    oauth_cancel_trigger(cancel); /* may be called in a signal handler */
}

int main(void)
{
    const char *issuer = getenv("OAUTH_ISSUER"), *client_id = getenv("OAUTH_CLIENT_ID");
    oauth_client *client = NULL;
    oauth_device_authorization *device = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;

    if (!issuer || !client_id) {
        fprintf(stderr, "usage: OAUTH_ISSUER=URL OAUTH_CLIENT_ID=ID device\n");
        return 2;
    }

    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, issuer);
    oauth_config_set_client(config, client_id, getenv("OAUTH_CLIENT_SECRET"));
    oauth_request_options *options = oauth_request_options_new();
    cancel = oauth_cancel_new();
    oauth_request_options_set_cancel(options, cancel);
    signal(SIGINT, stop);

    oauth_status status = oauth_client_new(config, &client, &error);
    if (status == OAUTH_OK)
        status = oauth_device_authorization_begin(client, getenv("OAUTH_SCOPE"), NULL, options, &device, &error);
    if (status == OAUTH_OK) {
        const char *qr_text = oauth_device_authorization_qr_text(device);
        printf("%s\nGo to   %s\nEnter   %s\n", qr_text ? qr_text : "", oauth_device_authorization_verification_uri(device),
               oauth_device_authorization_user_code(device));
        fflush(stdout);
        status = oauth_device_authorization_wait(device, options, &token, &error);
    }

    if (status == OAUTH_OK)
        printf("Logged in; the token lasts %ld s.\n", (long)oauth_token_expires_in_s(token));
    else if (status == OAUTH_ERROR_EXPIRED)
        fprintf(stderr, "Nobody entered the code in time: please start again.\n");
    else if (oauth_error_provider_code(error) == OAUTH_PROVIDER_ACCESS_DENIED)
        fprintf(stderr, "You said no.\n");
    else
        fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(error));

    oauth_error_free(error);
    oauth_token_free(token);
    oauth_device_authorization_free(device);
    oauth_client_free(client);
    signal(SIGINT, SIG_DFL); /* the handler uses what is freed next */
    oauth_cancel_free(cancel);
    oauth_request_options_free(options);
    oauth_config_free(config);
    return status == OAUTH_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
