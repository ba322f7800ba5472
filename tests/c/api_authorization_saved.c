/* An authorization that is begun in one process and finished in another: what is kept, and what is not taken back. */
#include "api_authorization.h"

static oauth_error *error;
static struct fake fake;

static oauth_authorization *read_back(const oauth_client *client, const char *json) {
    oauth_authorization *authorization = NULL;
    CHECK_OK(oauth_authorization_from_json(client, json, &authorization, &error));
    CHECK(authorization != NULL);
    return authorization;
}

static void refused_json(const oauth_client *client, const char *json, const char *named) {
    oauth_authorization *authorization = (oauth_authorization *)&fake;
    CHECK_NAMES(oauth_authorization_from_json(client, json, &authorization, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "json");
    CHECK(oauth_authorization_from_json(client, json, &authorization, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK_FAILS(oauth_authorization_from_json(client, json, &authorization, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                named);
    CHECK(authorization == NULL);
}

/* The JSON with one piece replaced; overwritten by the next call. */
static const char *with(const char *json, const char *piece, const char *by) {
    static char changed[4096];
    const char *at = strstr(json, piece);
    CHECK(at != NULL);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - json), json, by, at + strlen(piece));
    return changed;
}

/* Up to the end of the JSON, because only the library knows when it began. */
static const char *expiring(const char *json, const char *at_s) {
    const char *last = strstr(json, "\"expires_at_s\":");
    char by[64];
    CHECK(last != NULL);
    snprintf(by, sizeof by, "\"expires_at_s\":%s}", at_s);
    return with(json, last, by);
}

static char *saved(const oauth_client *client, const char *scope) {
    oauth_authorization *authorization = begun(client, REDIRECT_URI, scope);
    char *json = NULL;
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    oauth_authorization_free(authorization);
    return json;
}

/* Whoever takes it up knows all that the one who began did, and sends the same verifier. */
static void finished_by_another(void) {
    char challenge[64], verifier[64], expected[64];
    oauth_client *client = server_client(&fake, ISSUER), *other = server_client(&fake, ISSUER);
    oauth_authorization *authorization = begun(client, REDIRECT_URI, "openid a"), *resumed;
    char *json = NULL, *again = NULL;
    strcpy(challenge, said(authorization, "code_challenge"));
    CHECK_OK(oauth_authorization_to_json(authorization, &json, &error));
    oauth_client_free(client);
    resumed = read_back(other, json);
    oauth_client_free(other);
    CHECK_TEXT(oauth_authorization_url(resumed), oauth_authorization_url(authorization));
    CHECK_TEXT(oauth_authorization_state(resumed), oauth_authorization_state(authorization));
    CHECK_TEXT(oauth_authorization_nonce(resumed), oauth_authorization_nonce(authorization));
    CHECK_OK(oauth_authorization_to_json(resumed, &again, &error));
    CHECK_TEXT(again, json);
    oauth_string_free(again);
    fake.calls = 0;
    CHECK_UNFINISHED(resumed, answer(resumed, "code=c&iss=https://evil.example"), OAUTH_ERROR_ISSUER_MISMATCH, "evil");
    CHECK_UNFINISHED(resumed, "code=c&state=x", OAUTH_ERROR_STATE_MISMATCH, "state");
    CHECK(fake.calls == 0);
    /* No ID token, no token: that it is wanted was saved, too. */
    CHECK_UNFINISHED(resumed, answer(resumed, "code=c"), OAUTH_ERROR_ID_TOKEN, "is missing");
    CHECK(fake.calls == 1 && parameter(fake.body_seen, "code_verifier", verifier, sizeof verifier));
    CHECK_CONTAINS(fake.body_seen, "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcb&");
    /* The one that began, which nobody told of it, sends the same: the pair belongs together. */
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_ID_TOKEN, "is missing");
    CHECK(parameter(fake.body_seen, "code_verifier", expected, sizeof expected));
    CHECK_TEXT(verifier, expected);
    CHECK_UNFINISHED(resumed, answer(resumed, "code=c"), OAUTH_ERROR_INVALID_STATE, "begin a new one");
    printf("%s %s\n", challenge, verifier);
    oauth_string_free(json);
    oauth_authorization_free(authorization);
    oauth_authorization_free(resumed);
}

/* What the metadata said at the beginning is kept: the issuer in the redirect, above all. */
static void what_the_metadata_said(void) {
    struct metadata metadata = {0, METADATA("\"authorization_response_iss_parameter_supported\":true,"), 0};
    oauth_client *client;
    oauth_authorization *authorization;
    char *json;
    fake.extra = &metadata;
    client = server_client(&fake, ISSUER);
    json = saved(client, NULL);
    authorization = read_back(client, json);
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_ISSUER_MISMATCH, "which server");
    oauth_token_free(finished(authorization, answer(authorization, "code=c&iss=" ISSUER)));
    CHECK(metadata.fetched == 1);
    oauth_string_free(json);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
    fake.extra = NULL;
}

static void too_old(void) {
    oauth_client *client = server_client(&fake, NULL);
    char *json = saved(client, NULL);
    oauth_authorization *authorization = read_back(client, expiring(json, "1700000000"));
    oauth_listener *listener = NULL;
    char *redirect = (char *)&fake;
    fake.calls = 0;
    CHECK_UNFINISHED(authorization, answer(authorization, "code=c"), OAUTH_ERROR_EXPIRED, "too old");
    CHECK_UNFINISHED(authorization, answer(authorization, "error=access_denied"), OAUTH_ERROR_EXPIRED, "too old");
    CHECK(fake.calls == 0);
    /* Nobody waits for its redirect, either. */
    CHECK_OK(oauth_listener_open(NULL, &listener, &error));
    CHECK_FAILS(oauth_listener_wait(listener, authorization, NULL, &redirect, &error), OAUTH_ERROR_EXPIRED, "in time");
    CHECK(redirect == NULL);
    oauth_listener_free(listener);
    oauth_authorization_free(authorization);
    authorization = read_back(client, expiring(json, "32503680000"));
    oauth_token_free(finished(authorization, answer(authorization, "code=c")));
    oauth_authorization_free(authorization);
    oauth_string_free(json);
    oauth_client_free(client);
}

/* How long that is, the config says: at most this many seconds from now. */
static void the_lifetime_of_the_config(void) {
    oauth_config *config = server_config(&fake, "client", NULL);
    oauth_client *client, *usual = server_client(&fake, NULL);
    char *json, *usual_json;
    oauth_config_set_authorization_lifetime_s(NULL, 1);
    oauth_config_set_authorization_lifetime_s(config, 100000);
    client = client_of(config);
    usual_json = saved(usual, NULL);
    json = saved(client, NULL);
    /* 900 s are the default; the two begin within the same minute. */
    CHECK(labs(atol(strstr(json, "_at_s\":") + 7) - atol(strstr(usual_json, "_at_s\":") + 7) - (100000 - 900)) < 60);
    oauth_string_free(json);
    oauth_string_free(usual_json);
    oauth_client_free(client);
    oauth_client_free(usual);
    config = server_config(&fake, "client", NULL);
    oauth_config_set_authorization_lifetime_s(config, 0);
    client = (oauth_client *)&fake;
    CHECK_NAMES(oauth_client_new(config, &client, &error), OAUTH_ERROR_INVALID_CONFIG, "authorization_lifetime_s");
    CHECK(client == NULL);
    oauth_config_free(config);
}

static void for_another_client(void) {
    oauth_client *client = server_client(&fake, ISSUER), *without_issuer = server_client(&fake, NULL);
    oauth_client *other = client_of(server_config(&fake, "other", ISSUER));
    oauth_client *other_issuer = server_client(&fake, "https://other.example");
    oauth_client *nobody;
    oauth_config *config = oauth_config_new();
    char *json = saved(client, NULL), *json_without_issuer = saved(without_issuer, NULL);
    oauth_authorization *authorization = NULL;
    oauth_config_set_token_endpoint(config, FAKE_ENDPOINT);
    nobody = client_of(config);
    refused_json(other, json, "another client_id");
    refused_json(other_issuer, json, "another issuer");
    refused_json(without_issuer, json, "another issuer");
    refused_json(client, json_without_issuer, "another issuer");
    CHECK_NAMES(oauth_authorization_from_json(nobody, json, &authorization, &error), OAUTH_ERROR_INVALID_CONFIG,
                "client_id");
    oauth_string_free(json);
    oauth_string_free(json_without_issuer);
    oauth_client_free(client);
    oauth_client_free(without_issuer);
    oauth_client_free(other);
    oauth_client_free(other_issuer);
    oauth_client_free(nobody);
}

static void what_is_not_taken_back(void) {
    static const char *members[] = {"url", "state", "redirect_uri", "client_id", "requires_iss", "wants_id_token",
                                    "expires_at_s"};
    oauth_client *client = server_client(&fake, ISSUER);
    char *json = saved(client, "openid"), quoted[64];
    size_t length = strlen(json), index;
    for (index = 0; index < length; index++) { /* cut anywhere */
        char last = json[index];
        json[index] = '\0';
        refused_json(client, json, "json");
        json[index] = last;
    }
    for (index = 0; index < sizeof members / sizeof *members; index++) {
        snprintf(quoted, sizeof quoted, "\"%s\"", members[index]);
        refused_json(client, with(json, quoted, "\"unknown\""), members[index]);
    }
    refused_json(client, "{}", "no saved authorization");
    refused_json(client, "[]", "no JSON object");
    refused_json(client, "{\"oauthclient_token\":1}", "no saved authorization");
    refused_json(client, with(json, "\"oauthclient_authorization\":1", "\"oauthclient_authorization\":2"), "newer");
    refused_json(client, with(json, "\"nonce\"", "\"unknown\""), "nonce");
    refused_json(client, with(json, "\"nonce\"", "\"state\""), "twice");
    refused_json(client, with(json, "\"state\":\"", "\"state\":\"\\u0000"), "state");
    refused_json(client, with(json, "\"wants_id_token\":true", "\"wants_id_token\":\"true\""), "wants_id_token");
    refused_json(client, expiring(json, "\"1\""), "expires_at_s");
    oauth_string_free(json);
    oauth_client_free(client);
}

static void bad_arguments(void) {
    oauth_client *client = server_client(&fake, NULL);
    oauth_authorization *authorization = begun(client, REDIRECT_URI, NULL), *resumed = (oauth_authorization *)&fake;
    char *json = (char *)&fake;
    const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT;
    CHECK_NAMES(oauth_authorization_to_json(NULL, &json, &error), argument, "authorization");
    CHECK(json == NULL);
    CHECK_NAMES(oauth_authorization_to_json(authorization, NULL, &error), argument, "json");
    CHECK(oauth_authorization_to_json(NULL, NULL, NULL) == argument);
    CHECK(oauth_authorization_to_json(authorization, &json, NULL) == OAUTH_OK);
    CHECK_NAMES(oauth_authorization_from_json(NULL, json, &resumed, &error), argument, "client");
    CHECK(resumed == NULL);
    CHECK_NAMES(oauth_authorization_from_json(client, json, NULL, &error), argument, "authorization");
    refused_json(client, NULL, "NULL");
    refused_json(client, NOT_UTF8, "UTF-8");
    oauth_string_free(json);
    oauth_authorization_free(authorization);
    oauth_client_free(client);
}

int main(void) {
    finished_by_another();
    what_the_metadata_said();
    too_old();
    the_lifetime_of_the_config();
    for_another_client();
    what_is_not_taken_back();
    bad_arguments();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
