/* Resource indicators (RFC 8707): asked for once, they go into the token request and each renewal by themselves. */
#include "api_authorization.h"
#include <time.h>

#define TWO "&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F"
#define ROTATED "{\"access_token\":\"AT2\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"RT2\"}"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;

static oauth_params *two(void) {
    oauth_params *params = oauth_params_new();
    oauth_params_add(params, "resource", "https://a.example/");
    oauth_params_add(params, "resource", "https://b.example/");
    return params;
}

static oauth_token *renewed(const oauth_token *before, const oauth_params *params) {
    oauth_token *token = NULL;
    CHECK_OK(oauth_renew_token(client, before, NULL, params, NULL, &token, &error));
    return token;
}

static void renews_with_both(const oauth_token *token) {
    oauth_params *params = oauth_params_new();
    oauth_token *next = renewed(token, NULL), *one;
    CHECK_CONTAINS(fake.body_seen, TWO);
    /* One renewal may ask for less, and the next one asks for all again. */
    oauth_params_add(params, "resource", "https://a.example/");
    one = renewed(next, params);
    CHECK_CONTAINS(fake.body_seen, "&resource=https%3A%2F%2Fa.example%2F");
    CHECK_LACKS(fake.body_seen, "b.example");
    oauth_token_free(next);
    next = renewed(one, NULL);
    CHECK_CONTAINS(fake.body_seen, TWO);
    oauth_token_free(next);
    oauth_token_free(one);
    oauth_params_free(params);
}

/* Also an authorization that another process finishes. */
static void of_an_authorization(void) {
    oauth_params *params = two();
    oauth_authorization *begun = NULL, *resumed = NULL;
    oauth_token *token;
    char *json = NULL;
    CHECK_OK(oauth_authorization_begin(client, REDIRECT_URI, NULL, params, NULL, &begun, &error));
    CHECK_OK(oauth_authorization_to_json(begun, &json, &error));
    CHECK_OK(oauth_authorization_from_json(client, json, &resumed, &error));
    token = finished(resumed, answer(resumed, "code=c"));
    CHECK_CONTAINS(fake.body_seen, TWO);
    renews_with_both(token);
    oauth_token_free(token);
    oauth_string_free(json);
    oauth_authorization_free(begun);
    oauth_authorization_free(resumed);
    oauth_params_free(params);
}

/* And a session, which has nothing but what is kept. */
static void of_a_session(void) {
    oauth_params *params = two();
    oauth_token *token = NULL, *saved = NULL;
    oauth_session *session = NULL;
    char *json = NULL;
    fake.body = "{\"access_token\":\"AT1\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"RT1\"}";
    CHECK_OK(oauth_request_token(client, NULL, "c", REDIRECT_URI, params, NULL, &token, &error));
    CHECK_CONTAINS(fake.body_seen, TWO);
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK_OK(oauth_token_from_json(json, &saved, &error));
    renews_with_both(saved);
    CHECK_OK(oauth_session_open(client, NULL, "k", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt(session, saved, NULL, &error));
    CHECK_OK(oauth_session_invalidate(session, saved, &error));
    oauth_token_free(token);
    fake.body = ROTATED;
    CHECK_OK(oauth_session_token(session, NULL, &token, &error));
    CHECK_CONTAINS(fake.body_seen, "refresh_token=RT1");
    CHECK_CONTAINS(fake.body_seen, TWO);
    CHECK_OK(oauth_session_invalidate(session, token, &error));
    oauth_token_free(token);
    CHECK_OK(oauth_session_token(session, NULL, &token, &error));
    CHECK_CONTAINS(fake.body_seen, "refresh_token=RT2");
    CHECK_CONTAINS(fake.body_seen, TWO);
    oauth_token_free(token);
    oauth_token_free(saved);
    oauth_string_free(json);
    oauth_session_free(session);
    oauth_params_free(params);
}

static void of_a_device(void) {
    oauth_params *params = two();
    oauth_device_authorization *device = NULL;
    oauth_token *token = NULL;
    fake.body = "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://as.example/d\","
                "\"expires_in\":60,\"interval\":1}";
    CHECK_OK(oauth_device_authorization_begin(client, NULL, params, NULL, &device, &error));
    fake.body = ROTATED;
    CHECK_OK(oauth_device_authorization_wait(device, NULL, &token, &error));
    CHECK_CONTAINS(fake.body_seen, TWO);
    renews_with_both(token);
    oauth_token_free(token);
    oauth_device_authorization_free(device);
    oauth_params_free(params);
}

static void what_is_set_replaces_what_was_there(void) {
    oauth_params *params = two();
    oauth_authorization *authorization = NULL;
    oauth_token *token;
    oauth_params_set(params, "resource", "https://c.example/");
    CHECK_OK(oauth_authorization_begin(client, REDIRECT_URI, NULL, params, NULL, &authorization, &error));
    token = finished(authorization, answer(authorization, "code=c"));
    CHECK_CONTAINS(fake.body_seen, "&resource=https%3A%2F%2Fc.example%2F");
    CHECK_LACKS(fake.body_seen, "a.example");
    oauth_token_free(renewed(token, NULL));
    CHECK_CONTAINS(fake.body_seen, "&resource=https%3A%2F%2Fc.example%2F");
    CHECK_LACKS(fake.body_seen, "a.example");
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    oauth_params_free(params);
}

/* A line with its end, as from fgets, is sent as it is, and not kept: what is saved can be read again. */
static void what_is_no_uri_is_not_kept(void) {
    oauth_params *params = oauth_params_new();
    oauth_token *token = NULL, *saved = NULL;
    char *json = NULL;
    oauth_params_add(params, "resource", "https://a.example/\n");
    oauth_params_add(params, "resource", "https://b.example/ c");
    oauth_params_add(params, "resource", "");
    CHECK_OK(oauth_request_token(client, NULL, "c", REDIRECT_URI, params, NULL, &token, &error));
    CHECK_CONTAINS(fake.body_seen, "a.example%2F%0A");
    CHECK_OK(oauth_token_to_json(token, &json, &error));
    CHECK_OK(oauth_token_from_json(json, &saved, &error));
    oauth_token_free(renewed(saved, NULL));
    CHECK_LACKS(fake.body_seen, "resource");
    oauth_token_free(token);
    oauth_token_free(saved);
    oauth_string_free(json);
    oauth_params_free(params);
}

static void none_asked_none_sent(void) {
    oauth_params *params = two();
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL);
    oauth_token *token = finished(authorization, answer(authorization, "code=c")), *next;
    CHECK_LACKS(fake.body_seen, "resource");
    next = renewed(token, NULL);
    CHECK_LACKS(fake.body_seen, "resource");
    oauth_token_free(next);
    /* What one renewal asks for is not what the next one asks for. */
    next = renewed(token, params);
    CHECK_CONTAINS(fake.body_seen, TWO);
    oauth_token_free(token);
    token = renewed(next, NULL);
    CHECK_LACKS(fake.body_seen, "resource");
    oauth_token_free(next);
    oauth_token_free(token);
    oauth_params_free(params);
    oauth_authorization_free(authorization);
}

int main(void) {
    oauth_config *config = server_config(&fake, "client", NULL);
    oauth_config_set_device_authorization_endpoint(config, ISSUER "/device");
    client = client_of(config);
    fake.body = ROTATED;
    of_an_authorization();
    none_asked_none_sent();
    what_is_set_replaces_what_was_there();
    what_is_no_uri_is_not_kept();
    of_a_session();
    of_a_device();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered && error == NULL);
    return 0;
}
