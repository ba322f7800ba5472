/* A store of the program's own functions, as it is made and freed. */
#include "check.h"

static oauth_error *error;

static oauth_status load(void *user_data, const char *key, oauth_store_value *value) {
    (void)user_data, (void)key, (void)value;
    return OAUTH_OK;
}

static oauth_status save(void *user_data, const char *key, const uint8_t *bytes, size_t length, int64_t expires_at_s) {
    (void)user_data, (void)key, (void)bytes, (void)length, (void)expires_at_s;
    return OAUTH_OK;
}

static oauth_status of_key(void *user_data, const char *key) {
    (void)user_data, (void)key;
    return OAUTH_OK;
}

static void unlock(void *user_data, const char *key) {
    (void)user_data, (void)key;
}

static void count(void *user_data) {
    ++*(unsigned *)user_data;
}

static void the_data_goes_with_the_store(void) {
    unsigned destroyed = 0;
    oauth_store *store = NULL;
    CHECK_OK(oauth_store_open_callbacks(load, save, of_key, of_key, unlock, &destroyed, count, &store, &error));
    CHECK(store != NULL && destroyed == 0);
    oauth_store_free(store);
    CHECK(destroyed == 1);
    CHECK_OK(oauth_store_open_callbacks(load, save, of_key, NULL, NULL, &destroyed, count, &store, &error));
    oauth_store_free(store);
    CHECK(destroyed == 2);
    CHECK_OK(oauth_store_open_callbacks(load, save, of_key, NULL, NULL, NULL, NULL, &store, &error));
    oauth_store_free(store);
}

static void is_refused(oauth_store_load_fn load_fn, oauth_store_save_fn save_fn, oauth_store_remove_fn delete_fn,
                       oauth_store_lock_fn lock_fn, oauth_store_unlock_fn unlock_fn, const char *named) {
    unsigned destroyed = 0;
    oauth_store *store = (oauth_store *)&destroyed;
    CHECK_NAMES(oauth_store_open_callbacks(load_fn, save_fn, delete_fn, lock_fn, unlock_fn, &destroyed, count, &store,
                                          &error), OAUTH_ERROR_INVALID_ARGUMENT, named);
    CHECK(store == NULL && destroyed == 1);
}

static void what_is_missing_is_named_and_the_data_freed(void) {
    unsigned destroyed = 0;
    is_refused(NULL, save, of_key, of_key, unlock, "load");
    is_refused(load, NULL, of_key, of_key, unlock, "save");
    is_refused(load, save, NULL, of_key, unlock, "remove");
    is_refused(load, save, of_key, NULL, unlock, "lock");
    is_refused(load, save, of_key, of_key, NULL, "unlock");
    CHECK_NAMES(oauth_store_open_callbacks(load, save, of_key, NULL, NULL, &destroyed, count, NULL, &error),
                OAUTH_ERROR_INVALID_ARGUMENT, "store");
    CHECK(destroyed == 1);
    CHECK(oauth_store_open_callbacks(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ==
          OAUTH_ERROR_INVALID_ARGUMENT);
}

int main(void) {
    the_data_goes_with_the_store();
    what_is_missing_is_named_and_the_data_freed();
    oauth_store_value_set(NULL, (const uint8_t *)"x", 1);
    oauth_store_value_set(NULL, NULL, 1);
    return 0;
}
