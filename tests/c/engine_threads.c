/* A program with one thread, whose calls leave it with one. */
#include "engine.h"

int main(void) {
    oauth_config *config = new_config();
    oauth_client *client;
    oauth_config_set_idle_timeout_ms(config, 0); /* each call a new connection, with a look-up of its own */
    client = new_client_of(config);
    CHECK(threads() == 1);
    for (int call = 0; call < 20; call++) {
        refresh(client, "r");
        if (strcmp(setting("HOST"), "address") == 0)
            CHECK(threads() == 1); /* nothing to look up */
        wait_for_one_thread();
    }
    oauth_client_free(client);
    CHECK(threads() == 1);
    return 0;
}
