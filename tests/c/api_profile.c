/* Sessions of profiles: the file, the variables, and what is refused. */
#include "api_session.h"
#include <sys/stat.h>
#include <unistd.h>

static char place[] = "/tmp/oauthclient-api-profile-XXXXXX";
static char profiles[256], path[512];

#define SERVER "token_endpoint = '" FAKE_ENDPOINT "'\nclient_id = 'client'\n"

static const char *below(const char *name) {
    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

static const char *profile(const char *name) {
    snprintf(path, sizeof path, "%s/%s.toml", profiles, name);
    return path;
}

static void write_file(const char *file, mode_t mode, const char *text) {
    FILE *written = fopen(file, "w");
    CHECK(written != NULL && fputs(text, written) >= 0 && fclose(written) == 0 && chmod(file, mode) == 0);
}

static oauth_status open_profile(const char *name) {
    oauth_session *session = (oauth_session *)&path;
    oauth_status status = oauth_profile_open(name, &session, &error);
    CHECK((session != NULL) == (status == OAUTH_OK));
    oauth_session_free(session);
    return status;
}

static oauth_session *session_of(const char *name) {
    oauth_session *session = NULL;
    CHECK_OK(oauth_profile_open(name, &session, &error));
    CHECK(session != NULL);
    return session;
}

/* It is refused with a message that says this, and never shows what stands for a secret. */
static void refuses(const char *text, const char *named) {
    write_file(profile("bad"), 0600, text);
    CHECK(open_profile("bad") == OAUTH_ERROR_INVALID_CONFIG);
    CHECK(is_one_line(oauth_error_message(error)) && oauth_error_advice(error) == OAUTH_ADVICE_FIX_CONFIG);
    CHECK_CONTAINS(oauth_error_message(error), path);
    CHECK_CONTAINS(oauth_error_message(error), named);
    CHECK_LACKS(oauth_error_message(error), "s3cr3t");
    oauth_error_free(error);
    CHECK(unlink(path) == 0);
}

/* What one opened session adopts, the next one finds; so does a session that is opened step by step. */
static void a_profile_is_a_session(void) {
    char text[2048], directory[sizeof path], secret[sizeof path];
    oauth_session *session;
    oauth_store *store = NULL;
    snprintf(directory, sizeof directory, "%s", below("store"));
    snprintf(secret, sizeof secret, "%s", below("secret"));
    snprintf(text, sizeof text,
             "# a comment\n" SERVER "client_secret_file = '%s'\nclient_authentication = 'client_secret_post'\n"
             "scope = 'openid offline_access'\nresource = ['https://a.example', 'https://b.example']\n"
             "audience = 'api'\ngrant = 'refresh_token'\nstore = '%s'\nredirect_host = 'localhost'\n"
             "redirect_port = 8080\nredirect_path = '/callback'\n",
             secret, directory);
    write_file(secret, 0600, "s3cr3t\n");
    write_file(profile("work"), 0600, text);
    session = session_of("work");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "nothing is kept");
    adopt(session, "AT1", "RT1", 3600);
    gives(session, "AT1");
    oauth_session_free(session);
    session = session_of("work");
    gives(session, "AT1");
    oauth_session_free(session);
    CHECK_OK(oauth_store_open_directory(directory, NULL, &store, &error));
    session = opened(store, "work", NULL);
    gives(session, "AT1");
    oauth_session_free(session);
    oauth_store_free(store);
    /* Under another key is another login. */
    setenv("OAUTH_KEY", "other", 1);
    session = session_of("work");
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "nothing is kept");
    oauth_session_free(session);
    unsetenv("OAUTH_KEY");
    /* The secret is for the user alone. */
    CHECK(chmod(secret, 0640) == 0);
    CHECK_FAILS(open_profile("work"), OAUTH_ERROR_INVALID_CONFIG, "client_secret_file");
    CHECK_FAILS(open_profile("work"), OAUTH_ERROR_INVALID_CONFIG, "work.toml:4: ");
    CHECK_FAILS(open_profile("work"), OAUTH_ERROR_INVALID_CONFIG, "mode 0640");
    write_file(secret, 0600, "s3cr3t\nmore\n");
    CHECK_FAILS(open_profile("work"), OAUTH_ERROR_INVALID_CONFIG, "one line");
    CHECK(unlink(secret) == 0);
    CHECK_FAILS(open_profile("work"), OAUTH_ERROR_INVALID_CONFIG, "does not exist");
    CHECK(unlink(profile("work")) == 0);
}

static void arguments_are_checked(void) {
    oauth_session *session = NULL;
    const char *bad[] = {"", ".hidden", "a/b", "../a", "a b", "\xc3\xa9",
                         "12345678901234567890123456789012345678901234567890123456789012345"};
    size_t index;
    CHECK_NAMES(oauth_profile_open("work", NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "session");
    CHECK_NAMES(open_profile(NULL), OAUTH_ERROR_INVALID_ARGUMENT, "name");
    CHECK_NAMES(open_profile(NOT_UTF8), OAUTH_ERROR_INVALID_ARGUMENT, "name");
    for (index = 0; index < sizeof bad / sizeof *bad; index++) {
        CHECK_NAMES(open_profile(bad[index]), OAUTH_ERROR_INVALID_ARGUMENT, "name");
    }
    CHECK(oauth_profile_open("work", &session, NULL) == OAUTH_ERROR_INVALID_CONFIG && session == NULL);
}

static void a_missing_profile_says_where_it_was_looked_for(void) {
    CHECK_FAILS(open_profile("none"), OAUTH_ERROR_INVALID_CONFIG, profile("none"));
    CHECK_FAILS(open_profile("none"), OAUTH_ERROR_INVALID_CONFIG, "OAUTH_CLIENT_ID");
}

static void variables_take_the_place_of_members(void) {
    oauth_session *session;
    setenv("OAUTH_TOKEN_ENDPOINT", FAKE_ENDPOINT, 1);
    CHECK_FAILS(open_profile("none"), OAUTH_ERROR_INVALID_CONFIG, "was not found");
    setenv("OAUTH_CLIENT_ID", "client", 1);
    setenv("OAUTH_STORE", below("store"), 1);
    setenv("OAUTH_KEY", "work", 1);
    session = session_of("none");
    gives(session, "AT1"); /* of the first test */
    oauth_session_free(session);
    unsetenv("OAUTH_KEY");
    write_file(profile("bad"), 0600, SERVER "grant = 's3cr3t'\n");
    setenv("OAUTH_GRANT", "client_credentials", 1);
    CHECK_OK(open_profile("bad"));
    setenv("OAUTH_GRANT", "s3cr3t", 1);
    CHECK_NAMES(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "OAUTH_GRANT");
    setenv("OAUTH_GRANT", NOT_UTF8, 1);
    CHECK_NAMES(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "OAUTH_GRANT");
    setenv("OAUTH_GRANT", "", 1); /* counts as none */
    CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "bad.toml:3: grant");
    unsetenv("OAUTH_GRANT");
    {   /* The secret of a file goes to no other server. */
        char text[1024], secret[sizeof path];
        snprintf(secret, sizeof secret, "%s", below("secret"));
        snprintf(text, sizeof text, SERVER "client_secret_file = '%s'\n", secret);
        write_file(secret, 0600, "s3cr3t");
        write_file(profile("bad"), 0600, text);
        CHECK_OK(open_profile("bad")); /* the variable says the same as the file */
        setenv("OAUTH_TOKEN_ENDPOINT", "https://other.example/token", 1);
        CHECK_NAMES(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "OAUTH_TOKEN_ENDPOINT");
        setenv("OAUTH_CLIENT_SECRET_FILE", secret, 1);
        CHECK_OK(open_profile("bad"));
        setenv("OAUTH_TOKEN_ENDPOINT", "", 1);
        unsetenv("OAUTH_CLIENT_SECRET_FILE");
        setenv("OAUTH_ISSUER", "https://other.example", 1);
        CHECK_NAMES(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "OAUTH_ISSUER");
        unsetenv("OAUTH_ISSUER");
    }
    unsetenv("OAUTH_STORE");
    unsetenv("OAUTH_CLIENT_ID");
    unsetenv("OAUTH_TOKEN_ENDPOINT");
    CHECK(unlink(profile("bad")) == 0);
}

static void what_is_wrong_is_named(void) {
    refuses(SERVER "scop = 's3cr3t'\n", ":3: scop is no member");
    refuses(SERVER "client_secret = 's3cr3t'\n", ":3: client_secret is no member");
    refuses(SERVER "scope = 17\n", ":3: scope is not a string");
    refuses(SERVER "scope = s3cr3t\n", ":3: scope is not a string");
    refuses(SERVER "redirect_port = '80'\n", ":3: redirect_port is not a number in digits, without quotes");
    refuses(SERVER "scope = 's3cr3t\n", ":3: is not TOML");
    refuses(SERVER "store = 'redis://:s3cr3t@host'\n", ":3: store has a user or a password");
    refuses("issuer = 'https://as.example'\n", ": client_id is missing");
    refuses("client_id = 'c'\n", ": issuer is missing");
    refuses("client_id = 'c'\nissuer = 'http://s3cr3t.example'\n", ":2: issuer is plain http");
    refuses(SERVER "ca_file = '/nonexistent'\n", ":3: ca_file cannot be read");
    refuses(SERVER "client_authentication = 'client_secret_basic'\n", ": client_secret_file is not set");
    refuses("\xff", "UTF-8");
    write_file(profile("bad"), 0600, SERVER "store = '/dev/null/store'\n");
    CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_STORE, "/dev/null/store");
    CHECK(unlink(path) == 0);
}

static void what_others_may_write_is_refused(void) {
    char target[300];
    write_file(profile("bad"), 0660, SERVER);
    CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "mode 0660");
    CHECK(chmod(path, 0644) == 0);
    CHECK_OK(open_profile("bad"));
    CHECK(chmod(profiles, 0770) == 0);
    CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, profiles);
    CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "mode 0770");
    CHECK(chmod(profiles, 0500) == 0); /* nothing is tried out in it */
    CHECK_OK(open_profile("bad"));
    CHECK(chmod(profiles, 0700) == 0);
    if (geteuid() == 0 && chown(path, 4711, 4711) == 0) {
        CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "user 4711");
    }
    snprintf(target, sizeof target, "%s/target", place);
    CHECK(unlink(path) == 0);
    write_file(target, 0600, SERVER);
    CHECK(symlink(target, path) == 0);
    CHECK_FAILS(open_profile("bad"), OAUTH_ERROR_INVALID_CONFIG, "links are not followed");
    CHECK(unlink(path) == 0 && unlink(target) == 0);
}

int main(void) {
    char command[300];
    CHECK(mkdtemp(place) != NULL);
    snprintf(profiles, sizeof profiles, "%s/profiles", place);
    CHECK(mkdir(profiles, 0700) == 0);
    setenv("OAUTH_PROFILE_DIR", profiles, 1);
    setenv("XDG_STATE_HOME", place, 1);
    client = fake_client(&fake);
    a_profile_is_a_session();
    arguments_are_checked();
    a_missing_profile_says_where_it_was_looked_for();
    variables_take_the_place_of_members();
    what_is_wrong_is_named();
    what_others_may_write_is_refused();
    CHECK(fake.calls == 0);
    oauth_client_free(client);
    snprintf(command, sizeof command, "rm -r %s", place);
    CHECK(system(command) == 0);
    return 0;
}
