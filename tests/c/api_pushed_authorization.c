/* Pushed authorization requests (RFC 9126): when they are sent, what is in them, and where the user is sent then. */
#include "api_authorization.h"

#define PAR ISSUER "/par?tenant=1"
#define REQUEST_URI "urn:ietf:params:oauth:request_uri:a+b&c"
#define PUSHED "{\"request_uri\":\"" REQUEST_URI "\",\"expires_in\":60}"
#define SHORT_URL AUTHORIZATION_ENDPOINT "?client_id=client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aa%2Bb%26c"

static oauth_error *error;
static struct fake fake;
static struct fake_answer answers[] = {{PAR, PUSHED, 201}, {NULL, NULL, 0}};

static oauth_config *pushing_config(const char *client_secret) {
    oauth_config *config = server_config(&fake, "client", NULL);
    oauth_config_set_client(config, "client", client_secret);
    oauth_config_set_pushed_authorization(config, true);
    oauth_config_set_pushed_authorization_request_endpoint(config, PAR);
    return config;
}

/* Of the parameter in the form that was pushed. */
static const char *pushed(const char *name) {
    static char value[512];
    return parameter(fake.body_seen, name, value, sizeof value) ? value : NULL;
}

static void the_request_goes_first(void) {
    oauth_client *client = client_of(pushing_config("s3cr3t"));
    oauth_authorization *authorization, *other;
    oauth_params *params = oauth_params_new();
    oauth_token *token;
    char challenge[64], verifier[64], expected[1024], *json = NULL;
    fake.wire[0] = '\0';
    oauth_params_add(params, "resource", "https://r.example/1");
    oauth_params_add(params, "resource", "https://r.example/2");
    oauth_params_add(params, "prompt", "consent");
    CHECK_OK(oauth_authorization_begin(client, REDIRECT_URI, "a b", params, NULL, &authorization, &error));
    CHECK_TEXT(oauth_authorization_url(authorization), SHORT_URL);
    CHECK_WIRE(&fake, "POST " PAR "\n");
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic Y2xpZW50OnMzY3IzdA==\n");
    CHECK_CONTAINS(fake.headers_seen, "\ncontent-type: application/x-www-form-urlencoded\n");
    strcpy(challenge, pushed("code_challenge"));
    snprintf(expected, sizeof expected,
             "response_type=code&client_id=client&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A8080%%2Fcb&scope=a+b"
             "&state=%s&code_challenge=%s&code_challenge_method=S256&resource=https%%3A%%2F%%2Fr.example%%2F1"
             "&resource=https%%3A%%2F%%2Fr.example%%2F2&prompt=consent",
             oauth_authorization_state(authorization), challenge);
    CHECK_TEXT(fake.body_seen, expected);
    /* Each has a request URI of its own. */
    other = begun(client, REDIRECT_URI, NULL);
    CHECK_WIRE(&fake, "POST " PAR "\n");
    oauth_authorization_free(other);
    /* It is saved and finished as any other. */
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    oauth_authorization_free(authorization);
    CHECK_OK(oauth_authorization_from_json(client, json, &authorization, &error));
    CHECK_TEXT(oauth_authorization_url(authorization), SHORT_URL);
    oauth_string_free(json);
    token = finished(authorization, answer(authorization, "code=c0de"));
    CHECK_WIRE(&fake, "POST " FAKE_ENDPOINT "\n");
    CHECK_CONTAINS(fake.body_seen, "&resource=https%3A%2F%2Fr.example%2F1&resource=https%3A%2F%2Fr.example%2F2");
    CHECK(parameter(fake.body_seen, "code_verifier", verifier, sizeof verifier));
    printf("%s %s\n", challenge, verifier);
    oauth_token_free(token);
    oauth_authorization_free(authorization);
    oauth_params_free(params);
    oauth_client_free(client);
}

static void the_client_is_named_once(void) {
    oauth_config *config = pushing_config(NULL);
    oauth_client *client = client_of(config);
    const char *at;
    oauth_authorization_free(begun(client, REDIRECT_URI, NULL));
    CHECK_LACKS(fake.headers_seen, "\nauthorization:");
    at = strstr(fake.body_seen, "client_id=client");
    CHECK(at != NULL && strstr(at + 1, "client_id=") == NULL);
    CHECK_LACKS(fake.body_seen, "client_secret");
    oauth_client_free(client);
    config = pushing_config("s3cr3t");
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST);
    client = client_of(config);
    oauth_authorization_free(begun(client, REDIRECT_URI, NULL));
    at = strstr(fake.body_seen, "client_id=client&client_secret=s3cr3t&");
    CHECK(at != NULL && strstr(at + 1, "client_id=") == NULL);
    oauth_client_free(client);
}

static void not_begun(const oauth_client *client, const oauth_params *params, oauth_status status, const char *named) {
    oauth_authorization *authorization = (oauth_authorization *)&fake;
    CHECK_FAILS(oauth_authorization_begin(client, REDIRECT_URI, NULL, params, NULL, &authorization, &error), status,
                named);
    CHECK(authorization == NULL);
}

static void what_the_server_requires(void) {
    struct metadata metadata = {0, METADATA("\"require_pushed_authorization_requests\":true,"
                                            "\"pushed_authorization_request_endpoint\":\"" PAR "\","), 0};
    oauth_config *config;
    oauth_client *client;
    oauth_authorization *authorization;
    fake.extra = &metadata;
    fake.wire[0] = '\0';
    client = server_client(&fake, ISSUER);
    authorization = begun(client, REDIRECT_URI, "openid");
    CHECK_TEXT(oauth_authorization_url(authorization), SHORT_URL);
    CHECK_WIRE(&fake, "POST " PAR "\n");
    CHECK_TEXT(pushed("nonce"), oauth_authorization_nonce(authorization));
    oauth_authorization_free(authorization);
    oauth_client_free(client);
    /* A server that can, but does not require it, gets it from a program that asks. */
    metadata.json = METADATA("\"pushed_authorization_request_endpoint\":\"" PAR "\",");
    client = server_client(&fake, ISSUER);
    oauth_authorization_free(begun(client, REDIRECT_URI, NULL));
    CHECK_WIRE(&fake, "");
    oauth_client_free(client);
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_pushed_authorization(config, true);
    client = client_of(config);
    oauth_authorization_free(begun(client, REDIRECT_URI, NULL));
    CHECK_WIRE(&fake, "POST " PAR "\n");
    oauth_client_free(client);
    /* One that cannot is named. */
    metadata.json = METADATA("");
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_pushed_authorization(config, true);
    client = client_of(config);
    not_begun(client, NULL, OAUTH_ERROR_INVALID_CONFIG, "pushed_authorization_request_endpoint is not set");
    oauth_client_free(client);
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_pushed_authorization(config, true);
    oauth_config_set_pushed_authorization(config, false);
    oauth_config_set_pushed_authorization(NULL, true);
    client = client_of(config);
    oauth_authorization_free(begun(client, REDIRECT_URI, NULL));
    CHECK_WIRE(&fake, "");
    oauth_client_free(client);
    fake.extra = NULL;
}

static void mistakes_are_named_before_anything_is_sent(void) {
    struct metadata metadata = {0, METADATA(""), 0};
    oauth_client *client = NULL;
    oauth_params *params = oauth_params_new();
    oauth_config *config = server_config(&fake, "client", NULL);
    oauth_config_set_pushed_authorization(config, true);
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG,
                "pushed_authorization_request_endpoint");
    oauth_config_free(config);
    oauth_params_add(params, "request_uri", "urn:mine");
    fake.extra = &metadata;
    fake.calls = 0;
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_pushed_authorization(config, true);
    client = client_of(config);
    not_begun(client, params, OAUTH_ERROR_INVALID_ARGUMENT, "parameters may not hold a request_uri");
    CHECK(fake.calls == 0 && metadata.fetched == 0);
    oauth_client_free(client);
    fake.extra = NULL;
    /* Nobody pushes: a program may have done so itself. */
    client = server_client(&fake, NULL);
    {
        oauth_authorization *authorization = NULL;
        CHECK_OK(oauth_authorization_begin(client, REDIRECT_URI, NULL, params, NULL, &authorization, &error));
        CHECK_CONTAINS(oauth_authorization_url(authorization), "&request_uri=urn%3Amine");
        oauth_authorization_free(authorization);
    }
    CHECK(fake.calls == 0);
    oauth_params_free(params);
    oauth_client_free(client);
}

static void what_the_server_answers(void) {
    static const struct {
        int32_t http_status;
        const char *body;
        oauth_status status;
        const char *named;
    } bad[] = {
        {400, "{\"error\":\"invalid_request\",\"error_description\":\"no\"}", OAUTH_ERROR_PROVIDER, "invalid_request"},
        {401, "{\"error\":\"invalid_client\"}", OAUTH_ERROR_PROVIDER, "invalid_client"},
        {429, "", OAUTH_ERROR_HTTP, "HTTP 429"},
        {503, "", OAUTH_ERROR_HTTP, "HTTP 503"},
        {302, "", OAUTH_ERROR_REDIRECT, "redirect"},
        {201, "{}", OAUTH_ERROR_INVALID_RESPONSE, "request_uri was missing"},
        {201, "{\"request_uri\":\"\"}", OAUTH_ERROR_INVALID_RESPONSE, "request_uri was missing"},
        {201, "{\"request_uri\":7}", OAUTH_ERROR_INVALID_RESPONSE, "request_uri was missing"},
        {201, "{\"request_uri\":\"a b\"}", OAUTH_ERROR_INVALID_RESPONSE, "request_uri was missing"},
        {201, "{\"request_uri\":\"a\\u0000b\"}", OAUTH_ERROR_INVALID_RESPONSE, "request_uri was missing"},
        {201, "{\"request_uri\":\"a\\nb\"}", OAUTH_ERROR_INVALID_RESPONSE, "request_uri was missing"},
        {200, "{\"request_uri\":\"a\",\"request_uri\":\"b\"}", OAUTH_ERROR_INVALID_RESPONSE, "twice"},
        {200, "<html>", OAUTH_ERROR_INVALID_RESPONSE, ""},
        {200, "request_uri=a", OAUTH_ERROR_INVALID_RESPONSE, ""},
    };
    oauth_client *client = client_of(pushing_config("s3cr3t"));
    oauth_authorization *authorization = NULL;
    size_t index;
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        answers[0].http_status = bad[index].http_status;
        answers[0].body = bad[index].body;
        fake.calls = 0;
        CHECK(oauth_authorization_begin(client, REDIRECT_URI, NULL, NULL, NULL, &authorization, &error)
              != OAUTH_OK);
        CHECK_TEXT(oauth_status_name(oauth_error_status(error)), oauth_status_name(bad[index].status));
        CHECK(authorization == NULL && fake.calls == 1);
        CHECK_TEXT(oauth_error_endpoint(error), ISSUER "/par");
        CHECK(oauth_error_request_sent(error) && oauth_error_response(error) != NULL);
        CHECK(oauth_response_status(oauth_error_response(error)) == bad[index].http_status);
        CHECK_CONTAINS(oauth_error_message(error), bad[index].named);
        CHECK_LACKS(oauth_error_message(error), pushed("state"));
        CHECK(is_one_line(oauth_error_message(error)));
        oauth_error_free(error);
        error = NULL;
    }
    answers[0].http_status = 200; /* of a server that has not read section 2.2 */
    answers[0].body = PUSHED;
    authorization = begun(client, REDIRECT_URI, NULL);
    CHECK_TEXT(oauth_authorization_url(authorization), SHORT_URL);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

/* The server is busy once: the same request goes out again, when the program allows it. */
static void busy_once(struct fake *server, const oauth_transport_request *request,
                      oauth_transport_response *response) {
    (void)request;
    if (server->calls == 1) {
        oauth_transport_response_set_status(response, 503);
        oauth_transport_response_add_header(response, "Retry-After", "0");
    }
}

static void it_may_be_sent_again(void) {
    oauth_config *config = pushing_config("s3cr3t");
    oauth_client *client;
    oauth_authorization *authorization;
    oauth_config_set_retry_policy(config, 2, 1, true);
    client = client_of(config);
    fake.calls = 0;
    fake.during = busy_once;
    authorization = begun(client, REDIRECT_URI, NULL);
    CHECK(fake.calls == 2);
    CHECK_TEXT(oauth_authorization_state(authorization), pushed("state"));
    fake.during = NULL;
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

int main(void) {
    fake.at = answers;
    the_request_goes_first();
    the_client_is_named_once();
    what_the_server_requires();
    mistakes_are_named_before_anything_is_sent();
    what_the_server_answers();
    it_may_be_sent_again();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
