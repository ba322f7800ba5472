/* Stores and their options, as they are opened. What they keep is in tests/stores. */
#include "api_fake.h"
#include <sys/stat.h>
#include <unistd.h>

static oauth_error *error;
static char place[] = "/tmp/oauthclient-api-store-XXXXXX";
static char path[256];

static const char *below(const char *name) {
    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

static oauth_status open_file(const char *directory, const oauth_store_options *options) {
    oauth_store *store = (oauth_store *)&path;
    oauth_status status = oauth_store_open_directory(directory, options, &store, &error);
    CHECK((store != NULL) == (status == OAUTH_OK));
    oauth_store_free(store);
    return status;
}

/* There, for its owner only, and empty; deletes it. */
static void was_made(const char *name) {
    struct stat seen;
    CHECK(stat(below(name), &seen) == 0 && S_ISDIR(seen.st_mode) && (seen.st_mode & 0777) == 0700);
    CHECK(rmdir(path) == 0);
}

static void memory_needs_nothing(void) {
    oauth_store *store = NULL;
    CHECK_OK(oauth_store_open_memory(&store, &error));
    CHECK(store != NULL);
    oauth_store_free(store);
    CHECK(oauth_store_open_memory(&store, NULL) == OAUTH_OK);
    oauth_store_free(store);
}

static void a_directory_is_made(void) {
    CHECK_OK(open_file(below("above/files"), NULL));
    CHECK_OK(open_file(below("above/files"), NULL));
    was_made("above/files");
    was_made("above");
    CHECK(chdir(place) == 0);
    CHECK_OK(open_file("relative", NULL));
    was_made("relative");
}

static void without_a_directory_it_is_the_users(void) {
    setenv("XDG_STATE_HOME", below("state"), 1);
    CHECK_OK(open_file(NULL, NULL));
    was_made("state/oauthclient");
    was_made("state");
    /* The specification says that a relative path is to be ignored. */
    setenv("XDG_STATE_HOME", "state", 1);
    setenv("HOME", place, 1);
    CHECK_OK(open_file(NULL, NULL));
    was_made(".local/state/oauthclient");
    was_made(".local/state");
    was_made(".local");
    setenv("HOME", "here", 1);
    CHECK_NAMES(open_file(NULL, NULL), OAUTH_ERROR_INVALID_ARGUMENT, "directory");
}

static void bad_directories_are_named(void) {
    FILE *file = fopen(below("file"), "w");
    CHECK(file != NULL && fclose(file) == 0);
    CHECK_FAILS(open_file(path, NULL), OAUTH_ERROR_STORE, path);
    CHECK_FAILS(open_file(below("file/below"), NULL), OAUTH_ERROR_STORE, "Not a directory");
    CHECK(unlink(below("file")) == 0);
    CHECK(mkdir(below("open"), 0700) == 0 && chmod(path, 0777) == 0);
    CHECK_FAILS(open_file(path, NULL), OAUTH_ERROR_STORE, "others");
    CHECK(rmdir(path) == 0);
    CHECK_NAMES(open_file("", NULL), OAUTH_ERROR_INVALID_ARGUMENT, "directory");
    CHECK_NAMES(open_file(NOT_UTF8, NULL), OAUTH_ERROR_INVALID_ARGUMENT, "directory");
    CHECK(oauth_store_open_directory("", NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK_NAMES(oauth_store_open_directory(place, NULL, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "store");
    CHECK_NAMES(oauth_store_open_memory(NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "store");
}

static void options_are_checked_when_used(void) {
    static const uint8_t key[33] = {1, 2, 3};
    size_t lengths[] = {0, 16, 31, 33}, index;
    oauth_store_options *options = oauth_store_options_new();
    CHECK(options != NULL);
    CHECK_OK(open_file(below("files"), options));
    oauth_store_options_set_encryption_key(options, key, 32);
    CHECK_OK(open_file(path, options));
    was_made("files");
    oauth_store_options_free(options);
    for (index = 0; index < sizeof lengths / sizeof *lengths; index++) {
        options = oauth_store_options_new();
        oauth_store_options_set_encryption_key(options, key, lengths[index]);
        oauth_store_options_set_encryption_key(options, key, 32); /* the first bad value stays */
        CHECK_FAILS(open_file(below("files"), options), OAUTH_ERROR_INVALID_ARGUMENT, "encryption_key");
        oauth_store_options_free(options);
    }
    options = oauth_store_options_new();
    oauth_store_options_set_encryption_key(options, NULL, 32);
    CHECK_NAMES(open_file(below("files"), options), OAUTH_ERROR_INVALID_ARGUMENT, "options: encryption_key is NULL");
    oauth_store_options_free(options);
    CHECK(access(below("files"), F_OK) != 0); /* nothing was made */
}

static void nothing_is_done_to_nothing(void) {
    oauth_store_options_set_encryption_key(NULL, NULL, 32);
    oauth_store_options_free(NULL);
    oauth_store_free(NULL);
}

int main(void) {
    CHECK(mkdtemp(place) != NULL);
    memory_needs_nothing();
    a_directory_is_made();
    without_a_directory_it_is_the_users();
    bad_directories_are_named();
    options_are_checked_when_used();
    nothing_is_done_to_nothing();
    CHECK(rmdir(place) == 0);
    return 0;
}
