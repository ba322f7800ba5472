/* Stores in Redis and in the key store, as they are opened, in builds with and without them. What they keep is in
 * tests/stores. */
#include "check.h"

#define NOT_UTF8 "\xff"

static oauth_error *error;

typedef oauth_status open_fn(const char *where, const oauth_store_options *options, oauth_store **store, oauth_error **error);

static oauth_status opened(open_fn *open, const char *where, const oauth_store_options *options) {
    oauth_store *store = (oauth_store *)&error;
    oauth_status status = open(where, options, &store, &error);
    CHECK((store != NULL) == (status == OAUTH_OK));
    oauth_store_free(store);
    return status;
}

/* What every build checks; true in one that has the feature. */
static bool opens(open_fn *open, const char *where, const char *argument, const char *feature) {
    oauth_status status;
    CHECK_NAMES(opened(open, NULL, NULL), OAUTH_ERROR_INVALID_ARGUMENT, argument);
    CHECK_NAMES(opened(open, NOT_UTF8, NULL), OAUTH_ERROR_INVALID_ARGUMENT, argument);
    CHECK_NAMES(open(where, NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "store");
    status = opened(open, where, NULL);
    if (status != OAUTH_OK) {
        CHECK_NAMES(status, OAUTH_ERROR_INVALID_CONFIG, feature);
    }
    return status == OAUTH_OK;
}

static void urls_of_redis(void) {
    oauth_store_options *options = oauth_store_options_new();
    oauth_store_options_set_redis_cluster(options, true);
    CHECK_OK(opened(oauth_store_open_redis, "rediss://app:hunter2@localhost", options));
    CHECK_NAMES(opened(oauth_store_open_redis, "redis://localhost/3", options), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    oauth_store_options_set_redis_cluster(options, false);
    CHECK_OK(opened(oauth_store_open_redis, "redis://localhost/3", options));
    oauth_store_options_set_redis_idle_connections(options, 0);
    oauth_store_options_set_redis_prefix(options, "my-program:test_1.0");
    CHECK_OK(opened(oauth_store_open_redis, "redis://localhost/3", options));
    oauth_store_options_set_redis_entry_max_idle_s(options, 90 * 24 * 3600);
    oauth_store_options_set_redis_use_system_ca(options, true);
    CHECK_OK(opened(oauth_store_open_redis, "rediss://localhost/3", options));
    CHECK_NAMES(opened(oauth_store_open_redis, "redis://one,two/3", options), OAUTH_ERROR_INVALID_ARGUMENT, "url has several");
    oauth_store_options_set_redis_sentinel(options, "main", "user", "hunter2");
    oauth_store_options_set_redis_sentinel(options, "main", NULL, "hunter2");
    oauth_store_options_set_redis_sentinel(options, "main", NULL, NULL);
    CHECK_OK(opened(oauth_store_open_redis, "redis://app:hunter2@one,two:7000,[::1]/3", options));
    oauth_store_options_set_redis_use_system_ca(options, false);
    CHECK_OK(opened(oauth_store_open_redis, "redis://one,two/3", options));
    CHECK_NAMES(opened(oauth_store_open_redis, "rediss://one,two/3", options), OAUTH_ERROR_INVALID_CONFIG,
                "redis_use_system_ca");
    oauth_store_options_set_redis_cluster(options, true);
    CHECK_FAILS(opened(oauth_store_open_redis, "redis://one,two", options), OAUTH_ERROR_INVALID_ARGUMENT,
                "redis_cluster and redis_sentinel");
    oauth_store_options_free(options);
    CHECK_NAMES(opened(oauth_store_open_redis, "", NULL), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK_NAMES(opened(oauth_store_open_redis, "http://localhost", NULL), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK_NAMES(opened(oauth_store_open_redis, "redis://:hunter2@localhost:none", NULL), OAUTH_ERROR_INVALID_ARGUMENT,
                "url is not a URL");
}

static void services_of_the_key_store(void) {
    CHECK_NAMES(opened(oauth_store_open_keyring, "", NULL), OAUTH_ERROR_INVALID_ARGUMENT, "service is empty");
    CHECK_NAMES(opened(oauth_store_open_keyring, "a\nb", NULL), OAUTH_ERROR_INVALID_ARGUMENT, "service");
}

static void encryption_keys_of_the_key_store(bool has_keyring) {
    static const uint8_t key[32] = {1};
    oauth_store_options *options = oauth_store_options_new();
    oauth_store_options_set_keyring_encryption_key(options, "program");
    if (!has_keyring) {
        CHECK_NAMES(opened(oauth_store_open_redis, "redis://localhost", options), OAUTH_ERROR_INVALID_CONFIG, "keyring");
    }
    oauth_store_options_set_encryption_key(options, key, sizeof key);
    CHECK_FAILS(opened(oauth_store_open_redis, "redis://localhost", options), OAUTH_ERROR_INVALID_ARGUMENT, "key store");
    oauth_store_options_free(options);
    options = oauth_store_options_new();
    oauth_store_options_set_keyring_encryption_key(options, NULL);
    oauth_store_options_set_keyring_encryption_key(options, NOT_UTF8);
    CHECK_FAILS(opened(oauth_store_open_redis, "redis://localhost", options), OAUTH_ERROR_INVALID_ARGUMENT,
                "keyring_encryption_key service is NULL");
    oauth_store_options_free(options);
}

/* Whether or not the build has the feature. */
static void prefixes(void) {
    static const char *const bad[] = {"", "a{b}", "a*", "a b", "caf\xc3\xa9",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    size_t index;
    for (index = 0; index <= sizeof bad / sizeof *bad + 1; index++) {
        oauth_store_options *options = oauth_store_options_new();
        const char *prefix = index < sizeof bad / sizeof *bad ? bad[index] : NULL;
        oauth_store_options_set_redis_prefix(options, index > sizeof bad / sizeof *bad ? NOT_UTF8 : prefix);
        CHECK_FAILS(opened(oauth_store_open_redis, "redis://localhost", options), OAUTH_ERROR_INVALID_ARGUMENT,
                    "redis_prefix");
        oauth_store_options_free(options);
    }
}

typedef void set_fn(oauth_store_options *options);

static void no_ca_file(oauth_store_options *options) { oauth_store_options_add_redis_ca_file(options, NULL); }
static void bad_ca_file(oauth_store_options *options) { oauth_store_options_add_redis_ca_file(options, NOT_UTF8); }
static void no_ca_pem(oauth_store_options *options) { oauth_store_options_add_redis_ca_pem(options, NULL, 1); }
static void no_certificate(oauth_store_options *options) {
    oauth_store_options_set_redis_client_certificate(options, NULL, "key");
}
static void no_key(oauth_store_options *options) {
    oauth_store_options_set_redis_client_certificate(options, "certificate", NULL);
}
static void bad_key(oauth_store_options *options) {
    oauth_store_options_set_redis_client_certificate(options, "certificate", NOT_UTF8);
}
static void no_master(oauth_store_options *options) { oauth_store_options_set_redis_sentinel(options, NULL, NULL, NULL); }
static void empty_master(oauth_store_options *options) { oauth_store_options_set_redis_sentinel(options, "", NULL, NULL); }
static void bad_user(oauth_store_options *options) {
    oauth_store_options_set_redis_sentinel(options, "main", NOT_UTF8, "hunter2");
}
static void no_password(oauth_store_options *options) {
    oauth_store_options_set_redis_sentinel(options, "main", "user", NULL);
}
static void bad_password(oauth_store_options *options) {
    oauth_store_options_set_redis_sentinel(options, "main", NULL, NOT_UTF8);
}

/* Whether or not the build has the feature. */
static void bad_settings(void) {
    static const struct {
        set_fn *set;
        const char *said;
    } bad[] = {
        {no_ca_file, "redis_ca_file is NULL"},
        {bad_ca_file, "redis_ca_file is not valid UTF-8"},
        {no_ca_pem, "redis_ca_pem is NULL"},
        {no_certificate, "redis_client_certificate certificate_path is NULL"},
        {no_key, "redis_client_certificate key_path is NULL"},
        {bad_key, "redis_client_certificate key_path is not valid UTF-8"},
        {no_master, "redis_sentinel master is NULL"},
        {empty_master, "redis_sentinel master is empty"},
        {bad_user, "redis_sentinel user is not valid UTF-8"},
        {no_password, "redis_sentinel user has no password"},
        {bad_password, "redis_sentinel password is not valid UTF-8"},
    };
    size_t at;
    for (at = 0; at < sizeof bad / sizeof *bad; at++) {
        oauth_store_options *options = oauth_store_options_new();
        bad[at].set(options);
        bad[at].set(NULL);
        CHECK_FAILS(opened(oauth_store_open_redis, "rediss://localhost", options), OAUTH_ERROR_INVALID_ARGUMENT,
                    bad[at].said);
        oauth_store_options_free(options);
    }
}

/* Only builds with the feature read them. */
static void files_that_are_none(void) {
    oauth_store_options *options = oauth_store_options_new();
    oauth_store_options_add_redis_ca_file(options, "/nowhere");
    CHECK_NAMES(opened(oauth_store_open_redis, "rediss://localhost", options), OAUTH_ERROR_INVALID_CONFIG,
                "redis_ca_file /nowhere");
    CHECK_OK(opened(oauth_store_open_redis, "redis://localhost", options)); /* without TLS nothing is read */
    oauth_store_options_free(options);
    options = oauth_store_options_new();
    oauth_store_options_add_redis_ca_pem(options, (const uint8_t *)"text", 4);
    CHECK_NAMES(opened(oauth_store_open_redis, "rediss://localhost", options), OAUTH_ERROR_INVALID_CONFIG,
                "redis_ca_pem holds no PEM");
    oauth_store_options_free(options);
    options = oauth_store_options_new();
    oauth_store_options_set_redis_client_certificate(options, "/nowhere", "/nowhere");
    CHECK_NAMES(opened(oauth_store_open_redis, "rediss://localhost", options), OAUTH_ERROR_INVALID_CONFIG,
                "redis_client_certificate /nowhere cannot be read");
    oauth_store_options_free(options);
}

int main(void) {
    bool has_keyring;
    setenv("XDG_STATE_HOME", "/tmp/oauthclient-api-store-servers", 1);
    oauth_store_options_set_redis_cluster(NULL, true);
    oauth_store_options_set_redis_idle_connections(NULL, 1);
    oauth_store_options_set_redis_prefix(NULL, "a");
    oauth_store_options_set_redis_entry_max_idle_s(NULL, 1);
    oauth_store_options_set_redis_use_system_ca(NULL, true);
    bad_settings();
    prefixes();
    oauth_store_options_set_keyring_encryption_key(NULL, NULL);
    CHECK(oauth_store_open_redis(NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK(oauth_store_open_keyring(NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    if (opens(oauth_store_open_redis, "redis://127.0.0.1:1", "url", "redis")) {
        urls_of_redis();
        files_that_are_none();
    }
    has_keyring = opens(oauth_store_open_keyring, "program", "service", "keyring");
    if (has_keyring) {
        services_of_the_key_store();
    }
    encryption_keys_of_the_key_store(has_keyring);
    return 0;
}
