/* A client whose platform proves who it is: the assertion is read for each attempt, everywhere, and nothing is sent without. */
#include "api_session.h"
#include "alone.h"
#include "api_jwt.h"

static char given[32];
static unsigned reads;
static oauth_status returns;

/* Each time another one. */
static oauth_status read_it(void *user_data, oauth_source_value *value) {
    (void)user_data;
    snprintf(given, sizeof given, "a%u.b.c", ++reads);
    oauth_source_value_set(value, given);
    return returns;
}

static oauth_config *config_with(oauth_source_fn read) {
    oauth_config *config;
    oauth_source *source = NULL;
    memset(&fake, 0, sizeof fake);
    config = fake_config(&fake);
    CHECK_OK(oauth_source_from_callback(read, NULL, NULL, &source, &error));
    oauth_config_set_client(config, "my client", NULL);
    oauth_config_set_client_assertion(config, source);
    oauth_source_free(source);
    reads = 0;
    returns = OAUTH_OK;
    return config;
}

static void is_sent(const char *assertion) {
    CHECK_TEXT(form_field(fake.body_seen, "client_assertion"), assertion);
    CHECK_TEXT(form_field(fake.body_seen, "client_assertion_type"),
               "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer");
    CHECK_TEXT(form_field(fake.body_seen, "client_id"), "my+client");
    CHECK_LACKS(fake.headers_seen, "uthorization");
}

static void every_endpoint_gets_one_of_its_own(void) {
    oauth_config *config = config_with(read_it);
    oauth_introspection *introspection = NULL;
    oauth_device_authorization *device = NULL;
    oauth_token *token = NULL;
    oauth_config_set_introspection_endpoint(config, "https://as.example/introspect");
    oauth_config_set_revocation_endpoint(config, "https://as.example/revoke");
    oauth_config_set_device_authorization_endpoint(config, "https://as.example/device");
    client = client_of(config);
    oauth_token_free(refreshed(client, "RT"));
    is_sent("a1.b.c");
    CHECK_OK(oauth_request_client_credentials(client, "s", NULL, NULL, &token, &error));
    is_sent("a2.b.c");
    CHECK_OK(oauth_revoke(client, "AT", NULL, NULL, &error));
    is_sent("a3.b.c");
    fake.body = "{\"active\":true}";
    CHECK_OK(oauth_introspect(client, "AT", NULL, NULL, &introspection, &error));
    is_sent("a4.b.c");
    fake.body = "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://as.example/v\",\"expires_in\":9}";
    CHECK_OK(oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error));
    is_sent("a5.b.c");
    oauth_device_authorization_free(device);
    oauth_introspection_free(introspection);
    oauth_token_free(token);
    /* A header of the program takes its place. */
    fake.body = NULL;
    CHECK_OK(oauth_refresh_token(client, "Basic eA==", "RT", NULL, NULL, NULL, &token, &error));
    oauth_token_free(token);
    CHECK(reads == 5 && form_field(fake.body_seen, "client_assertion") == NULL);
    oauth_client_free(client);
}

static void busy_once(struct fake *server, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request;
    if (server->calls == 1) {
        is_sent("a1.b.c");
        oauth_transport_response_set_status(response, 503);
    }
}

static void each_attempt_reads_it_anew(void) {
    oauth_config *config = config_with(read_it);
    oauth_token *token = NULL;
    oauth_config_set_retry_policy(config, 1, 1, true);
    fake.during = busy_once;
    client = client_of(config);
    CHECK_OK(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error));
    CHECK(fake.calls == 2);
    is_sent("a2.b.c");
    oauth_token_free(token);
    oauth_client_free(client);
}

/* And what is wrong with it says nothing about the login. */
static void a_session_reads_it_for_each_renewal(void) {
    oauth_session *session;
    client = client_of(config_with(read_it));
    session = expired(NULL, "k", NULL);
    server_says(200, ROTATED);
    CHECK(ask(session, NULL) == OAUTH_OK);
    is_sent("a1.b.c");
    CHECK_OK(oauth_session_invalidate_text(session, "AT2", &error));
    returns = OAUTH_ERROR_LOGIN_REQUIRED;
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_CALLBACK, "the source's function returned");
    CHECK(fake.calls == 1);
    returns = OAUTH_OK;
    server_says(200, "{\"access_token\":\"AT3\",\"expires_in\":3600}");
    gives(session, "AT3");
    CHECK(fake.calls == 1);
    is_sent("a3.b.c");
    CHECK_TEXT(form_field(fake.body_seen, "refresh_token"), "RT2");
    oauth_session_free(session);
    oauth_client_free(client);
}

static oauth_status read_rubbish(void *user_data, oauth_source_value *value) {
    (void)user_data;
    oauth_source_value_set(value, "s3cr3t\r\nX: y");
    return OAUTH_OK;
}

static void nothing_is_sent_without_it(void) {
    oauth_config *config = config_with(read_it);
    oauth_source *file = NULL;
    oauth_token *token = NULL;
    CHECK_OK(oauth_source_from_file("/nonexistent/jwt", NULL, &file, &error));
    oauth_config_set_client_assertion(config, file);
    oauth_source_free(file);
    client = client_of(config);
    CHECK(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_SOURCE);
    CHECK(token == NULL && !oauth_error_request_sent(error) && oauth_error_attempts(error) == 0);
    CHECK_FAILS(OAUTH_ERROR_SOURCE, OAUTH_ERROR_SOURCE, "no client assertion: the file /nonexistent/jwt could not be read");
    oauth_client_free(client);
    client = client_of(config_with(read_rubbish));
    CHECK(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_SOURCE);
    CHECK_LACKS(oauth_error_message(error), "s3cr3t");
    CHECK_FAILS(OAUTH_ERROR_SOURCE, OAUTH_ERROR_SOURCE, "control character");
    CHECK(fake.calls == 0);
    oauth_client_free(client);
}

/* What a server repeats of it is not shown. */
static void no_message_shows_it(void) {
    oauth_token *token = NULL;
    client = client_of(config_with(read_it));
    fake.http_status = 401;
    fake.body = "{\"error\":\"invalid_client\",\"error_description\":\"who is a1.b.c ?\"}";
    CHECK(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_PROVIDER);
    CHECK_LACKS(oauth_error_message(error), "a1.b.c");
    oauth_error_free(error);
    error = NULL;
    oauth_client_free(client);
}

static void settings_that_do_not_go_together_are_named(void) {
    const oauth_status wrong = OAUTH_ERROR_INVALID_CONFIG;
    oauth_config *config = config_with(read_it), *bare = oauth_config_new();
    oauth_source *source = NULL;
    oauth_key *key = NULL;
    oauth_client *none = NULL;
    CHECK_OK(oauth_key_generate(NULL, &key, &error));
    oauth_config_set_client_key(config, key);
    CHECK_NAMES(oauth_client_new(config, &none, &error), wrong, "client_assertion and client_key");
    oauth_config_set_client_key(config, NULL);
    oauth_config_set_client(config, "my client", "s");
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC);
    CHECK_NAMES(oauth_client_new(config, &none, &error), wrong, "client_assertion is set");
    oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT);
    client = client_of(config);
    oauth_token_free(refreshed(client, "RT"));
    is_sent("a1.b.c");
    oauth_client_free(client);
    CHECK_OK(oauth_source_from_callback(read_it, NULL, NULL, &source, &error));
    oauth_config_set_token_endpoint(bare, FAKE_ENDPOINT);
    oauth_config_set_client_assertion(bare, source);
    CHECK_NAMES(oauth_client_new(bare, &none, &error), wrong, "client_assertion is set, but no client_id");
    oauth_config_set_client_assertion(bare, NULL);
    CHECK_OK(oauth_client_new(bare, &none, &error));
    oauth_client_free(none);
    oauth_config_set_client_assertion(NULL, source);
    oauth_source_free(source);
    oauth_key_free(key);
    oauth_config_free(bare);
}

int main(void) {
    every_endpoint_gets_one_of_its_own();
    each_attempt_reads_it_anew();
    a_session_reads_it_for_each_renewal();
    nothing_is_sent_without_it();
    no_message_shows_it();
    settings_that_do_not_go_together_are_named();
    until_alone();
    return 0;
}
