/* oauth_browser_open: a browser, none, and every bad argument. What it starts is for tests/log_in/browser.rs to see. */
#include "check.h"

#include <time.h>

static oauth_error *error;

/* Whoever waited for the browser ends right after it; valgrind takes a thread that still does for a leak. */
static void is_the_only_thread(void) {
#ifdef __linux__
    int threads = 0, tries;
    for (tries = 0; threads != 1 && tries < 5000; tries++) {
        const struct timespec moment = {0, 2000000};
        char line[256];
        FILE *status = fopen("/proc/self/status", "r");
        CHECK(status != NULL);
        while (fgets(line, sizeof line, status) != NULL) {
            if (strncmp(line, "Threads:", 8) == 0) {
                threads = atoi(line + 8);
            }
        }
        fclose(status);
        nanosleep(&moment, NULL);
    }
    CHECK(threads == 1);
#endif
}

int main(void) {
    CHECK_NAMES(oauth_browser_open(NULL, &error), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK_NAMES(oauth_browser_open("", &error), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK_NAMES(oauth_browser_open("https://as.example/\xff", &error), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK_NAMES(oauth_browser_open("https://as.example/\r\n", &error), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK_NAMES(oauth_browser_open("file:///etc/passwd", &error), OAUTH_ERROR_INVALID_ARGUMENT, "url");
    CHECK(oauth_browser_open(NULL, NULL) == OAUTH_ERROR_INVALID_ARGUMENT);
#if defined(__unix__)
    CHECK(unsetenv("BROWSER") == 0 && unsetenv("DISPLAY") == 0 && unsetenv("WAYLAND_DISPLAY") == 0 &&
          unsetenv("WSL_DISTRO_NAME") == 0);
    CHECK_FAILS(oauth_browser_open("https://as.example/", &error), OAUTH_ERROR_SYSTEM, "open_url");
    CHECK(setenv("BROWSER", "true", 1) == 0);
    CHECK_OK(oauth_browser_open("https://as.example/", &error));
    is_the_only_thread();
    CHECK(setenv("BROWSER", "false:sh -c 'test \"$0\" = https://as.example/' %s", 1) == 0);
    CHECK(setenv("PATH", "/usr/bin:/bin", 1) == 0);
    CHECK_OK(oauth_browser_open("https://as.example/", &error));
    is_the_only_thread();
#else
    (void)is_the_only_thread;
#endif
    return 0;
}
