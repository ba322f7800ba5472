/* The other grants: what each sends, what each refuses by name with nothing sent, and which may be sent again. */
#include "api_fake.h"

#define JWT_TYPE "urn:ietf:params:oauth:token-type:jwt"
#define BASIC "\nauthorization: Basic Y2xpZW50OnMzY3IzdA==\n"
#define WHO "&client_id=public"

static oauth_error *error;
static struct fake fake;
/* With a secret; public; nobody at all. */
static oauth_client *client, *public_client, *bare;

/* Every call with only what it needs. */
#define GRANT(name, arguments)                                                                              \
    static oauth_status name(const oauth_client *with, const oauth_params *params,                         \
                             const oauth_request_options *options, oauth_token **token, oauth_error **out) { \
        return arguments;                                                                                   \
    }
GRANT(client_credentials, oauth_request_client_credentials(with, NULL, params, options, token, out))
GRANT(token_exchange,
      oauth_request_token_exchange(with, "S", JWT_TYPE, NULL, NULL, NULL, NULL, params, options, token, out))
GRANT(jwt_bearer, oauth_request_jwt_bearer(with, "a.b.c", NULL, params, options, token, out))
GRANT(saml_bearer, oauth_request_saml_bearer(with, "<a>\xc3\xa9?</a>", NULL, params, options, token, out))
GRANT(password, oauth_request_password(with, "u", "", NULL, params, options, token, out))
GRANT(extension, oauth_request_grant(with, "urn:x:y", params, options, token, out))

static const struct {
    oauth_status (*ask)(const oauth_client *, const oauth_params *, const oauth_request_options *, oauth_token **,
                        oauth_error **);
    const char *sent;
    bool single_use, anonymous;
} grants[] = {
    {client_credentials, "grant_type=client_credentials", false, false},
    {token_exchange, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=S"
                     "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt", false, true},
    {jwt_bearer, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c", true, true},
    {saml_bearer, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=PGE-w6k_PC9hPg", true,
     true},
    {password, "grant_type=password&username=u&password=", false, false},
    {extension, "grant_type=urn%3Ax%3Ay", true, true},
};
#define GRANTS (sizeof grants / sizeof *grants)

/* A call that must work; `sent` is its whole form. */
#define SENDS(call, sent)                            \
    do {                                             \
        oauth_token *token = NULL;                   \
        CHECK_OK(call);                              \
        CHECK_TEXT(oauth_token_access_token(token), "AT"); \
        CHECK_WIRE(&fake, "POST " FAKE_ENDPOINT "\n"); \
        CHECK_TEXT(fake.body_seen, sent);            \
        oauth_token_free(token);                     \
    } while (0)

#define REFUSED(call, name)                                             \
    do {                                                                \
        oauth_token *token = (oauth_token *)&fake;                      \
        CHECK_NAMES(call, OAUTH_ERROR_INVALID_ARGUMENT, name);          \
        CHECK(token == NULL && fake.calls == 0);                        \
    } while (0)

static void the_least_that_each_sends(void) {
    size_t index;
    for (index = 0; index < GRANTS; index++) {
        char form[256];
        SENDS(grants[index].ask(client, NULL, NULL, &token, &error), grants[index].sent);
        CHECK_TEXT(fake.headers_seen, "\ncontent-type: application/x-www-form-urlencoded\naccept: application/json\naccept-encoding: identity\n"
                                      "user-agent: liboauthclient/" OAUTH_VERSION_STRING BASIC);
        sprintf(form, "%s" WHO, grants[index].sent);
        SENDS(grants[index].ask(public_client, NULL, NULL, &token, &error), form);
        CHECK_LACKS(fake.headers_seen, "authorization");
        /* An assertion, or the token of an exchange, can say who the client is; nothing else can. */
        fake.calls = 0;
        if (grants[index].anonymous) {
            SENDS(grants[index].ask(bare, NULL, NULL, &token, &error), grants[index].sent);
            CHECK_LACKS(fake.headers_seen, "authorization");
        } else {
            REFUSED(grants[index].ask(bare, NULL, NULL, &token, &error), "client has no client_id");
        }
    }
}

static void all_that_each_sends(void) {
    oauth_params *params = oauth_params_new();
    oauth_params_add(params, "resource", "https://a.example/?x=1");
    oauth_params_add(params, "resource", "b");
    oauth_params_add(params, "audience", "c d");
    SENDS(oauth_request_client_credentials(client, "a b", params, NULL, &token, &error),
          "grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fa.example%2F%3Fx%3D1&resource=b&audience=c+d");
    oauth_params_free(params);
    SENDS(oauth_request_token_exchange(public_client, "S+", "s:t", "A/", "a:t", "r:t", "a b", NULL, NULL, &token,
                                       &error),
          "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=S%2B"
          "&subject_token_type=s%3At&actor_token=A%2F&actor_token_type=a%3At&requested_token_type=r%3At&scope=a+b" WHO);
    SENDS(oauth_request_jwt_bearer(client, "a.b-_.c", "a b", NULL, NULL, &token, &error),
          "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b-_.c&scope=a+b");
    SENDS(oauth_request_saml_bearer(client, "PGE-w6k_PC9hPg", "a b", NULL, NULL, &token, &error),
          "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=PGE-w6k_PC9hPg&scope=a+b");
    SENDS(oauth_request_password(client, "\xc3\xa9&=", "p\tw +%", "a b", NULL, NULL, &token, &error),
          "grant_type=password&username=%C3%A9%26%3D&password=p%09w+%2B%25&scope=a+b");
    params = oauth_params_new();
    oauth_params_add(params, "assertion", "x y");
    oauth_params_set(params, "scope", "a b");
    SENDS(oauth_request_grant(client, "urn:x", params, NULL, &token, &error),
          "grant_type=urn%3Ax&assertion=x+y&scope=a+b");
    oauth_params_free(params);
}

/* RFC 8693 section 2.2.1: what comes back need not be an access token. */
static void an_exchange_may_give_another_kind_of_token(void) {
    oauth_token *token = NULL;
    fake.body = "{\"access_token\":\"AT\",\"issued_token_type\":\"" JWT_TYPE "\",\"token_type\":\"N_A\"}";
    CHECK_OK(token_exchange(client, NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_json_text(oauth_token_json(token), "issued_token_type"), JWT_TYPE);
    CHECK_TEXT(oauth_token_authorization(token), NULL);
    oauth_token_free(token);
    fake.body = NULL;
}

/* In one argument of each call after the other. */
static void bad_text(const char *bad) {
    REFUSED(oauth_request_token_exchange(client, bad, "t", NULL, NULL, NULL, NULL, NULL, NULL, &token, &error),
            "subject_token ");
    REFUSED(oauth_request_token_exchange(client, "S", bad, NULL, NULL, NULL, NULL, NULL, NULL, &token, &error),
            "subject_token_type ");
    REFUSED(oauth_request_jwt_bearer(client, bad, NULL, NULL, NULL, &token, &error), "assertion ");
    REFUSED(oauth_request_saml_bearer(client, bad, NULL, NULL, NULL, &token, &error), "assertion ");
    REFUSED(oauth_request_password(client, bad, "p", NULL, NULL, NULL, &token, &error), "username ");
    REFUSED(oauth_request_grant(client, bad, NULL, NULL, &token, &error), "grant_type ");
    if (bad == NULL) {
        REFUSED(oauth_request_password(client, "u", bad, NULL, NULL, NULL, &token, &error), "password ");
        return;
    }
    REFUSED(oauth_request_token_exchange(client, "S", "t", bad, "t", NULL, NULL, NULL, NULL, &token, &error),
            "actor_token ");
    REFUSED(oauth_request_token_exchange(client, "S", "t", "A", bad, NULL, NULL, NULL, NULL, &token, &error),
            "actor_token_type ");
    REFUSED(oauth_request_token_exchange(client, "S", "t", NULL, NULL, bad, NULL, NULL, NULL, &token, &error),
            "requested_token_type ");
    if (*bad == '\0') {
        return; /* a scope and a password may be empty */
    }
    REFUSED(oauth_request_client_credentials(client, bad, NULL, NULL, &token, &error), "scope ");
    REFUSED(oauth_request_token_exchange(client, "S", "t", NULL, NULL, NULL, bad, NULL, NULL, &token, &error), "scope ");
    REFUSED(oauth_request_jwt_bearer(client, "a", bad, NULL, NULL, &token, &error), "scope ");
    REFUSED(oauth_request_saml_bearer(client, "a", bad, NULL, NULL, &token, &error), "scope ");
    REFUSED(oauth_request_password(client, "u", "p", bad, NULL, NULL, &token, &error), "scope ");
}

static void bad_arguments_are_named_and_nothing_is_sent(void) {
    const char *own[] = {NULL, "subject_token", "assertion", "assertion", "username", NULL};
    oauth_request_options *options = oauth_request_options_new();
    size_t index;
    fake.calls = 0;
    oauth_request_options_set_deadline_ms(options, 0);
    for (index = 0; index < GRANTS; index++) {
        const char *bad[] = {"grant_type", "state", "code_verifier", "code_challenge", own[index]};
        size_t which;
        REFUSED(grants[index].ask(NULL, NULL, NULL, &token, &error), "client ");
        REFUSED(grants[index].ask(client, NULL, options, &token, &error), "options");
        CHECK_NAMES(grants[index].ask(client, NULL, NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "token ");
        CHECK(grants[index].ask(client, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
        for (which = 0; which < sizeof bad / sizeof *bad && bad[which] != NULL; which++) {
            oauth_params *params = oauth_params_new();
            oauth_params_set(params, bad[which], "v");
            REFUSED(grants[index].ask(client, params, NULL, &token, &error), "field_parameters may not hold");
            oauth_params_free(params);
        }
    }
    oauth_request_options_free(options);
    bad_text(NULL);
    bad_text("");
    bad_text(NOT_UTF8);
    bad_text("a\r\nb");
    REFUSED(oauth_request_password(client, "u", NOT_UTF8, NULL, NULL, NULL, &token, &error), "password ");
    REFUSED(oauth_request_token_exchange(client, "S", "t", "A", NULL, NULL, NULL, NULL, NULL, &token, &error),
            "actor_token_type ");
    REFUSED(oauth_request_token_exchange(client, "S", "t", NULL, "t", NULL, NULL, NULL, NULL, &token, &error),
            "actor_token");
    REFUSED(oauth_request_grant(client, "authorization_code", NULL, NULL, &token, &error), "grant_type ");
    REFUSED(oauth_request_grant(client, "refresh_token", NULL, NULL, &token, &error), "grant_type ");
}

static void the_server_says_no(void) {
    const int32_t statuses[] = {400, 401};
    size_t index, which;
    fake.body = "{\"error\":\"invalid_grant\",\"error_description\":\"not a.b.c\"}";
    for (index = 0; index < GRANTS; index++) {
        for (which = 0; which < 2; which++) {
            oauth_token *token = (oauth_token *)&fake;
            fake.http_status = statuses[which];
            fake.calls = 0;
            CHECK(grants[index].ask(client, NULL, NULL, &token, &error) == OAUTH_ERROR_PROVIDER);
            CHECK(token == NULL && fake.calls == 1);
            CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_INVALID_GRANT);
            CHECK(oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN);
            CHECK(oauth_response_status(oauth_error_response(error)) == statuses[which]);
            CHECK_TEXT(oauth_error_endpoint(error), FAKE_ENDPOINT);
            CHECK(is_one_line(oauth_error_message(error)));
            if (grants[index].ask == jwt_bearer) {
                CHECK_LACKS(oauth_error_message(error), "a.b.c"); /* the server echoes it */
            }
            oauth_error_free(error);
            error = NULL;
        }
    }
    fake.body = NULL;
    fake.http_status = 0;
}

/* A status that asks for patience is tried again where that was asked for, unless the proof is used up. */
static void what_may_go_out_again(void) {
    oauth_request_options *options = oauth_request_options_new();
    size_t index;
    oauth_request_options_set_retry_policy(options, 2, 1, true);
    fake.http_status = 503;
    for (index = 0; index < GRANTS; index++) {
        oauth_token *token = NULL;
        fake.calls = 0;
        CHECK(grants[index].ask(client, NULL, options, &token, &error) == OAUTH_ERROR_HTTP);
        CHECK(fake.calls == (grants[index].single_use ? 1 : 3) && oauth_error_attempts(error) == fake.calls);
        oauth_error_free(error);
        error = NULL;
    }
    fake.http_status = 0;
    oauth_request_options_free(options);
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    client = fake_client(&fake);
    oauth_config_set_client(config, "public", NULL);
    public_client = client_of(config);
    config = oauth_config_new();
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    bare = client_of(config);
    the_least_that_each_sends();
    all_that_each_sends();
    an_exchange_may_give_another_kind_of_token();
    bad_arguments_are_named_and_nothing_is_sent();
    the_server_says_no();
    what_may_go_out_again();
    oauth_client_free(client);
    oauth_client_free(public_client);
    oauth_client_free(bare);
    return 0;
}
