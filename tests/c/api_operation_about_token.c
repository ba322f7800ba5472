/* Metadata, userinfo, introspection and revocation that are started, and that each getter gives only its own. */
#include "api_operation.h"

#define ISSUER "https://as.example"
#define METADATA ISSUER "/.well-known/oauth-authorization-server"
#define USERINFO ISSUER "/userinfo"
#define INTROSPECT ISSUER "/introspect"
#define REVOKE ISSUER "/revoke"

static oauth_error *error;
static struct fake fake;
static oauth_client *client;
static struct fake_answer at[] = {
    {METADATA, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" FAKE_ENDPOINT "\",\"userinfo_endpoint\":\"" USERINFO
               "\",\"introspection_endpoint\":\"" INTROSPECT "\",\"revocation_endpoint\":\"" REVOKE
               "\",\"authorization_endpoint\":\"" ISSUER "/authorize\",\"response_types_supported\":[\"code\"]}", 0},
    {ISSUER "/.well-known/openid-configuration", "{}", 404},
    {USERINFO, "{\"sub\":\"alice\"}", 0},
    {INTROSPECT, "{\"active\":true,\"scope\":\"a\"}", 0},
    {REVOKE, "", 0},
    {NULL, NULL, 0},
};

/* It gives none of what it does not give. */
static void gives_no(oauth_operation *operation, const char *but) {
    const oauth_status invalid = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_token *token = (oauth_token *)&fake;
    oauth_metadata *metadata = (oauth_metadata *)&fake;
    oauth_userinfo *userinfo = (oauth_userinfo *)&fake;
    oauth_introspection *introspection = (oauth_introspection *)&fake;
    oauth_authorization *authorization = (oauth_authorization *)&fake;
    oauth_device_authorization *device = (oauth_device_authorization *)&fake;
    CHECK_NAMES(oauth_operation_token(operation, &token, &error), invalid, "operation gives no token");
    CHECK_NAMES(oauth_operation_authorization(operation, &authorization, &error), invalid,
                "operation gives no authorization");
    CHECK_NAMES(oauth_operation_device_authorization(operation, &device, &error), invalid,
                "operation gives no device authorization");
    CHECK(token == NULL && authorization == NULL && device == NULL);
    if (strcmp(but, "metadata") != 0) {
        CHECK_NAMES(oauth_operation_metadata(operation, &metadata, &error), invalid, "operation gives no metadata");
        CHECK(metadata == NULL);
    }
    if (strcmp(but, "userinfo") != 0) {
        CHECK_NAMES(oauth_operation_userinfo(operation, &userinfo, &error), invalid, "operation gives no userinfo");
        CHECK(userinfo == NULL);
    }
    if (strcmp(but, "introspection") != 0) {
        CHECK_NAMES(oauth_operation_introspection(operation, &introspection, &error), invalid,
                    "operation gives no introspection");
        CHECK(introspection == NULL);
    }
    CHECK_OK(oauth_operation_result(operation, &error));
}

static void what_each_gives(void) {
    oauth_token *token = refreshed(client, "RT");
    oauth_operation *operation = NULL;
    oauth_metadata *metadata = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_introspection *introspection = NULL;
    int again;
    CHECK_OK(oauth_request_metadata_start(client, NULL, &operation, &error));
    CHECK_OK(result_of(operation, &error));
    for (again = 0; again < 2; again++) {
        CHECK_OK(oauth_operation_metadata(operation, &metadata, &error));
        CHECK_TEXT(oauth_json_text(oauth_metadata_json(metadata), "revocation_endpoint"), REVOKE);
        oauth_metadata_free(metadata);
    }
    gives_no(operation, "metadata");
    oauth_operation_free(operation);
    CHECK_OK(oauth_request_userinfo_start(client, token, NULL, &operation, &error));
    oauth_token_free(token);
    CHECK_OK(result_of(operation, &error));
    CHECK_CONTAINS(fake.headers_seen, "\nauthorization: Bearer AT\n");
    for (again = 0; again < 2; again++) {
        CHECK_OK(oauth_operation_userinfo(operation, &userinfo, &error));
        CHECK_TEXT(oauth_userinfo_subject(userinfo), "alice");
        oauth_userinfo_free(userinfo);
    }
    gives_no(operation, "userinfo");
    oauth_operation_free(operation);
    CHECK_OK(oauth_introspect_start(client, "T", "access_token", NULL, &operation, &error));
    CHECK_OK(result_of(operation, &error));
    CHECK_TEXT(fake.body_seen, "token=T&token_type_hint=access_token");
    for (again = 0; again < 2; again++) {
        CHECK_OK(oauth_operation_introspection(operation, &introspection, &error));
        CHECK(oauth_introspection_active(introspection));
        CHECK_TEXT(oauth_json_text(oauth_introspection_json(introspection), "scope"), "a");
        oauth_introspection_free(introspection);
    }
    gives_no(operation, "introspection");
    oauth_operation_free(operation);
    CHECK_OK(oauth_revoke_start(client, "T", NULL, NULL, &operation, &error));
    CHECK_OK(result_of(operation, &error));
    CHECK_TEXT(fake.url, REVOKE);
    CHECK_TEXT(fake.body_seen, "token=T");
    gives_no(operation, "");
    oauth_operation_free(operation);
    at[3].http_status = 503;
    CHECK_OK(oauth_introspect_start(client, "T", NULL, NULL, &operation, &error));
    CHECK_FAILS(result_of(operation, &error), OAUTH_ERROR_HTTP, "503");
    CHECK_FAILS(oauth_operation_introspection(operation, &introspection, &error), OAUTH_ERROR_HTTP, "503");
    CHECK(introspection == NULL);
    oauth_operation_free(operation);
}

static void what_each_refuses(void) {
    const oauth_status invalid = OAUTH_ERROR_INVALID_ARGUMENT;
    oauth_token *token = refreshed(client, "RT");
    oauth_operation *done = NULL;
    oauth_metadata *metadata = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_introspection *introspection = NULL;
    oauth_authorization *authorization = NULL;
    oauth_device_authorization *device = NULL;
    fake.calls = 0;
    REFUSED(oauth_request_metadata_start(NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_request_userinfo_start(NULL, token, NULL, &operation, &error), "client");
    REFUSED(oauth_request_userinfo_start(client, NULL, NULL, &operation, &error), "token");
    REFUSED(oauth_introspect_start(NULL, "T", NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_introspect_start(client, NULL, NULL, NULL, &operation, &error), "token");
    REFUSED(oauth_introspect_start(client, NOT_UTF8, NULL, NULL, &operation, &error), "token");
    REFUSED(oauth_introspect_start(client, "T", NOT_UTF8, NULL, &operation, &error), "token_type_hint");
    REFUSED(oauth_revoke_start(NULL, "T", NULL, NULL, &operation, &error), "client");
    REFUSED(oauth_revoke_start(client, NULL, NULL, NULL, &operation, &error), "token");
    REFUSED(oauth_revoke_start(client, NOT_UTF8, NULL, NULL, &operation, &error), "token");
    REFUSED(oauth_revoke_start(client, "T", NOT_UTF8, NULL, &operation, &error), "token_type_hint");
    CHECK_NAMES(oauth_request_metadata_start(client, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_request_userinfo_start(client, token, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_introspect_start(client, "T", NULL, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_revoke_start(client, "T", NULL, NULL, NULL, &error), invalid, "operation");
    CHECK_NAMES(oauth_operation_metadata(NULL, &metadata, &error), invalid, "operation");
    CHECK_NAMES(oauth_operation_userinfo(NULL, &userinfo, &error), invalid, "operation");
    CHECK_NAMES(oauth_operation_introspection(NULL, &introspection, &error), invalid, "operation");
    CHECK_NAMES(oauth_operation_authorization(NULL, &authorization, &error), invalid, "operation");
    CHECK_NAMES(oauth_operation_device_authorization(NULL, &device, &error), invalid, "operation");
    CHECK_NAMES(oauth_operation_result(NULL, &error), invalid, "operation");
    CHECK_OK(oauth_revoke_start(client, "T", NULL, NULL, &done, &error));
    CHECK_OK(result_of(done, &error));
    CHECK_NAMES(oauth_operation_metadata(done, NULL, &error), invalid, "metadata");
    CHECK_NAMES(oauth_operation_userinfo(done, NULL, &error), invalid, "userinfo");
    CHECK_NAMES(oauth_operation_introspection(done, NULL, &error), invalid, "introspection");
    CHECK_NAMES(oauth_operation_authorization(done, NULL, &error), invalid, "authorization");
    CHECK_NAMES(oauth_operation_device_authorization(done, NULL, &error), invalid, "device");
    CHECK(oauth_operation_result(done, NULL) == OAUTH_OK);
    oauth_operation_free(done);
    oauth_token_free(token);
}

static void freed_in_the_middle(void) {
    oauth_operation *operation = NULL, *after = NULL;
    set_gate(false);
    fake.during = wait_at_gate;
    CHECK_OK(oauth_revoke_start(client, "T", NULL, NULL, &operation, &error));
    until_asked();
    oauth_operation_free(operation);
    CHECK_OK(oauth_revoke_start(client, "T2", NULL, NULL, &after, &error));
    set_gate(true);
    CHECK_OK(result_of(after, &error));
    CHECK_TEXT(fake.body_seen, "token=T2");
    oauth_operation_free(after);
    fake.during = NULL;
}

int main(void) {
    oauth_config *config = fake_config(&fake);
    fake.at = at;
    oauth_config_set_issuer(config, ISSUER);
    client = client_of(config);
    what_each_gives();
    what_each_refuses();
    freed_in_the_middle();
    oauth_client_free(client);
    until_alone();
    CHECK(fake.destroyed == fake.registered);
    return 0;
}
