/* What the C tests of the engine share: a client of the settings in the environment, and a call that must work. */
#ifndef ENGINE_H
#define ENGINE_H

#include "check.h"
#include <dirent.h>
#include <time.h>
#include <unistd.h>

/* Settings that depend neither on this machine nor on its environment. A hang ends in SIGALRM. */
static inline oauth_config *new_config(void) {
    const char *ca_file = getenv("CA_FILE");
    oauth_config *config = oauth_config_new();
    alarm(60);
    oauth_config_set_token_endpoint(config, setting("ENDPOINT"));
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_timeout_ms(config, 10000);
    oauth_config_set_use_environment(config, false);
    if (ca_file != NULL) {
        oauth_config_add_ca_file(config, ca_file);
        oauth_config_set_use_system_ca(config, false);
    }
    return config;
}

/* Takes the config. */
static inline oauth_client *new_client_of(oauth_config *config) {
    oauth_error *error = NULL;
    oauth_client *client = NULL;
    CHECK_OK(oauth_client_new(config, &client, &error));
    oauth_config_free(config);
    return client;
}

static inline void refresh(const oauth_client *client, const char *refresh_token) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    CHECK_OK(oauth_refresh_token(client, NULL, refresh_token, NULL, NULL, NULL, &token, &error));
    CHECK_TEXT(oauth_token_access_token(token), "at");
    oauth_token_free(token);
}

/* Of this process. */
static inline int threads(void) {
    int count = 0;
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    while ((entry = readdir(tasks)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* SIGALRM ends the program if that never comes. */
static inline void wait_for_one_thread(void) {
    struct timespec pause = {0, 1000000};
    while (threads() > 1)
        nanosleep(&pause, NULL);
}

#endif
