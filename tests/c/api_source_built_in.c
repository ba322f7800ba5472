/* Sources that the library reads itself: files and commands; URLs as far as that needs no server (tests/sources has one). */
#include "alone.h"
#include "check.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static oauth_error *error;
static const oauth_status argument = OAUTH_ERROR_INVALID_ARGUMENT, no_credential = OAUTH_ERROR_SOURCE;
static const char not_utf8[] = "\xff";
static char path[256];

static void write_file(const char *text, size_t length) {
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fwrite(text, 1, length, file) == length && fclose(file) == 0);
}

static oauth_source *file_source(const char *json_pointer) {
    oauth_source *source = NULL;
    CHECK_OK(oauth_source_from_file(path, json_pointer, &source, &error));
    return source;
}

static oauth_source *command_source(const char *script, const char *json_pointer) {
    const char *arguments[] = {"/bin/sh", "-c", NULL, "a b"};
    oauth_source *source = NULL;
    arguments[2] = script;
    CHECK_OK(oauth_source_from_command(arguments, 4, json_pointer, &source, &error));
    return source;
}

/* Reads, and frees the source. */
static void gives(oauth_source *source, const char *expected) {
    char *text = NULL;
    CHECK_OK(oauth_source_read(source, NULL, &text, &error));
    CHECK_TEXT(text, expected);
    oauth_string_free(text);
    oauth_source_free(source);
}

static void gives_nothing(oauth_source *source, const char *name, const char *why) {
    char *text = path;
    CHECK(oauth_source_read(source, NULL, &text, &error) == no_credential && text == NULL);
    CHECK(strstr(oauth_error_message(error), name) != NULL && strstr(oauth_error_message(error), "s3cr3t") == NULL);
    CHECK(!oauth_error_request_sent(error) && oauth_error_advice(error) == OAUTH_ADVICE_RETRY_LATER);
    CHECK_FAILS(no_credential, no_credential, why);
    oauth_source_free(source);
}

static void a_file_is_read_anew(void) {
    static const char json[] = "{\"a\":{\"token\":\" t0k \"},\"n\":1234567890123456789012,\"o\":{},\"s\":\"s3cr3t\"}";
    oauth_source *source = file_source(NULL), *other;
    gives_nothing(oauth_source_ref(source), path, "could not be read");
    write_file("\n one \r\n", 8);
    gives(oauth_source_ref(source), "one");
    write_file("two", 3);
    gives(oauth_source_ref(source), "two");
    other = file_source("");
    gives_nothing(other, path, "is no JSON");
    write_file(json, sizeof json - 1);
    gives(source, json);
    gives(file_source("/a/token"), " t0k ");
    gives(file_source("/n"), "1234567890123456789012");
    gives_nothing(file_source("/b"), path, "has nothing at the JSON pointer");
    gives_nothing(file_source("/o"), path, "has neither a string nor a number");
}

static void a_file_may_be_of_no_use(void) {
    char *large = calloc(1, (1 << 20) + 1);
    write_file(" \n\t", 3);
    gives_nothing(file_source(NULL), path, "is empty");
    write_file("s3cr3t\xff", 7);
    gives_nothing(file_source(NULL), path, "gave no text");
    write_file("s3cr3t\0", 7);
    gives_nothing(file_source(NULL), path, "gave no text");
    write_file("{\"a\":\"\"}", 8);
    gives_nothing(file_source("/a"), path, "is empty");
    CHECK(large != NULL);
    memset(large, 's', (1 << 20) + 1);
    write_file(large, (1 << 20) + 1);
    gives_nothing(file_source(NULL), path, "larger than a megabyte");
    free(large);
    CHECK(remove(path) == 0 && mkfifo(path, 0600) == 0);
    gives_nothing(file_source(NULL), path, "no regular file");
    CHECK(remove(path) == 0);
}

static void a_command_is_run_anew(void) {
    char script[600];
    oauth_source *source;
    snprintf(script, sizeof script, "echo \"$0\" >>'%s'; cat '%s'", path, path);
    source = command_source(script, NULL);
    gives(oauth_source_ref(source), "a b");
    gives(source, "a b\na b");
    CHECK(remove(path) == 0);
    gives(command_source("printf '{\"credential\":{\"token\":\"t0k\"}}'", "/credential/token"), "t0k");
    /* It has no input, and what it leaves behind holds up nobody. */
    gives(command_source("cat; sleep 60 & echo t0k", NULL), "t0k");
}

static void a_command_may_fail(void) {
    const char *arguments[] = {"/nonexistent/s0me", "s3cr3t"};
    oauth_source *source = NULL;
    gives_nothing(command_source("echo s3cr3t; echo s3cr3t >&2; exit 3", NULL), "/bin/sh", "exit status: 3");
    gives_nothing(command_source("echo s3cr3t; kill -9 $$", NULL), "/bin/sh", "signal: 9");
    gives_nothing(command_source("true", NULL), "/bin/sh", "is empty");
    gives_nothing(command_source("echo s3cr3t", "/a"), "/bin/sh", "is no JSON");
    gives_nothing(command_source("yes s3cr3t", NULL), "/bin/sh", "more than a megabyte");
    if (getenv("UNDER_VALGRIND") == NULL) { /* it looks for leaks in the child, too, where exec failed */
        CHECK_OK(oauth_source_from_command(arguments, 2, NULL, &source, &error));
        gives_nothing(source, "/nonexistent/s0me", "could not be started");
    }
}

static void reap_all(int number) {
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

/* Programs that have no use for the status of a child, or take it first. What the command wrote counts. */
static void programs_may_reap_their_children(void) {
    void (*handlers[])(int) = {SIG_IGN, reap_all};
    size_t index;
    for (index = 0; index < 2; index++) {
        CHECK(signal(SIGCHLD, handlers[index]) != SIG_ERR);
        gives(command_source("echo t0k", NULL), "t0k");
        gives_nothing(command_source("true", NULL), "/bin/sh", "is empty");
    }
    CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

/* The command has all signals, whatever the thread of the program blocks. */
static void a_command_has_its_signals(void) {
    sigset_t all, before;
    sigfillset(&all);
    CHECK(sigprocmask(SIG_BLOCK, &all, &before) == 0);
    gives(command_source("trap 'echo t0k; exit 0' TERM; kill -TERM $$; sleep 60", NULL), "t0k");
    CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
}

static bool stop_at_once(void *user_data) {
    (void)user_data;
    return true;
}

static void a_call_ends_before_its_command(void) {
    oauth_request_options *options = oauth_request_options_new();
    oauth_source *source = command_source("sleep 60", NULL);
    oauth_cancel *cancel = oauth_cancel_new();
    char *text = path;
    oauth_request_options_set_deadline_ms(options, 50);
    CHECK_FAILS(oauth_source_read(source, options, &text, &error), OAUTH_ERROR_TIMEOUT, "the command /bin/sh");
    CHECK(text == NULL);
    oauth_request_options_free(options);
    options = oauth_request_options_new();
    oauth_request_options_set_interrupt(options, stop_at_once, NULL, NULL);
    CHECK_FAILS(oauth_source_read(source, options, &text, &error), OAUTH_ERROR_CANCELLED, "the command /bin/sh");
    oauth_request_options_free(options);
    options = oauth_request_options_new();
    oauth_cancel_trigger(cancel);
    oauth_request_options_set_cancel(options, cancel);
    CHECK_FAILS(oauth_source_read(source, options, &text, &error), OAUTH_ERROR_CANCELLED, "before it began");
    oauth_cancel_free(cancel);
    oauth_request_options_free(options);
    oauth_source_free(source);
}

static void wrong_arguments_are_named(void) {
    const char *arguments[] = {"x", NULL, "\xff"}, *no_program[] = {""};
    oauth_source *source = (oauth_source *)path;
    oauth_params *headers = oauth_params_new();
    char *text = path;
    CHECK_NAMES(oauth_source_from_file(NULL, NULL, &source, &error), argument, "path is NULL");
    CHECK(source == NULL);
    CHECK_NAMES(oauth_source_from_file("", NULL, &source, &error), argument, "path is empty");
    CHECK_NAMES(oauth_source_from_file("a\nb", NULL, &source, &error), argument, "path");
    CHECK_NAMES(oauth_source_from_file(not_utf8, NULL, &source, &error), argument, "path is not valid UTF-8");
    CHECK_NAMES(oauth_source_from_file("x", "a", &source, &error), argument, "json_pointer does not begin with /");
    CHECK_NAMES(oauth_source_from_file("x", "/~", &source, &error), argument, "json_pointer has a ~");
    CHECK_NAMES(oauth_source_from_file("x", not_utf8, &source, &error), argument, "json_pointer");
    CHECK_NAMES(oauth_source_from_file("x", NULL, NULL, &error), argument, "source");
    CHECK(oauth_source_from_file(NULL, NULL, NULL, NULL) == argument);

    CHECK_NAMES(oauth_source_from_url(NULL, NULL, NULL, &source, &error), argument, "url is NULL");
    CHECK_NAMES(oauth_source_from_url(not_utf8, NULL, NULL, &source, &error), argument, "url");
    CHECK_NAMES(oauth_source_from_url("/token", NULL, NULL, &source, &error), argument, "url is not an absolute");
    CHECK_NAMES(oauth_source_from_url("http://ci.example/", NULL, NULL, &source, &error), argument, "url is plain http");
    CHECK_NAMES(oauth_source_from_url("http://127.0.0.1/", NULL, "x", &source, &error), argument, "json_pointer");
    CHECK_NAMES(oauth_source_from_url("http://127.0.0.1/", NULL, NULL, NULL, &error), argument, "source");
    CHECK(oauth_source_from_url(NULL, NULL, NULL, NULL, NULL) == argument);
    oauth_params_set(headers, "Authorization", "Bearer s3cr3t");
    oauth_params_set(headers, "Metadata", "true");
    CHECK_OK(oauth_source_from_url("http://127.0.0.1:1/token?key=s3cr3t", headers, NULL, &source, &error));
    gives_nothing(source, "http://127.0.0.1:1/token could", "could not be reached");
    oauth_params_set(headers, "Host", "x");
    CHECK_NAMES(oauth_source_from_url("http://127.0.0.1/", headers, NULL, &source, &error), argument, "headers");
    oauth_params_free(headers);

    CHECK_NAMES(oauth_source_from_command(NULL, 1, NULL, &source, &error), argument, "arguments is NULL");
    CHECK_NAMES(oauth_source_from_command(arguments, 0, NULL, &source, &error), argument, "arguments do not begin");
    CHECK_NAMES(oauth_source_from_command(no_program, 1, NULL, &source, &error), argument, "arguments do not begin");
    CHECK_NAMES(oauth_source_from_command(arguments, 2, NULL, &source, &error), argument, "arguments is NULL");
    CHECK_NAMES(oauth_source_from_command(arguments + 2, 1, NULL, &source, &error), argument, "arguments is not valid");
    CHECK_NAMES(oauth_source_from_command(arguments, 1, "x", &source, &error), argument, "json_pointer");
    CHECK_NAMES(oauth_source_from_command(arguments, 1, NULL, NULL, &error), argument, "source");
    CHECK(oauth_source_from_command(NULL, 0, NULL, NULL, NULL) == argument && source == NULL);

    CHECK_NAMES(oauth_source_read(NULL, NULL, &text, &error), argument, "source is NULL");
    CHECK(text == NULL);
    source = file_source(NULL);
    CHECK_NAMES(oauth_source_read(source, NULL, NULL, &error), argument, "text");
    CHECK(oauth_source_read(NULL, NULL, NULL, NULL) == argument);
    oauth_source_free(source);
}

int main(void) {
    char directory[] = "/tmp/oauth-source-XXXXXX";
    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/token", directory);
    a_file_is_read_anew();
    a_file_may_be_of_no_use();
    a_command_is_run_anew();
    a_command_may_fail();
    programs_may_reap_their_children();
    a_command_has_its_signals();
    a_call_ends_before_its_command();
    wrong_arguments_are_named();
    until_alone();
    CHECK(rmdir(directory) == 0);
    return 0;
}
