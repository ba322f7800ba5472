/* The authorization code grant, part one: what is sent, and what is refused before anything is. */
#include "api_authorization.h"
#include <sys/wait.h>
#include <unistd.h>

static oauth_error *error;
static struct fake fake;
static oauth_client *client; /* public, without issuer */

static void nothing_of_nothing(void) {
    CHECK(oauth_authorization_url(NULL) == NULL && oauth_authorization_state(NULL) == NULL);
    CHECK(oauth_authorization_nonce(NULL) == NULL);
    oauth_authorization_free(NULL);
}

/* The caller of this program checks that one is the S256 of the other (RFC 7636). */
static void print_pkce(const char *challenge, const char *verifier) {
    CHECK(strlen(verifier) == 43);
    printf("%s %s\n", challenge, verifier);
}

static void what_is_sent(void) {
    char expected[1024], challenge[64], verifier[64];
    oauth_authorization *authorization = begun(client, REDIRECT_URI "?tenant=1", "a b");
    oauth_token *token;
    strcpy(challenge, said(authorization, "code_challenge"));
    snprintf(expected, sizeof expected,
             AUTHORIZATION_ENDPOINT "?response_type=code&client_id=client"
             "&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A8080%%2Fcb%%3Ftenant%%3D1&scope=a+b&state=%s"
             "&code_challenge=%s&code_challenge_method=S256",
             oauth_authorization_state(authorization), challenge);
    CHECK_TEXT(oauth_authorization_url(authorization), expected);
    CHECK(strlen(oauth_authorization_state(authorization)) == 43 && oauth_authorization_nonce(authorization) == NULL);
    fake.calls = 0;
    token = finished(authorization, answer(authorization, REDIRECT_URI "?tenant=1&code=c0%2Fde%2B"));
    CHECK_TEXT(oauth_token_access_token(token), "AT");
    CHECK(fake.calls == 1 && parameter(fake.body_seen, "code_verifier", verifier, sizeof verifier));
    print_pkce(challenge, verifier);
    CHECK(strstr(expected, verifier) == NULL);
    snprintf(expected, sizeof expected,
             "grant_type=authorization_code&code=c0%%2Fde%%2B&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A8080%%2Fcb"
             "%%3Ftenant%%3D1&code_verifier=%s&client_id=client", verifier);
    CHECK_TEXT(fake.body_seen, expected);
    CHECK_TEXT(fake.url, FAKE_ENDPOINT);
    CHECK_TEXT(fake.method, "POST");
    CHECK_LACKS(fake.headers_seen, "\nauthorization:");
    oauth_token_free(token);
    CHECK_UNFINISHED(authorization, answer(authorization, "code=again"), OAUTH_ERROR_INVALID_STATE, "begin a new one");
    CHECK(fake.calls == 1);
    oauth_authorization_free(authorization);
}

static void what_the_program_adds(void) {
    oauth_params *params = oauth_params_new();
    oauth_client *confidential = NULL;
    oauth_config *config = fake_config(&fake);
    oauth_authorization *authorization = NULL;
    oauth_token *token = NULL;
    oauth_config_set_authorization_endpoint(config, AUTHORIZATION_ENDPOINT "?tenant=a%20b");
    confidential = client_of(config);
    oauth_params_set(params, "scope", "set");
    oauth_params_add(params, "prompt", "consent");
    oauth_params_add(params, "resource", "https://r.example/1");
    oauth_params_add(params, "resource", "https://r.example/2");
    oauth_params_add(params, "response_mode", "form_post");
    oauth_params_add(params, "authorization_details", "[{\"type\":\"t\"}]");
    CHECK_OK(oauth_authorization_begin(confidential, "com.example.app:/cb", "given", params, NULL, &authorization,
                                       &error));
    CHECK(strncmp(oauth_authorization_url(authorization), AUTHORIZATION_ENDPOINT "?tenant=a%20b&response_type=code&",
                  strlen(AUTHORIZATION_ENDPOINT) + 33) == 0);
    CHECK_TEXT(said(authorization, "scope"), "set");
    CHECK_CONTAINS(oauth_authorization_url(authorization),
                   "&prompt=consent&resource=https%3A%2F%2Fr.example%2F1&resource=https%3A%2F%2Fr.example%2F2"
                   "&response_mode=form_post&authorization_details=%5B%7B%22type%22%3A%22t%22%7D%5D");
    oauth_params_free(params);
    oauth_client_free(confidential); /* the authorization keeps what it needs */
    params = oauth_params_new();
    oauth_params_add(params, "resource", "https://r.example/1");
    CHECK_OK(oauth_authorization_finish(authorization, answer(authorization, "code=c"), params, NULL, &token, &error));
    CHECK_CONTAINS(fake.body_seen, "&resource=https%3A%2F%2Fr.example%2F1");
    CHECK_LACKS(fake.body_seen, "client_id");
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Basic Y2xpZW50OnMzY3IzdA==\n");
    oauth_params_free(params);
    oauth_token_free(token);
    oauth_authorization_free(authorization);
}

/* Every value is new, also in two processes that begin at once. */
static void nothing_is_guessable(void) {
    char seen[6][64];
    int pipes[2], index, other;
    pid_t children[2];
    oauth_client *with_issuer = server_client(&fake, ISSUER);
    oauth_authorization *one = begun(with_issuer, REDIRECT_URI, "openid"), *two;
    CHECK_TEXT(said(one, "nonce"), oauth_authorization_nonce(one));
    CHECK(strlen(oauth_authorization_nonce(one)) == 43);
    two = begun(with_issuer, REDIRECT_URI, "openid");
    strcpy(seen[0], oauth_authorization_state(one));
    strcpy(seen[1], oauth_authorization_state(two));
    strcpy(seen[2], oauth_authorization_nonce(one));
    strcpy(seen[3], oauth_authorization_nonce(two));
    strcpy(seen[4], said(one, "code_challenge"));
    strcpy(seen[5], said(two, "code_challenge"));
    for (index = 0; index < 6; index++) {
        for (other = 0; other < index; other++) {
            CHECK(strcmp(seen[index], seen[other]) != 0);
        }
    }
    oauth_authorization_free(one);
    oauth_authorization_free(two);
    oauth_client_free(with_issuer);
    CHECK(pipe(pipes) == 0);
    fflush(stdout);
    for (index = 0; index < 2; index++) {
        children[index] = fork();
        CHECK(children[index] >= 0);
        if (children[index] == 0) {
            one = begun(client, REDIRECT_URI, NULL);
            other = write(pipes[1], oauth_authorization_state(one), 43) != 43 ||
                    write(pipes[1], said(one, "code_challenge"), 43) != 43;
            oauth_authorization_free(one);
            _exit(other);
        }
    }
    for (index = 0; index < 2; index++) {
        CHECK(waitpid(children[index], &other, 0) == children[index] && other == 0);
    }
    for (index = 0; index < 4; index++) {
        CHECK(read(pipes[0], seen[index], 43) == 43);
        for (other = 0; other < index; other++) {
            CHECK(memcmp(seen[index], seen[other], 43) != 0);
        }
    }
    close(pipes[0]);
    close(pipes[1]);
}

static void not_begun(const oauth_client *with, const char *redirect_uri, const char *scope, const char *parameter_name,
                      const char *value, oauth_status status, const char *named) {
    oauth_params *params = oauth_params_new();
    oauth_authorization *authorization = (oauth_authorization *)&fake;
    if (parameter_name != NULL) {
        oauth_params_add(params, parameter_name, value);
    }
    CHECK_FAILS(oauth_authorization_begin(with, redirect_uri, scope, params, NULL, &authorization, &error), status,
                named);
    CHECK(authorization == NULL && fake.calls == 0);
    oauth_params_free(params);
}

/* With a server whose metadata would have to be fetched: not even that is done. */
static void mistakes_are_named_before_anything_is_sent(void) {
    static const char *protected[] = {"state", "nonce", "code_challenge", "code_challenge_method", "response_type",
                                      "redirect_uri", "client_id"};
    struct metadata metadata = {0, METADATA(""), 0};
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_client *discovering, *bare;
    oauth_config *config = oauth_config_new();
    size_t index;
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    bare = client_of(config);
    fake.calls = 0;
    fake.extra = &metadata;
    discovering = server_client(&fake, ISSUER);
    not_begun(NULL, REDIRECT_URI, NULL, NULL, NULL, argument, "client is NULL");
    not_begun(bare, REDIRECT_URI, NULL, NULL, NULL, OAUTH_ERROR_INVALID_CONFIG, "client_id");
    not_begun(discovering, NULL, NULL, NULL, NULL, argument, "redirect_uri is NULL");
    not_begun(discovering, NOT_UTF8, NULL, NULL, NULL, argument, "redirect_uri is not valid UTF-8");
    not_begun(discovering, "", NULL, NULL, NULL, argument, "redirect_uri");
    not_begun(discovering, "/cb", NULL, NULL, NULL, argument, "redirect_uri is not absolute");
    not_begun(discovering, REDIRECT_URI "#f", NULL, NULL, NULL, argument, "redirect_uri has a fragment");
    not_begun(discovering, REDIRECT_URI "\n", NULL, NULL, NULL, argument, "redirect_uri");
    not_begun(discovering, REDIRECT_URI, NOT_UTF8, NULL, NULL, argument, "scope is not valid UTF-8");
    not_begun(discovering, REDIRECT_URI, "a\x01", NULL, NULL, argument, "scope has a control character");
    not_begun(discovering, REDIRECT_URI, NULL, "scope", "a\n", argument, "scope has a control character");
    not_begun(discovering, REDIRECT_URI, NULL, "response_mode", "fragment", argument, "response_mode");
    not_begun(discovering, REDIRECT_URI, NULL, "authorization_details", "{}", argument, "authorization_details");
    not_begun(discovering, REDIRECT_URI, NULL, "authorization_details", "[", argument, "authorization_details");
    not_begun(discovering, REDIRECT_URI, NULL, "resource", "r", argument, "resource");
    not_begun(discovering, REDIRECT_URI, NULL, NOT_UTF8, "x", argument, "parameters");
    for (index = 0; index < sizeof protected / sizeof *protected; index++) {
        not_begun(discovering, REDIRECT_URI, NULL, protected[index], "mine", argument, protected[index]);
    }
    CHECK_NAMES(oauth_authorization_begin(discovering, REDIRECT_URI, NULL, NULL, NULL, NULL, &error), argument,
                "authorization");
    CHECK(oauth_authorization_begin(discovering, NULL, NULL, NULL, NULL, NULL, NULL) == argument);
    CHECK(metadata.fetched == 0 && fake.calls == 0);
    fake.extra = NULL;
    /* An ID token could not be checked. */
    not_begun(client, REDIRECT_URI, "a openid", NULL, NULL, OAUTH_ERROR_INVALID_CONFIG, "issuer");
    not_begun(client, REDIRECT_URI, NULL, "scope", "openid", OAUTH_ERROR_INVALID_CONFIG, "issuer");
    oauth_client_free(bare);
    oauth_client_free(discovering);
}

/* What the server says of itself decides. */
static void metadata_that_matter(void) {
    oauth_token *token = NULL;
    struct metadata metadata = {0, METADATA("\"code_challenge_methods_supported\":[\"plain\"],"), 0};
    oauth_client *discovering;
    oauth_config *config;
    oauth_authorization *authorization;
    fake.calls = 0;
    fake.extra = &metadata;
    discovering = server_client(&fake, ISSUER);
    not_begun(discovering, REDIRECT_URI, NULL, NULL, NULL, OAUTH_ERROR_INVALID_CONFIG, "pkce");
    CHECK(metadata.fetched == 1);
    oauth_client_free(discovering);
    /* Without PKCE that server can be used, and gets neither challenge nor verifier. */
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_pkce(NULL, false);
    oauth_config_set_pkce(config, true);
    oauth_config_set_pkce(config, false);
    discovering = client_of(config);
    authorization = begun(discovering, REDIRECT_URI, NULL);
    CHECK_LACKS(oauth_authorization_url(authorization), "code_challenge");
    oauth_token_free(finished(authorization, answer(authorization, "code=c")));
    CHECK_LACKS(fake.body_seen, "code_verifier");
    oauth_authorization_free(authorization);
    oauth_client_free(discovering);
    /* A server that says it always names itself has to (RFC 9207). */
    metadata.json = METADATA("\"code_challenge_methods_supported\":[\"plain\",\"S256\"],"
                             "\"authorization_response_iss_parameter_supported\":true,");
    discovering = server_client(&fake, ISSUER);
    authorization = begun(discovering, REDIRECT_URI, NULL);
    fake.calls = 0;
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_ISSUER_MISMATCH, "which server");
    /* An error that may come from anybody ends nothing, but its words are kept; what they echo is not shown. */
    CHECK(oauth_authorization_finish(authorization, answer(authorization, "error=access_denied&code=c0de-in-full"
                                     "&error_description=no+c0de-in-full"), NULL, NULL, &token, &error)
          == OAUTH_ERROR_ISSUER_MISMATCH);
    CHECK(token == NULL && oauth_error_advice(error) == OAUTH_ADVICE_FIX_CONFIG);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_ACCESS_DENIED);
    CHECK_TEXT(oauth_error_provider_description(error), "no c0de-in-full");
    CHECK_CONTAINS(oauth_error_message(error), "which server it came from; it said: access_denied: no [redacted]");
    CHECK(is_one_line(oauth_error_message(error)));
    oauth_error_free(error);
    error = NULL;
    CHECK_UNFINISHED(authorization, answer(authorization, "error=access_denied&iss=https://other.example"),
                     OAUTH_ERROR_ISSUER_MISMATCH, "https://other.example");
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c&iss=https://other.example"),
                     OAUTH_ERROR_ISSUER_MISMATCH, "https://other.example");
    CHECK(fake.calls == 0);
    oauth_token_free(finished(authorization, answer(authorization, "code=c&iss=" ISSUER)));
    oauth_authorization_free(authorization);
    oauth_client_free(discovering);
    /* That holds, too, where only the token endpoint has to be looked up. */
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_authorization_endpoint(config, AUTHORIZATION_ENDPOINT);
    discovering = client_of(config);
    authorization = begun(discovering, REDIRECT_URI, NULL);
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_ISSUER_MISMATCH, "which server");
    oauth_authorization_free(authorization);
    oauth_client_free(discovering);
    fake.extra = NULL;
}

/* What is asked for; tests/wire/signed_response.rs has the answers. */
static void signed_redirects(void) {
    struct metadata metadata = {0, METADATA("\"jwks_uri\":\"" ISSUER "/jwks\","), 0};
    oauth_config *config = server_config(&fake, "client", NULL);
    oauth_client *asking = NULL;
    oauth_authorization *authorization;
    oauth_config_set_signed_responses(NULL, true);
    oauth_config_set_signed_responses(config, true);
    CHECK_NAMES(oauth_client_new(config, &asking, &error), OAUTH_ERROR_INVALID_CONFIG, "issuer is not set");
    oauth_config_free(config);
    fake.calls = 0;
    not_begun(client, REDIRECT_URI, NULL, "response_mode", "jwt", OAUTH_ERROR_INVALID_CONFIG, "issuer is not set");
    fake.extra = &metadata;
    config = server_config(&fake, "client", ISSUER);
    oauth_config_set_signed_responses(config, true);
    asking = client_of(config);
    authorization = begun(asking, REDIRECT_URI, NULL);
    CHECK_TEXT(said(authorization, "response_mode"), "jwt");
    fake.calls = 0;
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_INVALID_RESPONSE, "was not signed");
    CHECK(oauth_authorization_finish(authorization, answer(authorization, "error=access_denied"), NULL, NULL,
                                     &(oauth_token *){NULL}, &error) == OAUTH_ERROR_INVALID_RESPONSE);
    CHECK(oauth_error_provider_code(error) == OAUTH_PROVIDER_ACCESS_DENIED);
    CHECK(oauth_error_advice(error) == OAUTH_ADVICE_FIX_CONFIG);
    oauth_error_free(error);
    error = NULL;
    CHECK_UNFINISHED(authorization, "response=e30.e30.", OAUTH_ERROR_INVALID_RESPONSE, "its header names no algorithm");
    CHECK(fake.calls == 0);
    oauth_authorization_free(authorization);
    oauth_client_free(asking);
    fake.extra = NULL;
}

int main(void) {
    client = server_client(&fake, NULL);
    nothing_of_nothing();
    what_is_sent();
    what_the_program_adds();
    nothing_is_guessable();
    mistakes_are_named_before_anything_is_sent();
    metadata_that_matter();
    signed_redirects();
    oauth_client_free(client);
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
