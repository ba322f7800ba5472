/* Checks for the C tests: a failed one says where and ends the program. */
#ifndef CHECK_H
#define CHECK_H

#include <oauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);            \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* Two strings, either may be NULL. */
#define CHECK_TEXT(actual, expected)                                                  \
    do {                                                                              \
        const char *actual_ = (actual), *expected_ = (expected);                      \
        if ((actual_ == NULL) != (expected_ == NULL) ||                               \
            (actual_ != NULL && strcmp(actual_, expected_) != 0)) {                   \
            printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #actual,  \
                   actual_ ? actual_ : "(null)", expected_ ? expected_ : "(null)");   \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* What the header promises of every message: something, in one line, bounded, without control characters. */
static inline bool is_one_line(const char *message) {
    size_t length = strlen(message), at;
    for (at = 0; at < length; at++) {
        if ((unsigned char)message[at] < 0x20 || message[at] == 0x7f) {
            return false;
        }
    }
    return length > 0 && length <= 512 && message[length - 1] != ' ';
}

/* A call that must work; `error` is the program's oauth_error pointer. */
#define CHECK_OK(call)                                                                \
    do {                                                                              \
        oauth_status status_ = (call);                                                \
        if (status_ != OAUTH_OK) {                                                    \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, oauth_status_name(status_), \
                   error ? oauth_error_message(error) : "(no error handle)");         \
            exit(1);                                                                  \
        }                                                                             \
        CHECK(error == NULL);                                                         \
    } while (0)

/* A call that must fail with this status and a message that contains this text; frees the error. */
#define CHECK_FAILS(call, expected_status, named)                                     \
    do {                                                                              \
        oauth_status status_ = (call);                                                \
        if (status_ != (expected_status) || error == NULL ||                          \
            strstr(oauth_error_message(error), (named)) == NULL) {                    \
            printf("%s:%d: %s, not %s with \"%s\": %s\n", __FILE__, __LINE__,         \
                   oauth_status_name(status_), #expected_status, (named),             \
                   error ? oauth_error_message(error) : "(no error handle)");         \
            exit(1);                                                                  \
        }                                                                             \
        CHECK(oauth_error_status(error) == (expected_status));                        \
        CHECK(is_one_line(oauth_error_message(error)));                               \
        oauth_error_free(error);                                                      \
        error = NULL;                                                                 \
    } while (0)

/* The same for a call with a bad argument or setting: the message begins with its name, and the status says that. */
#define CHECK_NAMES(call, expected_status, name)                                      \
    do {                                                                              \
        oauth_status named_status_ = (call);                                          \
        const char *named_ = error ? oauth_error_message(error) : "(no error handle)"; \
        if (strncmp(named_, (name), strlen(name)) != 0) {                             \
            printf("%s:%d: \"%s\" does not begin with \"%s\"\n", __FILE__, __LINE__, \
                   named_, (name));                                                   \
            exit(1);                                                                  \
        }                                                                             \
        CHECK(!oauth_error_request_sent(error) && oauth_error_attempts(error) == 0);  \
        CHECK_FAILS(named_status_, expected_status, (name));                          \
    } while (0)

static inline const char *setting(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        printf("%s is not set\n", name);
        exit(1);
    }
    return value;
}

#endif
