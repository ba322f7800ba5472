/* A program with variables in its environment, and a resolver that knows this machine only. Says what came of a call. */
#include "engine.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/auxv.h>

static struct sockaddr_in address;
static struct addrinfo found_here;

/* Takes the place of the C library's, so that no made-up name leaves this machine. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    (void)service, (void)hints;
    if (strcmp(node, "localhost") != 0)
        return EAI_NONAME;
    *found = &found_here;
    return 0;
}

void freeaddrinfo(struct addrinfo *found) {
    (void)found;
}

int main(void) {
    const char *mode = setting("MODE");
    oauth_config *config = new_config();
    oauth_request_options *options = oauth_request_options_new();
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    oauth_client *client;
    oauth_status status;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    found_here.ai_family = AF_INET;
    found_here.ai_socktype = SOCK_STREAM;
    found_here.ai_addr = (struct sockaddr *)&address;
    found_here.ai_addrlen = sizeof address;

    oauth_config_set_allow_http(config, true);
    oauth_config_set_use_environment(config, strcmp(mode, "ignored") != 0);
    if (strcmp(mode, "disabled") == 0)
        oauth_config_set_use_proxy(config, false);
    client = new_client_of(config);
    /* It was read when the client was made. */
    unsetenv("http_proxy");
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    setenv("no_proxy", "*", 1);
    oauth_request_options_set_retry_policy(options, 0, 1, false);
    status = oauth_refresh_token(client, NULL, "a-refresh-token", NULL, NULL, options, &token, &error);
    printf("%s%s\n", getauxval(AT_SECURE) ? "set-uid " : "", oauth_status_name(status));
    oauth_token_free(token);
    oauth_error_free(error);
    oauth_request_options_free(options);
    oauth_client_free(client);
    return 0;
}
