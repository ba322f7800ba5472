/* A function of the program that stops a call, to a server that never answers. */
#include "alone.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static oauth_error *error;

struct host {
    unsigned asked, stops_at, destroyed;
    pthread_t by;
};

static bool is_interrupted(void *user_data) {
    struct host *host = user_data;
    CHECK(pthread_equal(host->by, pthread_self()));
    return ++host->asked == host->stops_at;
}

static void gone(void *user_data) {
    ((struct host *)user_data)->destroyed++;
}

static oauth_client *to_silence(int *listener) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    char url[64];
    oauth_client *client = NULL;
    oauth_config *config = oauth_config_new();
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(*listener, (struct sockaddr *)&address, length) == 0 && listen(*listener, 128) == 0);
    CHECK(getsockname(*listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/token", ntohs(address.sin_port));
    oauth_config_set_token_endpoint(config, url);
    oauth_config_set_authorization_endpoint(config, url);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_timeout_ms(config, 3000);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    return client;
}

static oauth_status refresh(const oauth_client *client, const oauth_request_options *options) {
    oauth_token *token = NULL;
    return oauth_refresh_token(client, NULL, "RT", NULL, NULL, options, &token, &error);
}

static oauth_status shown(void *user_data, const char *url) {
    (void)user_data, (void)url;
    return OAUTH_OK;
}

int main(void) {
    struct host host = {0, 3, 0, pthread_self()}, other = host;
    int listener;
    oauth_client *client = to_silence(&listener);
    oauth_session *session = NULL;
    oauth_token *token = NULL;
    oauth_operation *operation = NULL;
    oauth_cancel *cancel = oauth_cancel_new();
    oauth_listener_options *browser = oauth_listener_options_new();
    oauth_request_options *options = oauth_request_options_new();
    oauth_request_options_set_interrupt(NULL, is_interrupted, &other, gone);
    CHECK(other.destroyed == 1);
    oauth_request_options_set_interrupt(options, NULL, &other, gone);
    CHECK(other.destroyed == 2);
    oauth_request_options_set_interrupt(options, is_interrupted, &other, gone);
    oauth_request_options_set_interrupt(options, is_interrupted, &host, gone);
    CHECK(other.destroyed == 3 && host.destroyed == 0);

    CHECK_FAILS(refresh(client, options), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK(host.asked == 3);
    /* The next call begins anew: this one runs into its deadline. */
    oauth_request_options_set_deadline_ms(options, 200);
    CHECK_FAILS(refresh(client, options), OAUTH_ERROR_TIMEOUT, "time");
    CHECK(host.asked > 3);
    /* During a log-in, and in a session. */
    oauth_request_options_set_deadline_ms(options, 20000);
    oauth_listener_options_set_open_url(browser, shown, NULL, NULL);
    host.stops_at = host.asked + 2;
    CHECK_FAILS(oauth_log_in(client, NULL, NULL, browser, options, &token, &error), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK_OK(oauth_session_open(client, NULL, "key", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt_refresh_token(session, "RT", NULL, &error));
    host.stops_at = host.asked + 2;
    CHECK_FAILS(oauth_session_token(session, options, &token, &error), OAUTH_ERROR_CANCELLED, "goes on without this call");
    host.stops_at = host.asked + 2; /* while it waits for that renewal */
    CHECK_FAILS(oauth_session_token(session, options, &token, &error), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK_OK(oauth_session_finish(session, NULL, &error));
    oauth_session_free(session);
    /* An operation does not ask; and a switch works beside it. */
    host.stops_at = 0;
    other.asked = host.asked;
    oauth_request_options_set_cancel(options, cancel);
    CHECK_OK(oauth_refresh_token_start(client, NULL, "RT", NULL, NULL, options, &operation, &error));
    oauth_cancel_trigger(cancel);
    CHECK_FAILS(refresh(client, options), OAUTH_ERROR_CANCELLED, "cancelled");
    while (!oauth_operation_done(operation)) {
    }
    CHECK_FAILS(oauth_operation_token(operation, &token, &error), OAUTH_ERROR_CANCELLED, "cancelled");
    CHECK(host.asked <= other.asked + 1);
    oauth_operation_free(operation);
    oauth_request_options_free(options);
    CHECK(host.destroyed == 1);
    oauth_cancel_free(cancel);
    oauth_listener_options_free(browser);
    oauth_client_free(client);
    close(listener);
    until_alone();
    return 0;
}
