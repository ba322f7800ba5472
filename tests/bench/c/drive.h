/* What one client under test provides. drive.c has main() and does all the measuring, the same for each client. */
#ifndef BENCH_DRIVE_H
#define BENCH_DRIVE_H

#include <stdbool.h>
#include <stddef.h>

struct endpoint {
    const char *url;
    const char *ca_file; /* NULL: plain HTTP */
    bool system_ca;      /* ca_file is the system's, and found without being named where the client can do that */
    const char *client_id;
    const char *client_secret;
    bool by_key; /* the client makes a key and proves itself by it, not by the secret; libcurl.c cannot */
    const char *refresh_token; /* the first one of every thread */
};

/* What a call needs, by the client's own documentation; 0: as much as the system gives. */
extern const size_t stack_bytes;

struct client; /* what all threads share */
struct caller; /* what one thread has */

/* NULL after saying on stderr why; the endpoint outlives the client. */
struct client *client_new(const struct endpoint *endpoint);
void client_free(struct client *client);

struct caller *caller_new(struct client *client);
void caller_free(struct caller *caller);

/* One refresh with the refresh token of the answer before. Returns the access token, valid until the next call on this caller, or NULL
 * after saying on stderr why. */
const char *caller_refresh(struct caller *caller);

#endif
