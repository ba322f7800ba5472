/* A store of the program's own functions, and a server that breaks the connection. */
#ifndef API_SHELF_H
#define API_SHELF_H

#include "api_session.h"

/* A store that says what it is asked to do, and does it or not. */
struct shelf {
    uint8_t bytes[4096];
    size_t length; /* 0: nothing is kept */
    oauth_status saves, loads, locks;
    oauth_session *session; /* it must be busy */
    char events[1024];
};

static inline void happened(struct shelf *shelf, const char *what) {
    CHECK(strlen(shelf->events) + strlen(what) + 1 < sizeof shelf->events);
    strcat(strcat(shelf->events, what), " ");
    if (shelf->session != NULL) {
        is_busy(shelf->session);
    }
}

/* What happened since the last look. */
static inline void check_events(struct shelf *shelf, const char *expected) {
    CHECK_TEXT(shelf->events, expected);
    shelf->events[0] = '\0';
}

static inline oauth_status shelf_load(void *user_data, const char *key, oauth_store_value *value) {
    struct shelf *shelf = user_data;
    (void)key;
    happened(shelf, "load");
    if (shelf->length > 0) {
        oauth_store_value_set(value, shelf->bytes, shelf->length);
    }
    return shelf->loads;
}

static inline oauth_status shelf_save(void *user_data, const char *key, const uint8_t *bytes, size_t length, int64_t expires_at_s) {
    struct shelf *shelf = user_data;
    (void)key, (void)expires_at_s;
    happened(shelf, "save");
    if (shelf->saves == OAUTH_OK) {
        CHECK(length < sizeof shelf->bytes);
        memcpy(shelf->bytes, bytes, length);
        shelf->bytes[length] = '\0';
        shelf->length = length;
    }
    return shelf->saves;
}

static inline oauth_status shelf_delete(void *user_data, const char *key) {
    struct shelf *shelf = user_data;
    (void)key;
    happened(shelf, "delete");
    shelf->length = 0;
    return OAUTH_OK;
}

static inline oauth_status shelf_lock(void *user_data, const char *key) {
    (void)key;
    happened(user_data, "lock");
    return ((struct shelf *)user_data)->locks;
}

static inline void shelf_unlock(void *user_data, const char *key) {
    (void)key;
    happened(user_data, "unlock");
}

static inline void shelf_told(void *user_data, const char *key, const oauth_token *token) {
    (void)key, (void)token;
    happened(user_data, "change");
}

static inline oauth_store *store_of(struct shelf *shelf) {
    oauth_store *store = NULL;
    CHECK_OK(oauth_store_open_callbacks(shelf_load, shelf_save, shelf_delete, shelf_lock, shelf_unlock, shelf, NULL,
                                       &store, &error));
    return store;
}

static inline void breaks(struct fake *seen, const oauth_transport_request *request, oauth_transport_response *response) {
    (void)request, (void)response;
    ((struct shelf *)seen->extra)->saves = 5;
}

#endif
