/* Operations: how their end is waited for, and a gate at which the server of api_fake.h waits. */
#ifndef API_OPERATION_H
#define API_OPERATION_H

#include "alone.h"
#include "api_fake.h"

#include <poll.h>
#include <pthread.h>

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_open, was_asked;
};

static struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};

static inline void set_asked(void) {
    pthread_mutex_lock(&gate.mutex);
    gate.was_asked = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.mutex);
}

static inline void until_open(void) {
    pthread_mutex_lock(&gate.mutex);
    while (!gate.is_open) {
        pthread_cond_wait(&gate.changed, &gate.mutex);
    }
    pthread_mutex_unlock(&gate.mutex);
}

static inline void wait_at_gate(struct fake *server, const oauth_transport_request *request,
                                oauth_transport_response *response) {
    (void)server, (void)request, (void)response;
    set_asked();
    until_open();
}

static inline void set_gate(bool is_open) {
    pthread_mutex_lock(&gate.mutex);
    gate.is_open = is_open;
    gate.was_asked = false;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.mutex);
}

static inline void until_asked(void) {
    pthread_mutex_lock(&gate.mutex);
    while (!gate.was_asked) {
        pthread_cond_wait(&gate.changed, &gate.mutex);
    }
    pthread_mutex_unlock(&gate.mutex);
}

static inline bool is_readable(int descriptor, int time_ms) {
    struct pollfd waiting = {descriptor, POLLIN, 0};
    return poll(&waiting, 1, time_ms) == 1 && (waiting.revents & POLLIN);
}

static inline void until_done(const oauth_operation *operation) {
    CHECK(is_readable((int)oauth_operation_descriptor(operation), 20000));
    CHECK(oauth_operation_done(operation));
}

/* Waits for its end, and gives its token. */
static inline oauth_status token_of(oauth_operation *operation, oauth_token **token, oauth_error **error) {
    until_done(operation);
    return oauth_operation_token(operation, token, error);
}

/* The same for one that gives no more than its status. */
static inline oauth_status result_of(oauth_operation *operation, oauth_error **error) {
    until_done(operation);
    return oauth_operation_result(operation, error);
}

/* A call that must be refused at once, with a message that begins so: nothing is started. */
#define NOT_STARTED(call, status, name)                            \
    do {                                                           \
        oauth_operation *operation = (oauth_operation *)&gate;     \
        CHECK_NAMES(call, status, name);                           \
        CHECK(operation == NULL);                                  \
    } while (0)

#define REFUSED(call, name) NOT_STARTED(call, OAUTH_ERROR_INVALID_ARGUMENT, name)

#endif
