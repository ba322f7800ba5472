/* Discovery: where metadata are looked for and how often, whom they are believed from, and lies that are refused. */
#include "api_fake.h"

#define ISSUER "https://as.example"
#define OPENID "/.well-known/openid-configuration"
#define OAUTH "/.well-known/oauth-authorization-server"
#define METADATA(issuer) "{\"issuer\":\"" issuer "\",\"token_endpoint\":\"https://login.example/token?tenant=1\"}"

static oauth_error *error;
static struct fake fake;

static const struct fake_answer usual[] = {{ISSUER OPENID, METADATA(ISSUER), 0}, {NULL, NULL, 0}};

static oauth_config *issuer_config(const char *issuer) {
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, issuer);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    return config;
}

/* The metadata of this config's issuer, which must be good; frees the config. */
static void found_with(oauth_config *config) {
    oauth_client *client = client_of(config);
    oauth_metadata *metadata = NULL;
    CHECK_OK(oauth_request_metadata(client, NULL, &metadata, &error));
    CHECK(metadata != NULL);
    oauth_metadata_free(metadata);
    oauth_client_free(client);
}

/* The opposite. A call that needs the metadata fails in the same way. */
static void refused_with(oauth_config *config, oauth_status status, const char *named) {
    oauth_client *client = client_of(config);
    oauth_metadata *metadata = (oauth_metadata *)&fake;
    oauth_token *token = (oauth_token *)&fake;
    CHECK_FAILS(oauth_request_metadata(client, NULL, &metadata, &error), status, named);
    CHECK_FAILS(oauth_request_token(client, NULL, "c0de", NULL, NULL, NULL, &token, &error), status, named);
    CHECK(metadata == NULL && token == NULL);
    CHECK_LACKS(fake.wire, "POST");
    fake.wire[0] = '\0';
    oauth_client_free(client);
}

/* A proxy is of the library's own connections: with the program's transport it changes nothing. */
static void a_proxy_does_not_matter_to_a_transport_of_the_program(void) {
    const struct fake_answer here[] = {
        {"http://127.0.0.1:9" OPENID,
         "{\"issuer\":\"http://127.0.0.1:9\",\"token_endpoint\":\"http://127.0.0.1:9/token\"}", 0},
        {NULL, NULL, 0}};
    oauth_config *config = issuer_config("http://127.0.0.1:9");
    oauth_config_set_proxy(config, "http://proxy.example:3128", NULL, NULL);
    fake.at = here;
    found_with(config);
    CHECK_WIRE(&fake, "GET http://127.0.0.1:9" OPENID "\n");
    fake.at = NULL;
}

static void a_code_is_sent_where_the_issuer_says(void) {
    oauth_client *client = client_of(issuer_config(ISSUER));
    oauth_token *token = NULL;
    int times;
    fake.at = usual;
    for (times = 0; times < 2; times++) {
        CHECK_OK(oauth_request_token(client, NULL, "c0de", NULL, NULL, NULL, &token, &error));
        CHECK_TEXT(oauth_token_access_token(token), "AT");
        CHECK_TEXT(fake.body_seen, "grant_type=authorization_code&code=c0de");
        CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic ");
        oauth_token_free(token);
    }
    /* Asked for once. */
    CHECK_WIRE(&fake, "GET " ISSUER OPENID "\nPOST https://login.example/token?tenant=1\n"
                      "POST https://login.example/token?tenant=1\n");
    oauth_client_free(client);
}

/* The request holds no credential and no form; the document lives on in its handle. */
static void what_is_asked_and_what_is_got(void) {
    oauth_client *client = client_of(issuer_config(ISSUER));
    oauth_metadata *metadata = NULL, *again = NULL;
    const oauth_json *members;
    CHECK_OK(oauth_request_metadata(client, NULL, &metadata, &error));
    CHECK_TEXT(fake.headers_seen, "\naccept: application/json\nuser-agent: liboauthclient/" OAUTH_VERSION_STRING "\n");
    CHECK_TEXT(fake.body_seen, "");
    CHECK_OK(oauth_request_metadata(client, NULL, &again, &error));
    CHECK_WIRE(&fake, "GET " ISSUER OPENID "\n");
    oauth_client_free(client);
    oauth_metadata_free(again);
    members = oauth_metadata_json(metadata);
    CHECK_TEXT(oauth_json_raw(members, NULL), METADATA(ISSUER));
    CHECK_TEXT(oauth_json_text(members, "token_endpoint"), "https://login.example/token?tenant=1");
    oauth_metadata_free(metadata);
}

static void where_it_is_looked_for(void) {
    const struct {
        const char *issuer, *asked;
    } table[] = {
        {ISSUER, "GET " ISSUER OPENID "\nGET " ISSUER OAUTH "\n"},
        {ISSUER "/", "GET " ISSUER OPENID "\nGET " ISSUER OAUTH "\n"},
        {ISSUER "/a/b", "GET " ISSUER "/a/b" OPENID "\nGET " ISSUER OAUTH "/a/b\nGET " ISSUER OPENID "/a/b\n"},
        {ISSUER "/a/b/", "GET " ISSUER "/a/b" OPENID "\nGET " ISSUER OAUTH "/a/b\nGET " ISSUER OPENID "/a/b\n"},
        {"http://127.0.0.1:8080", "GET http://127.0.0.1:8080" OPENID "\nGET http://127.0.0.1:8080" OAUTH "\n"},
    };
    const struct fake_answer last[] = {
        {ISSUER "/a" OPENID, "<!doctype html><title>App</title>", 0}, /* a single-page application */
        {ISSUER OAUTH "/a", "{\"issuer\":\"https://evil.example\"}", 404},
        {ISSUER OPENID "/a", METADATA(ISSUER "/a"), 0},
        {NULL, NULL, 0}};
    size_t index;
    fake.http_status = 404;
    fake.at = NULL;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        oauth_client *client = client_of(issuer_config(table[index].issuer));
        oauth_metadata *metadata = (oauth_metadata *)&fake;
        CHECK_FAILS(oauth_request_metadata(client, NULL, &metadata, &error), OAUTH_ERROR_INVALID_CONFIG,
                    "has no metadata");
        CHECK(metadata == NULL);
        CHECK_WIRE(&fake, table[index].asked);
        oauth_client_free(client);
    }
    { /* a wrong realm: the server says so, and its words are there */
        static const struct fake_answer realm[] = {
            {ISSUER "/realms/x" OPENID, "{\"error\":\"Realm does not exist\"}", 404}, {NULL, NULL, 0}};
        oauth_client *client = client_of(issuer_config(ISSUER "/realms/x"));
        oauth_metadata *metadata = NULL;
        fake.at = realm;
        CHECK(oauth_request_metadata(client, NULL, &metadata, &error) == OAUTH_ERROR_INVALID_CONFIG);
        CHECK_CONTAINS(oauth_error_message(error), "HTTP 404): Realm does not exist");
        CHECK_TEXT(oauth_error_provider_error(error), "Realm does not exist");
        CHECK(oauth_response_status(oauth_error_response(error)) == 404);
        oauth_error_free(error);
        error = NULL;
        oauth_client_free(client);
        fake.wire[0] = '\0';
    }
    fake.at = last;
    found_with(issuer_config(ISSUER "/a"));
    CHECK_WIRE(&fake, "GET " ISSUER "/a" OPENID "\nGET " ISSUER OAUTH "/a\nGET " ISSUER OPENID "/a\n");
    fake.at = NULL;
    fake.http_status = 0;
}

static void only_the_issuer_itself_is_believed(void) {
    const char *others[] = {"https://evil.example", "https://AS.example", "https://as.example:443",
                            "https://as.example/t", "http://as.example", ""};
    char document[256];
    size_t index;
    for (index = 0; index < sizeof others / sizeof *others; index++) {
        sprintf(document, "{\"issuer\":\"%s\",\"token_endpoint\":\"https://evil.example/token\"}", others[index]);
        fake.body = document;
        refused_with(issuer_config(ISSUER), OAUTH_ERROR_ISSUER_MISMATCH, others[index]);
    }
    fake.body = METADATA(ISSUER "/");
    refused_with(issuer_config(ISSUER), OAUTH_ERROR_ISSUER_MISMATCH, "only the slash at the end differs");
    found_with(issuer_config(ISSUER "/"));
    fake.body = METADATA(ISSUER);
    refused_with(issuer_config(ISSUER "/"), OAUTH_ERROR_ISSUER_MISMATCH, "only the slash at the end differs");
    fake.body = NULL;
}

/* Entra's documents of a shared tenant name a template. */
static void another_issuer_can_be_allowed(void) {
    const char *allowed[] = {"https://login.example/other", "https://login.example/{tenantid}/v2.0"};
    size_t count, index;
    fake.body = METADATA("https://login.example/{tenantid}/v2.0");
    for (count = 0; count <= 2; count++) {
        oauth_config *config = issuer_config("https://login.example/common/v2.0");
        for (index = 0; index < count; index++) {
            oauth_config_add_allowed_issuer(config, allowed[index]);
        }
        if (count == 2) {
            found_with(config);
        } else {
            refused_with(config, OAUTH_ERROR_ISSUER_MISMATCH, "{tenantid}");
        }
    }
    /* A template stands for itself only. */
    fake.body = METADATA("https://login.example/7/v2.0");
    {
        oauth_config *config = issuer_config("https://login.example/common/v2.0");
        oauth_config_add_allowed_issuer(config, allowed[1]);
        refused_with(config, OAUTH_ERROR_ISSUER_MISMATCH, "https://login.example/7/v2.0");
    }
    fake.body = NULL;
}

#define WITH(member) "{\"issuer\":\"" ISSUER "\"," member "}"

static void metadata_that_lie_are_refused(void) {
    const struct {
        const char *body, *named;
        oauth_status status;
        int32_t http_status;
    } table[] = {
        {WITH("\"token_endpoint\":\"http://as.example/token\""), "token_endpoint", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {WITH("\"token_endpoint\":1"), "token_endpoint", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {WITH("\"token_endpoint\":\"/token\""), "token_endpoint", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {WITH("\"userinfo_endpoint\":\"https://u@as.example\""), "userinfo_endpoint", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {WITH("\"x\":1,\"x\":1"), "twice", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {WITH("\"issuer\":\"" ISSUER "\""), "twice", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {"{\"token_endpoint\":\"https://as.example/token\"}", "issuer", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {"{\"issuer\":[\"" ISSUER "\"]}", "issuer", OAUTH_ERROR_INVALID_RESPONSE, 0},
        {"<!doctype html><title>App</title>", "has no metadata", OAUTH_ERROR_INVALID_CONFIG, 0},
        {"[]", "has no metadata", OAUTH_ERROR_INVALID_CONFIG, 0},
        {METADATA(ISSUER), "has no metadata", OAUTH_ERROR_INVALID_CONFIG, 404},
        {METADATA(ISSUER), "HTTP 500", OAUTH_ERROR_HTTP, 500},
        {METADATA(ISSUER), "HTTP 503", OAUTH_ERROR_HTTP, 503},
        {METADATA(ISSUER), "HTTP 429", OAUTH_ERROR_HTTP, 429},
        {METADATA(ISSUER), "redirect", OAUTH_ERROR_REDIRECT, 302},
        {"{\"issuer\":\"" ISSUER "\"}", "token_endpoint", OAUTH_OK, 0},
    };
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        fake.body = table[index].body;
        fake.http_status = table[index].http_status;
        if (table[index].status != OAUTH_OK) {
            refused_with(issuer_config(ISSUER), table[index].status, table[index].named);
        } else { /* a good document that lacks what the call needs */
            oauth_client *client = client_of(issuer_config(ISSUER));
            oauth_token *token = (oauth_token *)&fake;
            CHECK_NAMES(oauth_request_token(client, NULL, "c", NULL, NULL, NULL, &token, &error),
                        OAUTH_ERROR_INVALID_CONFIG, table[index].named);
            CHECK(token == NULL);
            oauth_client_free(client);
        }
    }
    fake.body = NULL;
    fake.http_status = 0;
}

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
        {LISTS("[\"private_key_jwt\"]", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, NULL},
        {LISTS("null", ""), "s3cr3t", OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC, NULL},
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

/* Something else may answer at the first place; somebody else's metadata there end the search. */
static void an_odd_answer_does_not_end_the_search(void) {
    static const struct fake_answer odd[][3] = {
        {{ISSUER OPENID, METADATA(ISSUER), 302}, {ISSUER OAUTH, METADATA(ISSUER), 0}, {NULL, NULL, 0}},
        {{ISSUER OPENID, "{\"message\":\"Not Found\"}", 0}, {ISSUER OAUTH, METADATA(ISSUER), 0}, {NULL, NULL, 0}},
        {{ISSUER OPENID, METADATA("https://evil.example"), 0}, {ISSUER OAUTH, METADATA(ISSUER), 0}, {NULL, NULL, 0}},
    };
    int which;
    fake.wire[0] = '\0';
    for (which = 0; which < 2; which++) {
        fake.at = odd[which];
        found_with(issuer_config(ISSUER));
        CHECK_WIRE(&fake, "GET " ISSUER OPENID "\nGET " ISSUER OAUTH "\n");
    }
    fake.at = odd[2];
    refused_with(issuer_config(ISSUER), OAUTH_ERROR_ISSUER_MISMATCH, "https://evil.example");
    fake.at = NULL;
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

/* What failed is asked for again by the next call. */
static void a_failure_is_not_kept(void) {
    oauth_client *client = client_of(issuer_config(ISSUER));
    oauth_metadata *metadata = NULL;
    fake.http_status = 503;
    CHECK_FAILS(oauth_request_metadata(client, NULL, &metadata, &error), OAUTH_ERROR_HTTP, "503");
    fake.http_status = 0;
    fake.at = usual;
    CHECK_OK(oauth_request_metadata(client, NULL, &metadata, &error));
    fake.at = NULL;
    oauth_metadata_free(metadata);
    oauth_client_free(client);
}

static void bad_arguments_are_named_and_nothing_is_sent(void) {
    oauth_client *client = client_of(issuer_config(ISSUER)), *bare = fake_client(&fake);
    oauth_metadata *metadata = (oauth_metadata *)&fake;
    oauth_request_options *options = oauth_request_options_new();
    fake.calls = 0;
    CHECK_NAMES(oauth_request_metadata(NULL, NULL, &metadata, &error), OAUTH_ERROR_INVALID_ARGUMENT, "client");
    CHECK(metadata == NULL);
    CHECK_NAMES(oauth_request_metadata(client, NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "metadata");
    CHECK_NAMES(oauth_request_metadata(bare, NULL, &metadata, &error), OAUTH_ERROR_INVALID_CONFIG, "issuer");
    CHECK(oauth_request_metadata(bare, NULL, &metadata, NULL) == OAUTH_ERROR_INVALID_CONFIG);
    oauth_request_options_set_timeout_ms(options, 0);
    CHECK_NAMES(oauth_request_metadata(client, options, &metadata, &error), OAUTH_ERROR_INVALID_ARGUMENT, "options");
    CHECK(metadata == NULL && fake.calls == 0);
    CHECK(oauth_metadata_json(NULL) == NULL);
    oauth_metadata_free(NULL);
    oauth_request_options_free(options);
    oauth_client_free(bare);
    oauth_client_free(client);
}

int main(void) {
    a_proxy_does_not_matter_to_a_transport_of_the_program();
    a_code_is_sent_where_the_issuer_says();
    what_is_asked_and_what_is_got();
    where_it_is_looked_for();
    only_the_issuer_itself_is_believed();
    another_issuer_can_be_allowed();
    metadata_that_lie_are_refused();
    the_secret_goes_where_the_server_takes_it();
    the_method_that_the_server_would_take();
    an_odd_answer_does_not_end_the_search();
    what_one_document_lacks_is_in_the_other();
    the_other_document_may_be_of_no_use();
    the_other_document_may_come_later();
    a_failure_is_not_kept();
    bad_arguments_are_named_and_nothing_is_sent();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
