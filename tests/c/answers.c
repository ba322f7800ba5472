/* One call, and what came of it: `name=value` lines for tests/c_api/answers.rs, which knows what they should be.
 *
 * ENDPOINT: the server, without a path; CALL: see the end; STORE: a directory, for a session; MEMBERS: names of members of
 * the error that are wanted, with commas between. */
#include "engine.h"

static oauth_error *error;

static void tell(const char *prefix, const char *name, const char *value) {
    if (value != NULL)
        printf("%s%s=%s\n", prefix, name, value);
}

static void tell_number(const char *prefix, const char *name, int64_t value) {
    printf("%s%s=%lld\n", prefix, name, (long long)value);
}

static const char *advice_name(oauth_advice advice) {
    switch (advice) {
    case OAUTH_ADVICE_NONE: return "NONE";
    case OAUTH_ADVICE_RETRY: return "RETRY";
    case OAUTH_ADVICE_RETRY_LATER: return "RETRY_LATER";
    case OAUTH_ADVICE_LOG_IN_AGAIN: return "LOG_IN_AGAIN";
    case OAUTH_ADVICE_FIX_REQUEST: return "FIX_REQUEST";
    case OAUTH_ADVICE_FIX_CONFIG: return "FIX_CONFIG";
    case OAUTH_ADVICE_OUTCOME_UNKNOWN: return "OUTCOME_UNKNOWN";
    default: return "unknown";
    }
}

/* Each member as text, and as it stands in the JSON. */
static void tell_members(const char *prefix) {
    const oauth_json *json = oauth_error_provider_json(error);
    const char *members = getenv("MEMBERS");
    char names[256], *name;
    CHECK(strlen(members ? members : "") < sizeof names);
    strcpy(names, members ? members : "");
    for (name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
        printf("%stext.", prefix);
        tell("", name, oauth_json_text(json, name) ? oauth_json_text(json, name) : "(none)");
        printf("%sraw.", prefix);
        tell("", name, oauth_json_raw(json, name) ? oauth_json_raw(json, name) : "(none)");
    }
}

/* The outcome of a call that sets `error`; frees it. A token may be NULL. */
static void tell_outcome(const char *prefix, oauth_status status, const oauth_token *token) {
    CHECK((status != OAUTH_OK) == (error != NULL) && oauth_error_status(error) == status);
    tell(prefix, "status", oauth_status_name(status));
    if (error != NULL) {
        CHECK(is_one_line(oauth_error_message(error)));
        tell(prefix, "message", oauth_error_message(error));
        tell(prefix, "advice", advice_name(oauth_error_advice(error)));
        tell_number(prefix, "http_status", oauth_response_status(oauth_error_response(error)));
        tell(prefix, "error", oauth_error_provider_error(error));
        tell(prefix, "error_description", oauth_error_provider_description(error));
        printf("%sdeviations=%lx\n", prefix, (unsigned long)oauth_error_deviations(error));
        tell_members(prefix);
        oauth_error_free(error);
        error = NULL;
    } else if (token != NULL) {
        tell(prefix, "access_token", oauth_token_access_token(token));
        tell(prefix, "refresh_token", oauth_token_refresh_token(token));
        tell_number(prefix, "expires_in", oauth_token_expires_in_s(token));
        tell_number(prefix, "expires_at", oauth_token_expires_at_s(token));
        printf("%sdeviations=%lx\n", prefix, (unsigned long)oauth_token_deviations(token));
    }
}

static void set(oauth_config *config, void (*setter)(oauth_config *, const char *), const char *path) {
    char url[256];
    CHECK((size_t)snprintf(url, sizeof url, "%s%s", setting("ENDPOINT"), path) < sizeof url);
    setter(config, url);
}

static oauth_client *client_named(const char *user_agent) {
    oauth_config *config = new_config();
    oauth_config_set_user_agent(config, user_agent);
    set(config, oauth_config_set_token_endpoint, "/token");
    set(config, oauth_config_set_device_authorization_endpoint, "/device");
    set(config, oauth_config_set_revocation_endpoint, "/revoke");
    set(config, oauth_config_set_userinfo_endpoint, "/userinfo");
    return new_client_of(config);
}

static void let_pass_ms(int64_t ms) {
    struct timespec pause;
    pause.tv_sec = (time_t)(ms / 1000);
    pause.tv_nsec = (long)(ms % 1000) * 1000000;
    while (nanosleep(&pause, &pause) != 0)
        ;
}

/* Asks five times, also when the login has ended or there is a token: that must not change any more. Waits only for as
 * long as the session itself will send nothing. */
static void ask_again_and_again(const char *prefix, const oauth_session *session) {
    int left;
    for (left = 5; left > 0; left--) {
        oauth_token *token = NULL;
        oauth_status status = oauth_session_token(session, NULL, &token, &error);
        int64_t pause_s = status == OAUTH_ERROR_LOGIN_REQUIRED ? 0 : oauth_error_retry_after_s(error);
        tell_outcome(prefix, status, token);
        oauth_token_free(token);
        if (left > 1 && pause_s > 0)
            let_pass_ms(pause_s * 1000);
    }
}

/* A session that has to go on with the refresh token R1, then another one which only the store tells of it. */
static void ask_sessions(void) {
    static const char *const names[] = {"first", "second"};
    int number;
    for (number = 0; number < 2; number++) {
        oauth_client *client = client_named(names[number]);
        oauth_store *store = NULL;
        oauth_session *session = NULL;
        CHECK_OK(oauth_store_open_directory(setting("STORE"), NULL, &store, &error));
        CHECK_OK(oauth_session_open(client, store, "k", NULL, &session, &error));
        if (number == 0) {
            oauth_token *expired = NULL;
            CHECK_OK(oauth_token_new("A1", "Bearer", "R1", NULL, 1, &expired, &error));
            CHECK_OK(oauth_session_adopt(session, expired, NULL, &error));
            oauth_token_free(expired);
            ask_again_and_again("", session);
        } else {
            oauth_token *token = NULL;
            oauth_status status = oauth_session_token(session, NULL, &token, &error);
            tell_outcome("second.", status, token);
            oauth_token_free(token);
        }
        oauth_session_free(session);
        oauth_store_free(store);
        oauth_client_free(client);
    }
}

static void log_a_device_in(const oauth_client *client, bool polls) {
    oauth_device_authorization *device = NULL;
    oauth_token *token = NULL;
    oauth_status status = oauth_device_authorization_begin(client, NULL, NULL, NULL, &device, &error);
    if (polls) {
        CHECK(status == OAUTH_OK);
        let_pass_ms(oauth_device_authorization_next_poll_in_ms(device));
        status = oauth_device_authorization_poll(device, NULL, &token, &error);
    }
    tell_outcome("", status, token);
    tell("", "user_code", oauth_device_authorization_user_code(device));
    tell("", "verification_uri", oauth_device_authorization_verification_uri(device));
    oauth_token_free(token);
    oauth_device_authorization_free(device);
}

static void ask_who_it_is(const oauth_client *client) {
    oauth_token *token = NULL;
    oauth_userinfo *userinfo = NULL;
    oauth_status status;
    CHECK_OK(oauth_token_new("A1", "Bearer", NULL, NULL, -1, &token, &error));
    status = oauth_request_userinfo(client, token, NULL, &userinfo, &error);
    tell_outcome("", status, NULL);
    oauth_userinfo_free(userinfo);
    oauth_token_free(token);
}

static void ask_at_once(const oauth_client *client, const char *call) {
    oauth_token *token = NULL;
    oauth_status status = OAUTH_OK;
    if (strcmp(call, "authorization_code") == 0)
        status = oauth_request_token(client, NULL, "C1", NULL, NULL, NULL, &token, &error);
    else if (strcmp(call, "refresh_token") == 0)
        status = oauth_refresh_token(client, NULL, "R1", NULL, NULL, NULL, &token, &error);
    else if (strcmp(call, "client_credentials") == 0)
        status = oauth_request_client_credentials(client, NULL, NULL, NULL, &token, &error);
    else if (strcmp(call, "revoke") == 0)
        status = oauth_revoke(client, "R1", "refresh_token", NULL, &error);
    else
        CHECK(!"a call that is known");
    tell_outcome("", status, token);
    oauth_token_free(token);
}

int main(void) {
    const char *call = setting("CALL");
    oauth_client *client = client_named("first");
    if (strcmp(call, "session") == 0)
        ask_sessions();
    else if (strcmp(call, "device") == 0 || strcmp(call, "device_poll") == 0)
        log_a_device_in(client, strcmp(call, "device_poll") == 0);
    else if (strcmp(call, "userinfo") == 0)
        ask_who_it_is(client);
    else
        ask_at_once(client, call);
    oauth_client_free(client);
    return 0;
}
