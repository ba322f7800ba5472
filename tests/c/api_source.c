/* Sources of credentials, as they are made and freed, and as the password at a Redis server, which is no more than a socket
 * here. In builds without Redis, nothing asks a source yet. */
#include "alone.h"
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static oauth_error *error;

struct vault {
    oauth_status status;
    const char *password;
    unsigned reads, destroyed;
    const oauth_session *session;
};

static oauth_status read_password(void *user_data, oauth_source_value *value) {
    struct vault *vault = user_data;
    vault->reads++;
    if (vault->session != NULL) {
        oauth_token *token = NULL;
        oauth_error *busy = NULL;
        CHECK(oauth_session_token(vault->session, NULL, &token, &busy) == OAUTH_ERROR_BUSY);
        oauth_error_free(busy);
    }
    if (vault->status == OAUTH_OK) {
        oauth_source_value_set(value, "another one");
        oauth_source_value_set(value, vault->password); /* the last one counts */
    }
    return vault->status;
}

static oauth_status read_nothing(void *user_data, oauth_source_value *value) {
    (void)user_data, (void)value;
    return OAUTH_OK;
}

static void destroy(void *user_data) {
    ((struct vault *)user_data)->destroyed++;
}

static void sources_are_made_and_freed(void) {
    struct vault vault = {OAUTH_OK, "battery", 0, 0, NULL};
    oauth_source *source = (oauth_source *)&vault, *other;
    CHECK_NAMES(oauth_source_from_callback(NULL, &vault, destroy, &source, &error), OAUTH_ERROR_INVALID_ARGUMENT, "read");
    CHECK(source == NULL && vault.destroyed == 1);
    CHECK_NAMES(oauth_source_from_callback(read_password, &vault, destroy, NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT,
                "source");
    CHECK(vault.destroyed == 2);
    CHECK(oauth_source_from_callback(NULL, NULL, NULL, NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(oauth_source_from_callback(read_password, &vault, destroy, &source, &error));
    other = oauth_source_ref(source);
    oauth_source_free(source);
    CHECK(vault.destroyed == 2);
    oauth_source_free(other);
    CHECK(vault.destroyed == 3 && vault.reads == 0);
    CHECK(oauth_source_ref(NULL) == NULL);
    oauth_source_free(NULL);
    oauth_source_value_set(NULL, "text");
    oauth_store_options_set_redis_password(NULL, NULL);
    CHECK_OK(oauth_source_from_callback(read_nothing, NULL, NULL, &source, NULL));
    oauth_store_options_set_redis_password(NULL, source);
    oauth_source_free(source);
}

static oauth_store *opened(const char *url, oauth_source_fn read, struct vault *vault) {
    oauth_source *source;
    oauth_store *store = NULL;
    oauth_store_options *options = oauth_store_options_new();
    CHECK_OK(oauth_source_from_callback(read, vault, destroy, &source, &error));
    oauth_store_options_set_redis_password(options, source);
    oauth_source_free(source);
    (void)oauth_store_open_redis(url, options, &store, &error);
    oauth_store_options_free(options);
    return store;
}

static int listening(char *url, size_t size) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 16) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, size, "redis://app@127.0.0.1:%u", ntohs(address.sin_port));
    return listener;
}

static void *refuse(void *data) {
    static const char refused[] = "-WRONGPASS no\r\n", expected[] = "*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$7\r\nbattery\r\n";
    char text[sizeof expected] = "";
    size_t length = 0;
    int connection;
    do { /* those before were closed without a word */
        ssize_t got;
        connection = accept(*(int *)data, NULL, NULL);
        CHECK(connection >= 0);
        while (length < sizeof expected - 1 && (got = read(connection, text + length, sizeof expected - 1 - length)) > 0) {
            length += (size_t)got;
        }
        if (length == 0) {
            close(connection);
        }
    } while (length == 0);
    CHECK_TEXT(text, expected);
    CHECK(write(connection, refused, sizeof refused - 1) == (ssize_t)sizeof refused - 1);
    close(connection);
    return NULL;
}

static void a_source_gives_the_password(void) {
    static const struct {
        oauth_status status;
        const char *password, *said;
    } bad[] = {
        {OAUTH_ERROR_CALLBACK, "hunter2", "the source's function returned"},
        {OAUTH_OK, NULL, "the source's function set NULL"},
        {OAUTH_OK, "", "the source's function set an empty value"},
        {OAUTH_OK, "\xff", "the source's function set a value that is not valid UTF-8"},
    };
    struct vault vault = {OAUTH_OK, "battery", 0, 0, NULL};
    char url[64];
    int listener = listening(url, sizeof url);
    size_t at;
    pthread_t server;
    oauth_json *keys = NULL;
    oauth_config *config = oauth_config_new();
    oauth_client *client = NULL;
    oauth_session *session = NULL;
    oauth_token *token = NULL;
    oauth_store *store = opened(url, read_nothing, &vault);
    if (store == NULL) {
        CHECK_FAILS(oauth_error_status(error), OAUTH_ERROR_INVALID_CONFIG, "redis");
        oauth_config_free(config);
        close(listener);
        return;
    }
    CHECK_FAILS(oauth_store_keys(store, &keys, &error), OAUTH_ERROR_STORE, "the source's function set no value");
    oauth_store_free(store);
    store = opened(url, read_password, &vault);
    for (at = 0; at < sizeof bad / sizeof *bad; at++) {
        vault.status = bad[at].status;
        vault.password = bad[at].password;
        CHECK_FAILS(oauth_store_keys(store, &keys, &error), OAUTH_ERROR_STORE, bad[at].said);
    }
    CHECK(vault.reads == at);

    /* It may use the library, but not the session that waits for it. */
    oauth_config_set_token_endpoint(config, "https://as.example/token");
    oauth_config_set_client(config, "client", "secret");
    CHECK_OK(oauth_client_new(config, &client, &error));
    CHECK_OK(oauth_session_open(client, store, "alice", NULL, &session, &error));
    vault.session = session;
    CHECK_FAILS(oauth_session_token(session, NULL, &token, &error), OAUTH_ERROR_STORE, "not valid UTF-8");
    vault.session = NULL;
    oauth_session_free(session);
    oauth_client_free(client);
    oauth_config_free(config);

    vault.password = "battery";
    CHECK(pthread_create(&server, NULL, refuse, &listener) == 0);
    CHECK_FAILS(oauth_store_keys(store, &keys, &error), OAUTH_ERROR_STORE, "refused (WRONGPASS)");
    CHECK(pthread_join(server, NULL) == 0 && keys == NULL);
    CHECK(vault.destroyed == 1);
    oauth_store_free(store);
    until_alone(); /* the thread of the renewal has the store to its end */
    CHECK(vault.destroyed == 2);
    CHECK(opened("redis://:battery@localhost", read_password, &vault) == NULL);
    CHECK_FAILS(oauth_error_status(error), OAUTH_ERROR_INVALID_ARGUMENT, "url has a password");
    close(listener);
}

int main(void) {
    sources_are_made_and_freed();
    a_source_gives_the_password();
    return 0;
}
