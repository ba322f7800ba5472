/* Discovery: where metadata are looked for and how often, whom they are believed from, and lies that are refused. */
#include "api_issuer.h"

#define METADATA(issuer) "{\"issuer\":\"" issuer "\",\"token_endpoint\":\"https://login.example/token?tenant=1\"}"

static const struct fake_answer usual[] = {{ISSUER OPENID, METADATA(ISSUER), 0}, {NULL, NULL, 0}};

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
    CHECK_TEXT(fake.headers_seen, "\naccept: application/json\naccept-encoding: identity\nuser-agent: liboauthclient/" OAUTH_VERSION_STRING "\n");
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
    an_odd_answer_does_not_end_the_search();
    a_failure_is_not_kept();
    bad_arguments_are_named_and_nothing_is_sent();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
