/* A program that ends while operations are under way: it frees nothing, and nothing holds it up. */
#include "engine.h"
#include <netinet/in.h>
#include <sys/socket.h>

enum { MANY = 8 };

static void never_called(void *byte) {
    CHECK(byte == NULL); /* nobody answers */
}

int main(void) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    char url[64], byte;
    int index, listener = socket(AF_INET, SOCK_STREAM, 0);
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    oauth_session *session = NULL;
    oauth_operation *operation = NULL;
    oauth_config *config = oauth_config_new();
    alarm(60);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, MANY) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/token", ntohs(address.sin_port));
    oauth_config_set_token_endpoint(config, url);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_timeout_ms(config, 3600 * 1000);
    CHECK_OK(oauth_client_new(config, &client, &error));
    CHECK_OK(oauth_session_open(client, NULL, "key", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt_refresh_token(session, "RT", NULL, &error));
    for (index = 0; index < MANY; index++) {
        if (index == 0)
            CHECK_OK(oauth_session_token_start(session, NULL, &operation, &error));
        else
            CHECK_OK(oauth_refresh_token_start(client, NULL, "rt", NULL, NULL, NULL, &operation, &error));
        oauth_operation_on_done(operation, never_called, &byte, NULL);
    }
    for (index = 0; index < MANY; index++) { /* each has sent its request */
        int connection = accept(listener, NULL, NULL);
        CHECK(connection >= 0 && read(connection, &byte, 1) == 1);
    }
    return 0;
}
