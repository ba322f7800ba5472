/* Revocation and introspection: what is sent, every kind of answer, and every bad argument with nothing sent. */
#include "api_fake.h"

#define REVOKE "https://as.example/revoke"
#define INTROSPECT "https://as.example/introspect?tenant=1"

static oauth_error *error;
static struct fake fake;
static oauth_client *client, *public_client, *bare;

static oauth_client *client_with(oauth_config *config) {
    oauth_config_set_revocation_endpoint(config, REVOKE);
    oauth_config_set_introspection_endpoint(config, INTROSPECT);
    return client_of(config);
}

/* Of both calls. */
static oauth_status ask(bool revoke, const oauth_client *with, const char *token, const char *hint,
                        const oauth_request_options *options) {
    oauth_introspection *introspection = (oauth_introspection *)&fake;
    oauth_status status;
    if (revoke) {
        return oauth_revoke(with, token, hint, options, &error);
    }
    status = oauth_introspect(with, token, hint, options, &introspection, &error);
    CHECK((introspection != NULL) == (status == OAUTH_OK));
    oauth_introspection_free(introspection);
    return status;
}

static void what_is_sent(void) {
    int revoke;
    fake.body = "{\"active\":false}";
    for (revoke = 0; revoke < 2; revoke++) {
        fake.wire[0] = '\0';
        CHECK_OK(ask(revoke, client, "t/+=", "refresh_token", NULL));
        CHECK_WIRE(&fake, revoke ? "POST " REVOKE "\n" : "POST " INTROSPECT "\n");
        CHECK_TEXT(fake.headers_seen, "\ncontent-type: application/x-www-form-urlencoded\naccept: application/json\naccept-encoding: identity\n"
                                      "user-agent: liboauthclient/" OAUTH_VERSION_STRING "\n"
                                      "authorization: Basic Y2xpZW50OnMzY3IzdA==\n");
        CHECK_TEXT(fake.body_seen, "token=t%2F%2B%3D&token_type_hint=refresh_token");
        CHECK_OK(ask(revoke, public_client, "t", NULL, NULL));
        CHECK_LACKS(fake.headers_seen, "authorization");
        CHECK_TEXT(fake.body_seen, "token=t&client_id=public");
    }
    fake.body = NULL;
}

/* RFC 7009 section 2.2: the client need not look at the body. */
static void any_success_revokes(void) {
    const struct {
        int32_t status;
        const char *body;
    } table[] = {{200, ""}, {200, "<!doctype html><title>Bye</title>"}, {200, "{\"error\":\"x\"}"}, {204, ""},
                 {202, "\xff"}};
    size_t index;
    for (index = 0; index < sizeof table / sizeof *table; index++) {
        fake.http_status = table[index].status;
        fake.body = table[index].body;
        CHECK_OK(oauth_revoke(client, "t", NULL, NULL, &error));
    }
    CHECK(oauth_revoke(client, "t", NULL, NULL, NULL) == OAUTH_OK);
    /* A server that is down has revoked nothing, whatever it says. */
    fake.http_status = 503;
    fake.body = "{\"error\":\"invalid_token\"}";
    CHECK_FAILS(oauth_revoke(client, "t", NULL, NULL, &error), OAUTH_ERROR_PROVIDER, "503");
    fake.body = NULL;
    fake.http_status = 0;
    fake.body = NULL;
}

static void what_introspection_says(void) {
    oauth_introspection *introspection = NULL;
    const oauth_json *members;
    fake.body = "\xef\xbb\xbf{\"active\":true,\"scope\":\"a b\",\"exp\":1700000100,\"aud\":[\"x\",\"y\"]}";
    CHECK_OK(oauth_introspect(client, "t", NULL, NULL, &introspection, &error));
    CHECK(oauth_introspection_active(introspection));
    members = oauth_introspection_json(introspection);
    CHECK_TEXT(oauth_json_text(members, "scope"), "a b");
    CHECK(oauth_json_number(members, "exp", -1) == 1700000100);
    CHECK(oauth_json_string_count(members, "aud") == 2);
    oauth_introspection_free(introspection);
    fake.body = "{\"active\":false}";
    CHECK_OK(oauth_introspect(client, "t", NULL, NULL, &introspection, NULL));
    CHECK(!oauth_introspection_active(introspection));
    CHECK_TEXT(oauth_json_raw(oauth_introspection_json(introspection), NULL), "{\"active\":false}");
    oauth_introspection_free(introspection);
    fake.body = NULL;
}

/* Only a boolean says that a token is good. */
static void an_introspection_that_does_not_say_is_refused(void) {
    const char *bad[] = {"{}", "{\"scope\":\"a\"}", "{\"active\":\"true\"}", "{\"active\":1}", "{\"active\":null}",
                         "{\"active\":true,\"active\":true}", "{\"active\":true,\"x\":1,\"x\":2}", "[]", "true", "",
                         "<html></html>", "{\"active\":true", "{\"active\":true} x", "active=true",
                         "{\"active\":true,\"x\":\"\xff\"}"};
    size_t index;
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        fake.body = bad[index];
        CHECK_FAILS(ask(false, client, "t0ken", NULL, NULL), OAUTH_ERROR_INVALID_RESPONSE, "HTTP 200");
    }
    fake.http_status = 204;
    fake.body = "";
    CHECK_FAILS(ask(false, client, "t0ken", NULL, NULL), OAUTH_ERROR_HTTP, "HTTP 204");
    fake.http_status = 0;
    fake.body = NULL;
}

static void the_server_says_no(void) {
    const int32_t statuses[] = {400, 401};
    int revoke, which;
    for (revoke = 0; revoke < 2; revoke++) {
        for (which = 0; which < 2; which++) {
            fake.http_status = statuses[which];
            fake.body = "{\"error\":\"unsupported_token_type\",\"error_description\":\"what is t0ken\"}";
            CHECK(ask(revoke, client, "t0ken", NULL, NULL) == OAUTH_ERROR_PROVIDER);
            CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE);
            CHECK_TEXT(oauth_error_provider_description(error), "what is t0ken");
            CHECK_LACKS(oauth_error_message(error), "t0ken");
            CHECK(oauth_response_status(oauth_error_response(error)) == statuses[which]);
            CHECK_TEXT(oauth_error_endpoint(error), revoke ? REVOKE : "https://as.example/introspect");
            oauth_error_free(error);
            error = NULL;
            fake.body = "<html></html>";
            CHECK_FAILS(ask(revoke, client, "t", NULL, NULL), OAUTH_ERROR_HTTP, "HTTP 40");
        }
        fake.body = "";
        fake.http_status = 307;
        CHECK_FAILS(ask(revoke, client, "t", NULL, NULL), OAUTH_ERROR_REDIRECT, "HTTP 307");
    }
    fake.body = NULL;
    fake.http_status = 0;
}

/* RFC 7009 section 2.2.1: a token may be sent again, where the program wants that. */
static void both_may_go_out_again(void) {
    oauth_request_options *options = oauth_request_options_new();
    int revoke;
    oauth_request_options_set_retry_policy(options, 2, 1, true);
    fake.http_status = 503;
    for (revoke = 0; revoke < 2; revoke++) {
        fake.calls = 0;
        CHECK_FAILS(ask(revoke, client, "t", NULL, options), OAUTH_ERROR_HTTP, "HTTP 503");
        CHECK(fake.calls == 3);
        fake.calls = 0;
        CHECK_FAILS(ask(revoke, client, "t", NULL, NULL), OAUTH_ERROR_HTTP, "HTTP 503");
        CHECK(fake.calls == 1);
    }
    fake.http_status = 0;
    oauth_request_options_free(options);
}

#define REFUSED(call, name)                                    \
    do {                                                       \
        CHECK_NAMES(call, OAUTH_ERROR_INVALID_ARGUMENT, name); \
        CHECK(fake.calls == 0);                                \
    } while (0)

static void bad_arguments_are_named_and_nothing_is_sent(void) {
    const char *bad[] = {"", NOT_UTF8, "t\r\n", "t\x01"};
    oauth_request_options *options = oauth_request_options_new();
    int revoke;
    size_t index;
    oauth_request_options_set_timeout_ms(options, 0);
    fake.calls = 0;
    for (revoke = 0; revoke < 2; revoke++) {
        REFUSED(ask(revoke, NULL, "t", NULL, NULL), "client ");
        REFUSED(ask(revoke, client, NULL, NULL, NULL), "token ");
        REFUSED(ask(revoke, client, "t", NULL, options), "options");
        /* These endpoints take no anonymous client. */
        REFUSED(ask(revoke, bare, "t", NULL, NULL), "client has no client_id");
        for (index = 0; index < sizeof bad / sizeof *bad; index++) {
            REFUSED(ask(revoke, client, bad[index], NULL, NULL), "token ");
            REFUSED(ask(revoke, client, "t", bad[index], NULL), "token_type_hint ");
        }
    }
    REFUSED(oauth_introspect(client, "t", NULL, NULL, NULL, &error), "introspection ");
    CHECK(oauth_revoke(NULL, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_introspect(NULL, NULL, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(!oauth_introspection_active(NULL));
    CHECK(oauth_introspection_json(NULL) == NULL);
    oauth_introspection_free(NULL);
    CHECK(fake.calls == 0);
    oauth_request_options_free(options);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    client = client_with(fake_config(&fake));
    oauth_config_set_client(config, "public", NULL);
    public_client = client_with(config);
    config = oauth_config_new();
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    bare = client_with(config);
    what_is_sent();
    any_success_revokes();
    what_introspection_says();
    an_introspection_that_does_not_say_is_refused();
    the_server_says_no();
    both_may_go_out_again();
    bad_arguments_are_named_and_nothing_is_sent();
    oauth_client_free(client);
    oauth_client_free(public_client);
    oauth_client_free(bare);
    return 0;
}
