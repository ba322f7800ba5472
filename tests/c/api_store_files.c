/* A store of files: what a disk, other users and the host do to it. */
#include "api_session.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[] = "/tmp/oauthclient-api-store-files-XXXXXX";
static char directory[256], path[512];

static oauth_store *files(void) {
    oauth_store *store = NULL;
    CHECK_OK(oauth_store_open_directory(directory, NULL, &store, &error));
    return store;
}

/* The one file in the directory with such a name. */
static const char *file(const char *pattern) {
    glob_t found;
    char all[512];
    snprintf(all, sizeof all, "%s/%s", directory, pattern);
    CHECK(glob(all, 0, NULL, &found) == 0 && found.gl_pathc == 1);
    snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
    globfree(&found);
    return path;
}

static void delete_all(const char *pattern) {
    glob_t found;
    char all[512];
    size_t index;
    snprintf(all, sizeof all, "%s/%s", directory, pattern);
    CHECK(glob(all, 0, NULL, &found) == 0);
    for (index = 0; index < found.gl_pathc; index++) {
        CHECK(unlink(found.gl_pathv[index]) == 0);
    }
    globfree(&found);
}

/* A directory of its own for each test, and a good login in it. */
static oauth_store *begin(const char *name) {
    oauth_store *store;
    oauth_session *session;
    snprintf(directory, sizeof directory, "%s/%s", place, name);
    store = files();
    session = opened(store, "k", NULL);
    adopt(session, "AT1", "RT1", 3600);
    oauth_session_free(session);
    server_says(200, ROTATED);
    return store;
}

static void end(oauth_store *store) {
    oauth_store_free(store);
    delete_all("*");
    delete_all(".[!.]*");
    CHECK(rmdir(directory) == 0);
}

/* A new session says this, and then that nothing is kept: what stood in the way was put aside. */
static void is_set_aside(const oauth_store *store, const char *named) {
    oauth_session *session = opened(store, "k", NULL);
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, named);
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_LOGIN_REQUIRED, "nothing is kept");
    adopt(session, "AT5", NULL, 3600);
    gives(session, "AT5");
    oauth_session_free(session);
    CHECK(file("*.damaged-1") != NULL && fake.calls == 0);
}

static void a_pipe_blocks_nobody(void) {
    oauth_store *store = begin("pipe");
    CHECK(unlink(file("*.session")) == 0 && mkfifo(path, 0600) == 0);
    is_set_aside(store, "no regular file");
    end(store);
}

static void a_huge_file_is_not_read(void) {
    oauth_store *store = begin("huge");
    CHECK(truncate(file("*.session"), (off_t)1 << 40) == 0);
    is_set_aside(store, "larger than 4 MiB");
    end(store);
}

static void a_damaged_record_is_no_login(void) {
    oauth_store *store = begin("damaged");
    FILE *record = fopen(file("*.session"), "r+");
    CHECK(record != NULL && fseek(record, -20, SEEK_END) == 0 && fputc('7', record) == '7' && fclose(record) == 0);
    is_set_aside(store, "damaged");
    end(store);
}

static void copy(const char *from, const char *to) {
    char bytes[4096];
    FILE *read = fopen(from, "r"), *written = fopen(to, "w");
    size_t length;
    CHECK(read != NULL && written != NULL);
    length = fread(bytes, 1, sizeof bytes, read);
    CHECK(length > 0 && fwrite(bytes, 1, length, written) == length);
    CHECK(fclose(read) == 0 && fclose(written) == 0);
}

/* With an encryption key: a file that somebody has put back. */
static void an_older_login_does_not_come_back(void) {
    const uint8_t key[32] = {7};
    oauth_store *store = begin("older");
    oauth_store_options *options = oauth_store_options_new();
    oauth_session *session;
    char before[300], again[512];
    snprintf(before, sizeof before, "%s/before", place);
    oauth_store_free(store);
    CHECK(unlink(file("*.session")) == 0);
    oauth_store_options_set_encryption_key(options, key, sizeof key);
    CHECK_OK(oauth_store_open_directory(directory, options, &store, &error));
    session = opened(store, "k", NULL);
    adopt(session, "AT1", NULL, 3600);
    snprintf(again, sizeof again, "%s", file("*.session"));
    copy(again, before);
    copy(before, again); /* the same once more is not older */
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    gives(session, "AT1");
    adopt(session, "AT2", NULL, 3600);
    oauth_session_free(session);
    copy(before, again);
    is_set_aside(store, "older than what this process has seen");
    CHECK(unlink(before) == 0);
    oauth_store_options_free(options);
    end(store);
}

/* Neither as a record nor as a lock. */
static void a_link_is_not_followed(void) {
    const char *patterns[] = {".*.lock", ".*.alive"};
    oauth_store *store = begin("link");
    oauth_session *session;
    char target[300], kept[16] = "";
    size_t index;
    FILE *seen;
    snprintf(target, sizeof target, "%s/target", place);
    seen = fopen(target, "w");
    CHECK(seen != NULL && fputs("somebody's", seen) >= 0 && fclose(seen) == 0);
    for (index = 0; index < 2; index++) {
        CHECK(unlink(file(patterns[index])) == 0 && symlink(target, path) == 0);
        session = opened(store, "k", NULL);
        CHECK_FAILS(oauth_session_forget(session, false, NULL, &error), OAUTH_ERROR_STORE, "no regular file; delete it");
        oauth_session_free(session);
        CHECK(unlink(path) == 0);
    }
    CHECK(unlink(file("*.session")) == 0 && symlink(target, path) == 0);
    session = opened(store, "k", NULL);
    CHECK_OK(oauth_session_forget(session, false, NULL, &error)); /* makes the locks again */
    oauth_session_free(session);
    CHECK(access(path, F_OK) != 0 && symlink(target, path) == 0);
    is_set_aside(store, "no regular file");
    seen = fopen(target, "r");
    CHECK(seen != NULL && fgets(kept, sizeof kept, seen) != NULL && fclose(seen) == 0);
    CHECK_TEXT(kept, "somebody's");
    CHECK(unlink(target) == 0);
    end(store);
}

/* Another directory in its place is not the one that was checked. */
static void a_directory_put_in_its_place_is_not_used(void) {
    oauth_store *store = begin("own"), *other;
    oauth_session *session;
    char own[256];
    snprintf(own, sizeof own, "%s/moved", place);
    CHECK(rename(directory, own) == 0);
    other = files();
    session = opened(other, "k", NULL);
    adopt(session, "ANOTHER", NULL, 3600);
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    gives(session, "AT1");
    oauth_session_free(session);
    end(other);
    snprintf(directory, sizeof directory, "%s", own);
    end(store);
}

/* Where the store has its directory open. */
static int descriptor(void) {
    struct stat is, seen;
    int number = 2;
    CHECK(stat(directory, &is) == 0);
    do {
        CHECK(++number < 1024);
    } while (fstat(number, &seen) != 0 || seen.st_ino != is.st_ino || seen.st_dev != is.st_dev);
    return number;
}

/* As a daemon does when it begins; here only that of the store. The number is then somebody else's. */
static void a_host_that_closes_the_descriptor_is_no_problem(void) {
    oauth_store *store = begin("closed");
    oauth_session *session = opened(store, "k", NULL);
    int number;
    CHECK(close(descriptor()) == 0);
    gives(session, "AT1");
    oauth_session_free(session);
    oauth_store_free(store);
    store = files();
    session = opened(store, "k", NULL);
    number = descriptor();
    CHECK(dup2(2, number) == number);
    adopt(session, "AT6", NULL, 3600);
    gives(session, "AT6");
    oauth_session_free(session);
    end(store);
    CHECK(close(number) == 0); /* the library did not */
}

static int fsync_fails_with;

/* Instead of the C library's, for the library, too. */
int fsync(int descriptor) {
    if (fsync_fails_with != 0) {
        errno = fsync_fails_with;
        return -1;
    }
    return fdatasync(descriptor);
}

static void a_file_system_that_knows_no_fsync_will_do(void) {
    const int unknown[] = {EINVAL, ENOSYS, EOPNOTSUPP};
    oauth_store *store = begin("fsync");
    oauth_session *session = opened(store, "k", NULL);
    oauth_token *token = made("AT8", NULL, 3600);
    size_t index;
    for (index = 0; index < sizeof unknown / sizeof *unknown; index++) {
        fsync_fails_with = unknown[index];
        adopt(session, "AT7", NULL, 3600);
    }
    fsync_fails_with = EIO;
    CHECK_FAILS(oauth_session_adopt(session, token, NULL, &error), OAUTH_ERROR_STORE, "could not be written");
    fsync_fails_with = 0;
    gives(session, "AT7");
    oauth_token_free(token);
    oauth_session_free(session);
    end(store);
}

static void disk_is_full(bool is_full) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = is_full ? 0 : limit.rlim_max;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Neither the mark of the renewal nor its result can be written. */
static void with_a_full_disk_it_goes_on_in_memory(void) {
    oauth_store *store = begin("full");
    oauth_session *session = expired(store, "k", NULL), *other;
    oauth_error *last;
    disk_is_full(true);
    gives(session, "AT2");
    gives(session, "AT2");
    CHECK(fake.calls == 1 && !oauth_session_saved(session));
    last = oauth_session_last_error(session);
    CHECK(oauth_error_status(last) == OAUTH_ERROR_STORE);
    CHECK_CONTAINS(oauth_error_message(last), "File too large");
    CHECK_CONTAINS(oauth_error_message(last), file("k-*.session"));
    oauth_error_free(last);
    disk_is_full(false);
    gives(session, "AT2");
    CHECK(fake.calls == 1 && oauth_session_saved(session));
    other = opened(store, "k", NULL);
    gives(other, "AT2");
    oauth_session_free(other);
    oauth_session_free(session);
    end(store);
}

static void without_the_lock_nothing_is_sent(void) {
    oauth_store *store = begin("lock");
    oauth_session *session = expired(store, "k", NULL);
    CHECK(unlink(file(".*.lock")) == 0 && mkdir(path, 0700) == 0);
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, path);
    CHECK(fake.calls == 0 && rmdir(path) == 0);
    oauth_session_free(session);
    end(store);
}

/* Somebody cleans up while the program fetches the metadata, after it took the lock. */
static void cleans_up(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request, (void)response;
    if (seen->calls == 1) {
        CHECK(unlink(file(".*.lock")) == 0);
    }
}

static void a_lock_that_was_deleted_is_no_lock(void) {
    static const struct fake_answer answers[] = {
        {"https://as.example/.well-known/openid-configuration",
         "{\"issuer\":\"https://as.example\",\"token_endpoint\":\"https://as.example/token\","
         "\"authorization_endpoint\":\"https://as.example/authorize\",\"response_types_supported\":[\"code\"]}", 200},
        {NULL, NULL, 0},
    };
    oauth_client *usual = client;
    oauth_config *config = oauth_config_new();
    oauth_store *store;
    oauth_session *session;
    oauth_config_set_issuer(config, "https://as.example");
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    client = client_of(config);
    store = begin("deleted");
    session = expired(store, "k", NULL);
    fake.at = answers;
    fake.during = cleans_up;
    fake.wire[0] = '\0';
    CHECK_FAILS(ask(session, NULL), OAUTH_ERROR_STORE, "was lost");
    CHECK_LACKS(fake.wire, "POST");
    fake.during = NULL;
    fake.at = NULL;
    oauth_session_free(session);
    session = opened(store, "k", NULL);
    gives(session, "AT2");
    oauth_session_free(session);
    end(store);
    oauth_client_free(client);
    client = usual;
}

/* A directory above it that others may write to, and one of somebody else. */
static void who_could_replace_it_is_checked(void) {
    oauth_store *store = (oauth_store *)&path;
    char above[300];
    snprintf(above, sizeof above, "%s/above", place);
    snprintf(directory, sizeof directory, "%s/above/store", place);
    CHECK(mkdir(above, 0700) == 0 && mkdir(directory, 0700) == 0 && chmod(above, 0777) == 0);
    CHECK_FAILS(oauth_store_open_directory(directory, NULL, &store, &error), OAUTH_ERROR_STORE, above);
    CHECK(store == NULL);
    /* A link in it leads to a good directory, so far. */
    snprintf(path, sizeof path, "%s/link", above);
    CHECK(symlink(place, path) == 0);
    CHECK_FAILS(oauth_store_open_directory(path, NULL, &store, &error), OAUTH_ERROR_STORE, above);
    CHECK(unlink(path) == 0 && chmod(above, 01777) == 0);
    oauth_store_free(files());
    CHECK(chmod(above, 0755) == 0);
    if (geteuid() == 0 && chown(above, 4711, 4711) == 0) {
        CHECK_FAILS(oauth_store_open_directory(directory, NULL, &store, &error), OAUTH_ERROR_STORE, "user 4711");
        CHECK(chown(above, 0, 0) == 0 && chown(directory, 4711, 4711) == 0);
        CHECK_FAILS(oauth_store_open_directory(directory, NULL, &store, &error), OAUTH_ERROR_STORE, "user 4711");
    }
    CHECK(rmdir(directory) == 0 && rmdir(above) == 0);
}

/* What it allows where a file system keeps no permissions is in api_store_unprotected.c. */
static void elsewhere_an_unprotected_directory_is_refused_all_the_same(void) {
    oauth_store *store = NULL;
    oauth_store_options *options = oauth_store_options_new();
    oauth_store_options_set_allow_unprotected(NULL, true);
    oauth_store_options_set_allow_unprotected(options, true);
    snprintf(directory, sizeof directory, "%s/open", place);
    CHECK_OK(oauth_store_open_directory(directory, options, &store, &error));
    oauth_store_free(store);
    CHECK(chmod(directory, 0777) == 0);
    CHECK_FAILS(oauth_store_open_directory(directory, options, &store, &error), OAUTH_ERROR_STORE, "mode 0777");
    oauth_store_options_set_allow_unprotected(options, false);
    CHECK_FAILS(oauth_store_open_directory(directory, options, &store, &error), OAUTH_ERROR_STORE, "mode 0777");
    oauth_store_options_free(options);
    CHECK(rmdir(directory) == 0);
}

int main(void) {
    CHECK(mkdtemp(place) != NULL && signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    alarm(120); /* instead of blocking for ever */
    client = fake_client(&fake);
    a_pipe_blocks_nobody();
    a_huge_file_is_not_read();
    a_damaged_record_is_no_login();
    an_older_login_does_not_come_back();
    a_link_is_not_followed();
    a_directory_put_in_its_place_is_not_used();
    a_host_that_closes_the_descriptor_is_no_problem();
    a_file_system_that_knows_no_fsync_will_do();
    with_a_full_disk_it_goes_on_in_memory();
    without_the_lock_nothing_is_sent();
    a_lock_that_was_deleted_is_no_lock();
    who_could_replace_it_is_checked();
    elsewhere_an_unprotected_directory_is_refused_all_the_same();
    oauth_client_free(client);
    CHECK(rmdir(place) == 0);
    return 0;
}
