/* Making, sharing and freeing clients: a config can be used again, changed and freed; handles go in any order. */
#include "api_fake.h"
#include <pthread.h>

static oauth_error *error;

static void bad_arguments(void) {
    struct fake fake = {0};
    oauth_config *config = fake_config(&fake);
    oauth_client *client = (oauth_client *)&fake;
    CHECK_NAMES(oauth_client_new(NULL, &client, &error), OAUTH_ERROR_INVALID_ARGUMENT, "config");
    CHECK(client == NULL);
    CHECK_NAMES(oauth_client_new(config, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "client");
    client = (oauth_client *)&fake;
    CHECK(oauth_client_new(NULL, &client, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(client == NULL);
    CHECK(oauth_client_new(NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_client_ref(NULL) == NULL);
    oauth_client_free(NULL);
    oauth_config_free(config);
}

/* An error slot may hold anything before the call. */
static void success_clears_the_error(void) {
    struct fake fake = {0};
    oauth_config *config = fake_config(&fake);
    oauth_client *client = NULL;
    oauth_token *token = NULL;
    error = (oauth_error *)&fake;
    CHECK(oauth_client_new(config, &client, &error) == OAUTH_OK && error == NULL);
    error = (oauth_error *)&fake;
    CHECK(oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, &error) == OAUTH_OK && error == NULL);
    oauth_token_free(token);
    oauth_client_free(client);
    oauth_config_free(config);
}

static void a_config_can_be_used_again(void) {
    struct fake fake = {0};
    oauth_config *config = fake_config(&fake);
    oauth_client *first = NULL, *second = NULL;
    char agent[] = "first";
    oauth_config_set_user_agent(config, agent);
    strcpy(agent, "gone"); /* it was copied */
    CHECK_OK(oauth_client_new(config, &first, &error));
    oauth_config_set_user_agent(config, "second");
    oauth_config_add_header(config, "X-Second", "yes");
    CHECK_OK(oauth_client_new(config, &second, &error));
    oauth_config_set_token_endpoint(config, NULL); /* does not reach those that are made */
    CHECK_NAMES(oauth_client_new(config, &(oauth_client *){NULL}, &error), OAUTH_ERROR_INVALID_CONFIG,
                "token_endpoint");
    oauth_config_free(config);
    oauth_token_free(refreshed(first, "r"));
    CHECK_CONTAINS(fake.headers_seen, "\nuser-agent: first\n");
    CHECK_LACKS(fake.headers_seen, "X-Second");
    oauth_client_free(first);
    oauth_token_free(refreshed(second, "r"));
    CHECK_CONTAINS(fake.headers_seen, "\nuser-agent: second\n");
    CHECK_CONTAINS(fake.headers_seen, "\nX-Second: yes\n");
    CHECK(fake.destroyed == 0);
    oauth_client_free(second);
    CHECK(fake.destroyed == 1);
}

static void another_handle_is_the_same_client(void) {
    struct fake fake = {0};
    oauth_client *client = fake_client(&fake), *other = oauth_client_ref(client), *third = oauth_client_ref(other);
    CHECK(other != NULL && other != client && third != other);
    oauth_client_free(client);
    oauth_token_free(refreshed(other, "r"));
    oauth_client_free(other);
    CHECK(fake.destroyed == 0);
    oauth_token_free(refreshed(third, "r"));
    oauth_client_free(third);
    CHECK(fake.destroyed == 1 && fake.calls == 2);
}

/* What came from a client, and what was given to it, outlives it in any order. */
static void any_order_of_freeing(void) {
    struct fake fake = {0};
    int order;
    for (order = 0; order < 3; order++) {
        oauth_client *client = fake_client(&fake);
        oauth_params *params = oauth_params_new();
        oauth_request_options *options = oauth_request_options_new();
        oauth_cancel *cancel = oauth_cancel_new();
        oauth_token *token = NULL, *other;
        oauth_params_set(params, "a", "b");
        oauth_request_options_set_cancel(options, cancel);
        CHECK_OK(oauth_refresh_token(client, NULL, "r", NULL, params, options, &token, &error));
        if (order == 0) {
            oauth_client_free(client);
        }
        fake.http_status = 500;
        fake.body = "broken";
        error = order == 0 ? NULL : refused(client, "r", OAUTH_ERROR_HTTP);
        fake.http_status = 0;
        fake.body = NULL;
        other = oauth_token_ref(token);
        if (order == 1) {
            oauth_cancel_free(cancel);
            oauth_client_free(client);
            oauth_request_options_free(options);
        } else {
            oauth_request_options_free(options);
            oauth_cancel_free(cancel);
        }
        oauth_params_free(params);
        oauth_token_free(token);
        CHECK_TEXT(oauth_token_access_token(other), "AT");
        CHECK(oauth_response_status(oauth_token_response(other)) == 200);
        if (order == 2) {
            oauth_token_free(other);
            oauth_client_free(client);
        }
        if (error != NULL) {
            CHECK(oauth_response_status(oauth_error_response(error)) == 500);
            CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT);
        }
        oauth_error_free(error);
        error = NULL;
        if (order != 2) {
            oauth_token_free(other);
        }
    }
    CHECK(fake.destroyed == 3);
}

/* A client is for all threads at once; a handle may be freed on any. */
static oauth_status answer(void *user_data, const oauth_transport_request *request,
                           oauth_transport_response *response) {
    (void)user_data, (void)request;
    oauth_transport_response_set_status(response, 200);
    oauth_transport_response_append_body(response, (const uint8_t *)FAKE_TOKEN, strlen(FAKE_TOKEN));
    return OAUTH_OK;
}

static void *call_and_free(void *client) {
    int times;
    for (times = 0; times < 20; times++) {
        oauth_token_free(refreshed(client, "r"));
    }
    oauth_client_free(client);
    return NULL;
}

static void many_threads(void) {
    unsigned destroyed = 0;
    pthread_t threads[4];
    size_t index;
    struct fake fake = {0};
    oauth_config *config = fake_config(&fake);
    oauth_client *client;
    oauth_config_set_transport(config, answer, &fake, fake_destroy);
    client = client_of(config);
    destroyed = fake.destroyed; /* of the transport that was replaced */
    for (index = 0; index < 4; index++) {
        CHECK(pthread_create(&threads[index], NULL, call_and_free, oauth_client_ref(client)) == 0);
    }
    oauth_client_free(client);
    for (index = 0; index < 4; index++) {
        CHECK(pthread_join(threads[index], NULL) == 0);
    }
    CHECK(fake.destroyed == destroyed + 1);
}

int main(void) {
    bad_arguments();
    success_clears_the_error();
    a_config_can_be_used_again();
    another_handle_is_the_same_client();
    any_order_of_freeing();
    many_threads();
    return 0;
}
