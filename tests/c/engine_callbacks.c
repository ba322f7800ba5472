/* A program whose callbacks use the very client that calls them, and free what they can reach. */
#include "engine.h"

static oauth_client *client, *another_handle, *other_client;
static int inside, inner_calls;

/* Once: the calls made here come here again. */
static void use_and_free(void) {
    if (inside++ > 0)
        return;
    refresh(client, "inner");
    inner_calls++;
    oauth_client_free(another_handle); /* the call holds one of its own */
    oauth_client_free(other_client);   /* with a connection, and all that belongs to it */
    another_handle = other_client = NULL;
}

static void on_log(void *user_data, oauth_log_level level, const char *message) {
    (void)user_data, (void)level, (void)message;
    use_and_free();
}

static oauth_status on_send(void *user_data, const oauth_transport_request *request,
                            oauth_transport_response *response) {
    static const char answer[] = "{\"access_token\":\"at\",\"token_type\":\"Bearer\"}";
    (void)user_data;
    CHECK(strcmp(oauth_transport_request_method(request), "POST") == 0);
    use_and_free();
    oauth_transport_response_set_status(response, 200);
    oauth_transport_response_append_body(response, (const uint8_t *)answer, sizeof answer - 1);
    return OAUTH_OK;
}

static void run(oauth_config *config) {
    other_client = new_client_of(new_config());
    refresh(other_client, "other");
    client = new_client_of(config);
    another_handle = oauth_client_ref(client);
    inside = inner_calls = 0;
    refresh(client, "outer");
    refresh(client, "later");
    CHECK(inner_calls == 1 && other_client == NULL);
    oauth_client_free(client);
}

int main(void) {
    oauth_config *config = new_config();
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, on_log, NULL, NULL);
    run(config);
    config = new_config();
    oauth_config_set_transport(config, on_send, NULL, NULL);
    run(config);
    return 0;
}
