/* What a call takes from the metadata: how the client authenticates, and the endpoints of both documents. */
#include "api_issuer.h"

/* Where the program did not choose, the client authenticates as the server wants it (RFC 8414 section 2). */
static void the_secret_goes_where_the_server_takes_it(void) {
#define METHODS(list) \
    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"token_endpoint_auth_methods_supported\":" list "}"
    static const struct {
        const char *metadata;
        bool chosen, in_form;
    } table[] = {
        {METHODS("[\"client_secret_post\"]"), false, true},
        {METHODS("[\"private_key_jwt\",\"client_secret_post\"]"), false, true},
        {METHODS("[\"client_secret_post\"]"), true, false},
        {METHODS("[\"client_secret_post\",\"client_secret_basic\"]"), false, false},
        {METHODS("[\"private_key_jwt\"]"), false, false},
        {METHODS("[]"), false, false},
        {METHODS("null"), false, false},
    };
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        struct fake_answer at[] = {{ISSUER OPENID, table[index].metadata, 0}, {NULL, NULL, 0}};
        oauth_config *config = issuer_config(ISSUER);
        oauth_client *client;
        oauth_token *token = NULL;
        if (table[index].chosen) {
            oauth_config_set_client_authentication(config, OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC);
        }
        fake.at = at;
        client = client_of(config);
        CHECK_OK(oauth_request_client_credentials(client, "a", NULL, NULL, &token, &error));
        oauth_token_free(token);
        CHECK(table[index].in_form == (strstr(fake.headers_seen, "\nauthorization: Basic ") == NULL));
        CHECK_TEXT(fake.body_seen, table[index].in_form
            ? "grant_type=client_credentials&scope=a&client_id=client&client_secret=s3cr3t"
            : "grant_type=client_credentials&scope=a");
        oauth_client_free(client);
        fake.at = NULL;
    }
    fake.wire[0] = '\0';
}

/* A client that is refused learns which other methods the server's metadata list for that endpoint. */
static void the_method_that_the_server_would_take(void) {
#define LISTS(list, more)                                                                                            \
    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"revocation_endpoint\":\"" FAKE_ENDPOINT "\"," \
    "\"token_endpoint_auth_methods_supported\":" list more "}"
    static const struct {
        const char *metadata, *client_secret;
        oauth_client_authentication method;
        const char *named; /* NULL: nothing */
    } table[] = {
        {LISTS("[\"client_secret_post\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC,
         "client_secret_basic was used, and the server's metadata allow client_secret_post (see "
         "oauth_config_set_client_authentication)"},
        {LISTS("[\"client_secret_basic\",\"client_secret_post\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC,
         "allow client_secret_post ("},
        {LISTS("[\"client_secret_basic\",\"none\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST,
         "client_secret_post was used, and the server's metadata allow client_secret_basic and none ("},
        {LISTS("[\"client_secret_basic\"]", ""), NULL, OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC,
         "none was used, and the server's metadata allow client_secret_basic ("},
        {LISTS("[\"client_secret_basic\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, NULL},
        {LISTS("[\"private_key_jwt\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC,
         "client_secret_basic was used, and the server's metadata allow private_key_jwt ("},
        {LISTS("null", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, NULL},
        {LISTS("[\"client_secret_basic\"]", ""), NULL, OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH,
         "tls_client_auth was used, and the server's metadata allow client_secret_basic ("},
        {LISTS("[\"tls_client_auth\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC,
         "client_secret_basic was used, and the server's metadata allow tls_client_auth ("},
    };
    size_t index;
    fake.http_status = 401;
    fake.body = "{\"error\":\"invalid_client\"}";
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        struct fake_answer at[] = {{ISSUER OPENID, table[index].metadata, 0}, {NULL, NULL, 0}};
        oauth_config *config = issuer_config(ISSUER);
        oauth_client *client;
        oauth_token *token = NULL;
        const char *named = table[index].named ? table[index].named : "invalid_client";
        oauth_config_set_client(config, "client", table[index].client_secret);
        oauth_config_set_client_authentication(config, table[index].method);
        fake.at = at;
        client = client_of(config);
        CHECK(oauth_request_token(client, NULL, "c0de/1", NULL, NULL, NULL, &token, &error) == OAUTH_ERROR_PROVIDER);
        CHECK_CONTAINS(oauth_error_message(error), named);
        CHECK(table[index].named != NULL || strstr(oauth_error_message(error), "oauth_config") == NULL);
        oauth_error_free(error);
        error = NULL;
        CHECK_FAILS(oauth_revoke(client, "t0ken/1", NULL, NULL, &error), OAUTH_ERROR_PROVIDER, named);
        oauth_client_free(client);
    }
    {
        struct fake_answer at[] = {
            {ISSUER OPENID, LISTS("[\"client_secret_basic\"]", ",\"revocation_endpoint_auth_methods_supported\":"
                                  "[\"client_secret_basic\",\"client_secret_post\"]"), 0}, {NULL, NULL, 0}};
        oauth_client *client = client_of(issuer_config(ISSUER));
        fake.at = at;
        CHECK_FAILS(oauth_revoke(client, "t0ken/1", NULL, NULL, &error), OAUTH_ERROR_PROVIDER, "allow client_secret_post (");
        oauth_client_free(client);
    }
    fake.http_status = 0;
    fake.body = NULL;
    fake.at = NULL;
    fake.wire[0] = '\0';
}

#define OTHER "https://other.example"
#define LACKING "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"userinfo_endpoint\":null}"
#define FULL(issuer)                                                                                    \
    "{\"issuer\":\"" issuer "\",\"token_endpoint\":\"" OTHER "/token\",\"revocation_endpoint\":\"" OTHER "/r\","  \
    "\"introspection_endpoint\":\"" OTHER "/i\",\"userinfo_endpoint\":\"" OTHER "/u\","               \
    "\"device_authorization_endpoint\":\"" OTHER "/d\","                                               \
    "\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]}"

/* Calls each endpoint that may stand in one document only. */
static void call_all(const oauth_client *client, oauth_status status, const char *named) {
    oauth_introspection *introspection = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_device_authorization *device = NULL;
    oauth_token *token = NULL;
    oauth_status got[4];
    oauth_error *errors[4] = {NULL, NULL, NULL, NULL};
    size_t index;
    CHECK_OK(oauth_token_new("AT", NULL, NULL, NULL, -1, &token, &error));
    got[0] = oauth_revoke(client, "t", NULL, NULL, &errors[0]);
    got[1] = oauth_introspect(client, "t", NULL, NULL, &introspection, &errors[1]);
    got[2] = oauth_request_userinfo(client, token, NULL, &userinfo, &errors[2]);
    got[3] = oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &errors[3]);
    for (index = 0; index < 4; index++) {
        const char *message = errors[index] ? oauth_error_message(errors[index]) : "";
        CHECK(got[index] == status);
        CHECK_CONTAINS(message, named);
        CHECK(errors[index] == NULL || (is_one_line(message) && !oauth_error_request_sent(errors[index])));
        oauth_error_free(errors[index]);
    }
    oauth_introspection_free(introspection);
    oauth_userinfo_free(userinfo);
    oauth_device_authorization_free(device);
    oauth_token_free(token);
}

/* The document of OpenID Connect and that of OAuth, each with endpoints that the other lacks. */
static void what_one_document_lacks_is_in_the_other(void) {
#define CALLED "POST " OTHER "/r\nPOST " OTHER "/i\nGET " OTHER "/u\nPOST " OTHER "/d\n"
    static const struct fake_answer at[] = {
        {ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, FULL(ISSUER), 0}, {OTHER "/i", "{\"active\":true}", 0},
        {OTHER "/d", "{\"device_code\":\"D\",\"user_code\":\"U\",\"verification_uri\":\"https://v.example/\"}", 0},
        {NULL, NULL, 0}};
    oauth_client *client = client_of(issuer_config(ISSUER));
    oauth_metadata *metadata = NULL;
    oauth_token *token = NULL;
    fake.at = at;
    fake.wire[0] = '\0';
    /* A call that has what it needs asks for one document, and uses that. */
    CHECK_OK(oauth_request_token(client, NULL, "c0de", NULL, NULL, NULL, &token, &error));
    oauth_token_free(token);
    CHECK_WIRE(&fake, "GET " ISSUER OPENID "\nPOST " FAKE_ENDPOINT "\n");
    call_all(client, OAUTH_OK, "");
    CHECK_WIRE(&fake, "GET " ISSUER OAUTH "\n" CALLED);
    /* The client authenticates as the document says in which the endpoint is. */
    CHECK_CONTAINS(fake.body_seen, "client_secret=s3cr3t");
    call_all(client, OAUTH_OK, "");
    CHECK_WIRE(&fake, CALLED);
    CHECK_OK(oauth_request_metadata(client, NULL, &metadata, &error));
    CHECK_TEXT(oauth_json_raw(oauth_metadata_json(metadata), NULL), LACKING);
    CHECK_OK(oauth_request_token(client, NULL, "c0de", NULL, NULL, NULL, &token, &error));
    CHECK_WIRE(&fake, "POST " FAKE_ENDPOINT "\n");
    oauth_metadata_free(metadata);
    oauth_token_free(token);
    oauth_client_free(client);
    fake.at = NULL;
}

/* Looked for once: in a document of somebody else, or in none, there is nothing. */
static void the_other_document_may_be_of_no_use(void) {
    static const struct fake_answer others[][3] = {
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, LACKING, 0}, {NULL, NULL, 0}},
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, FULL(ISSUER), 404}, {NULL, NULL, 0}},
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, FULL(ISSUER), 302}, {NULL, NULL, 0}},
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, "<html>", 0}, {NULL, NULL, 0}},
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, "{}", 0}, {NULL, NULL, 0}},
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, FULL("https://evil.example"), 0}, {NULL, NULL, 0}},
        {{ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, FULL("https://allowed.example"), 0}, {NULL, NULL, 0}},
    };
    static const struct fake_answer second[] = {{ISSUER OPENID, "", 404}, {ISSUER OAUTH, LACKING, 0}, {NULL, NULL, 0}};
    oauth_client *client;
    size_t index;
    for (index = 0; index < sizeof others / sizeof *others; index++) {
        oauth_config *config = issuer_config(ISSUER);
        oauth_config_add_allowed_issuer(config, "https://allowed.example");
        client = client_of(config);
        fake.at = others[index];
        fake.wire[0] = '\0';
        call_all(client, OAUTH_ERROR_INVALID_CONFIG, "the server's metadata name none");
        CHECK_WIRE(&fake, "GET " ISSUER OPENID "\nGET " ISSUER OAUTH "\n");
        oauth_client_free(client);
    }
    /* Where the second URL had the first document, the first has none. */
    client = client_of(issuer_config(ISSUER));
    fake.at = second;
    call_all(client, OAUTH_ERROR_INVALID_CONFIG, "the server's metadata name none");
    CHECK_WIRE(&fake, "GET " ISSUER OPENID "\nGET " ISSUER OAUTH "\n");
    oauth_client_free(client);
    fake.at = NULL;
}

/* It may name the endpoint: the call fails as the fetch did, and the next one asks again. */
static void the_other_document_may_come_later(void) {
    static const struct fake_answer busy[] = {
        {ISSUER OPENID, LACKING, 0}, {ISSUER OAUTH, FULL(ISSUER), 503}, {NULL, NULL, 0}};
    static const struct fake_answer good[] = {{ISSUER OAUTH, FULL(ISSUER), 0}, {NULL, NULL, 0}};
    oauth_client *client = client_of(issuer_config(ISSUER));
    fake.at = busy;
    fake.wire[0] = '\0';
    call_all(client, OAUTH_ERROR_HTTP, "_endpoint is not in the server's metadata");
    CHECK_WIRE(&fake, "GET " ISSUER OPENID "\nGET " ISSUER OAUTH "\nGET " ISSUER OAUTH "\nGET " ISSUER OAUTH
                      "\nGET " ISSUER OAUTH "\n");
    fake.at = good;
    CHECK_OK(oauth_revoke(client, "t", NULL, NULL, &error));
    CHECK_WIRE(&fake, "GET " ISSUER OAUTH "\nPOST " OTHER "/r\n");
    oauth_client_free(client);
    fake.at = NULL;
}

/* A client that authenticates by its certificate has endpoints of its own (RFC 8705 section 5), except the one to which it
 * sends the user. */
static void endpoints_for_mutual_tls(void) {
#define ALIASED                                                                                              \
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/a\",\"token_endpoint\":\"" FAKE_ENDPOINT "\"," \
    "\"revocation_endpoint\":\"" OTHER "/r\",\"mtls_endpoint_aliases\":{\"token_endpoint\":\"" OTHER "/mtls\","      \
    "\"authorization_endpoint\":\"" OTHER "/a\"}}"
    static const struct fake_answer at[] = {{ISSUER OPENID, ALIASED, 0}, {NULL, NULL, 0}};
    static const struct {
        oauth_client_authentication method;
        const char *wire;
    } table[] = {
        {OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, "GET " ISSUER OPENID "\nPOST " FAKE_ENDPOINT "\nPOST " OTHER "/r\n"},
        {OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH, "GET " ISSUER OPENID "\nPOST " OTHER "/mtls\nPOST " OTHER "/r\n"},
        {OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH,
         "GET " ISSUER OPENID "\nPOST " OTHER "/mtls\nPOST " OTHER "/r\n"},
    };
    size_t index;
    fake.at = at;
    fake.wire[0] = '\0';
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        oauth_config *config = issuer_config(ISSUER);
        oauth_client *client;
        oauth_token *token = NULL;
        oauth_authorization *authorization = NULL;
        oauth_config_set_client_authentication(config, table[index].method);
        client = client_of(config);
        CHECK_OK(oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error));
        CHECK_OK(oauth_revoke(client, "t", NULL, NULL, &error));
        CHECK_OK(oauth_authorization_begin(client, "http://127.0.0.1/", NULL, NULL, NULL, &authorization, &error));
        CHECK_CONTAINS(oauth_authorization_url(authorization), ISSUER "/a?");
        CHECK_WIRE(&fake, table[index].wire);
        oauth_authorization_free(authorization);
        oauth_token_free(token);
        oauth_client_free(client);
    }
    fake.at = NULL;
}

int main(void) {
    the_secret_goes_where_the_server_takes_it();
    the_method_that_the_server_would_take();
    what_one_document_lacks_is_in_the_other();
    the_other_document_may_be_of_no_use();
    the_other_document_may_come_later();
    endpoints_for_mutual_tls();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
