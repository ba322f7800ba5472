/* A program that forks inside a function that the library calls: what the parent had begun stays with the parent. */
#define _DEFAULT_SOURCE
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What both processes see: a store, its lock, and how many requests were sent. */
static struct {
    int sent;
    pid_t locked_by;
    size_t length;
    uint8_t bytes[4096];
} *both;

static const char *fork_in = "";
static pid_t child = -1;
static oauth_error *error;

/* Once, in this place. */
static void place(const char *name) {
    if (strcmp(fork_in, name) != 0)
        return;
    fork_in = "";
    fflush(stdout);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        alarm(20);
}

static oauth_status send_request(void *unused, const oauth_transport_request *request, oauth_transport_response *response) {
    static const char body[] = "{\"access_token\":\"AT-2\",\"token_type\":\"Bearer\",\"refresh_token\":\"RT-2\"}";
    static const char metadata[] = "{\"issuer\":\"https://as.example\",\"token_endpoint\":\"https://as.example/token\","
                                   "\"revocation_endpoint\":\"https://as.example/revoke\"}";
    bool is_post = strcmp(oauth_transport_request_method(request), "POST") == 0;
    const char *text = is_post ? body : metadata;
    (void)unused;
    if (is_post)
        __sync_fetch_and_add(&both->sent, 1);
    else
        place("transport");
    oauth_transport_response_set_status(response, 200);
    oauth_transport_response_add_header(response, "Content-Type", "application/json");
    oauth_transport_response_append_body(response, (const uint8_t *)text, strlen(text));
    return OAUTH_OK;
}

static void log_line(void *unused, oauth_log_level level, const char *line) {
    (void)unused, (void)level;
    if (strncmp(line, "POST ", 5) == 0)
        place("log");
    if (strncmp(line, "HTTP 200", 8) == 0)
        place("metadata");
}

static oauth_status load(void *unused, const char *key, oauth_store_value *value) {
    (void)unused, (void)key;
    if (both->length > 0)
        oauth_store_value_set(value, both->bytes, both->length);
    return OAUTH_OK;
}

static oauth_status save(void *unused, const char *key, const uint8_t *bytes, size_t length, int64_t expires_at_s) {
    (void)unused, (void)key, (void)expires_at_s;
    CHECK(both->locked_by == getpid() && length < sizeof both->bytes);
    place("save"); /* the first one is the mark that a renewal has begun */
    if (child == 0)
        return OAUTH_OK; /* the parent writes it */
    memcpy(both->bytes, bytes, length);
    both->length = length;
    return OAUTH_OK;
}

static oauth_status delete_entry(void *unused, const char *key) {
    (void)unused, (void)key;
    return OAUTH_OK;
}

static oauth_status lock(void *unused, const char *key) {
    (void)unused, (void)key;
    if (!__sync_bool_compare_and_swap(&both->locked_by, 0, getpid()))
        return OAUTH_ERROR_BUSY;
    place("lock");
    return OAUTH_OK;
}

static void unlock(void *unused, const char *key) {
    (void)unused, (void)key;
    CHECK(both->locked_by == getpid());
    both->locked_by = 0;
}

static bool discovers;

static oauth_client *new_client(void) {
    oauth_config *config = oauth_config_new();
    oauth_client *client = NULL;
    if (discovers)
        oauth_config_set_issuer(config, "https://as.example");
    else
        oauth_config_set_token_endpoint(config, "https://as.example/token");
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_transport(config, send_request, NULL, NULL);
    oauth_config_set_log(config, OAUTH_LOG_DEBUG, log_line, NULL, NULL);
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    return client;
}

/* The end of both processes: the parent's only when the child's was good. */
static int ended(void) {
    int status;
    fflush(stdout);
    if (child == 0)
        _exit(0);
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(both->sent == 1);
    return 0;
}

static oauth_session *session;
static oauth_token *expired;

/* The parent renews. The child's call ends without a request, and its next one finds the token of the parent. */
static int amid_a_renewal(const char *where) {
    oauth_client *client = new_client();
    oauth_store *store = NULL;
    oauth_token *token = NULL;
    oauth_status status;
    CHECK_OK(oauth_store_open_callbacks(load, save, delete_entry, lock, unlock, NULL, NULL, &store, &error));
    CHECK_OK(oauth_session_open(client, store, "k", NULL, &session, &error));
    CHECK_OK(oauth_session_adopt(session, expired, NULL, &error));
    fork_in = where;
    status = oauth_session_token(session, NULL, &token, &error);
    if (child == 0) {
        CHECK(status == OAUTH_ERROR_STORE || status == OAUTH_ERROR_BUSY);
        CHECK(strstr(oauth_error_message(error), "forked") != NULL);
        CHECK(token == NULL);
        oauth_error_free(error);
        error = NULL;
        status = oauth_session_token(session, NULL, &token, &error);
    }
    CHECK(status == OAUTH_OK);
    CHECK_TEXT(oauth_token_access_token(token), "AT-2");
    oauth_token_free(token);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    oauth_token_free(expired);
    return ended();
}

static int amid_a_call(const char *where) {
    oauth_client *client = new_client();
    oauth_token *token = NULL;
    fork_in = where;
    if (oauth_refresh_token(client, NULL, "RT-1", NULL, NULL, NULL, &token, &error) != OAUTH_OK) {
        CHECK(child == 0 && oauth_error_status(error) == OAUTH_ERROR_BUSY && !oauth_error_request_sent(error));
        oauth_error_free(error);
    }
    CHECK((token == NULL) == (child == 0));
    oauth_token_free(token);
    oauth_token_free(expired);
    oauth_client_free(client);
    return ended();
}

static void changed(void *unused, const char *key, const oauth_token *token) {
    (void)unused, (void)key;
    if (token == NULL)
        place("change");
}

/* The login is deleted, then revoked: by the parent alone. */
static int amid_a_revocation(void) {
    oauth_client *client = (discovers = true, new_client());
    oauth_session_options *options = oauth_session_options_new();
    oauth_status status;
    oauth_session_options_set_change(options, changed, NULL, NULL);
    CHECK_OK(oauth_session_open(client, NULL, "k", options, &session, &error));
    oauth_session_options_free(options);
    CHECK_OK(oauth_session_adopt(session, expired, NULL, &error));
    fork_in = "change";
    status = oauth_session_forget(session, true, NULL, &error);
    CHECK(status == (child == 0 ? OAUTH_ERROR_NOT_REVOKED : OAUTH_OK));
    oauth_error_free(error);
    oauth_session_free(session);
    oauth_client_free(client);
    oauth_token_free(expired);
    return ended();
}

static void adopt(void) {
    CHECK_OK(oauth_session_adopt(session, expired, NULL, &error));
}

/* A handler of the program runs in the child first, and uses the library there: what it did stays. */
static int in_a_handler(void) {
    oauth_client *client;
    oauth_store *store = NULL;
    oauth_token *token = NULL;
    CHECK(pthread_atfork(NULL, NULL, adopt) == 0);
    client = new_client();
    CHECK_OK(oauth_store_open_memory(&store, &error));
    CHECK_OK(oauth_session_open(client, store, "k", NULL, &session, &error));
    fork_in = "here";
    place("here");
    if (child == 0) {
        CHECK_OK(oauth_session_token(session, NULL, &token, &error));
        CHECK_TEXT(oauth_token_access_token(token), "AT-2");
    }
    oauth_token_free(token);
    oauth_token_free(expired);
    oauth_session_free(session);
    oauth_store_free(store);
    oauth_client_free(client);
    return ended();
}

int main(void) {
    const char *mode = setting("MODE");
    alarm(60);
    both = mmap(NULL, sizeof *both, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(both != MAP_FAILED);
    CHECK_OK(oauth_token_new("AT-1", NULL, "RT-1", NULL, 1, &expired, &error));
    if (strcmp(mode, "call") == 0)
        return amid_a_call("log");
    discovers = strcmp(mode, "metadata") == 0 || strcmp(mode, "transport") == 0;
    if (discovers)
        return amid_a_call(mode);
    if (strcmp(mode, "change") == 0)
        return amid_a_revocation();
    return strcmp(mode, "handler") == 0 ? in_a_handler() : amid_a_renewal(mode);
}
