/* A host that closes all descriptors, as daemons do, and one whose next descriptors have their numbers. */
#include "engine.h"
#include <fcntl.h>
#include <sys/stat.h>

static void close_all(void) {
    int descriptor;
    for (descriptor = 3; descriptor < 256; descriptor++)
        close(descriptor);
}

/* It works, or says that it has no connection; then it works. */
static void next_call(const oauth_client *client) {
    oauth_error *error = NULL;
    oauth_token *token = NULL;
    oauth_status status = oauth_refresh_token(client, NULL, "r", NULL, NULL, NULL, &token, &error);
    if (status != OAUTH_OK && status != OAUTH_ERROR_CONNECT) {
        printf("%s: %s\n", oauth_status_name(status), oauth_error_message(error));
        exit(1);
    }
    oauth_error_free(error);
    oauth_token_free(token);
    refresh(client, "r");
}

int main(void) {
    oauth_client *client = new_client_of(new_config());
    char path[] = "/tmp/oauth-descriptors-XXXXXX";
    int files[64], index;
    struct stat status;
    refresh(client, "r");
    close_all();
    next_call(client);
    close_all();
    files[0] = mkstemp(path);
    CHECK(files[0] >= 0 && unlink(path) == 0);
    for (index = 1; index < 64; index++)
        CHECK((files[index] = dup(files[0])) >= 0);
    next_call(client);
    /* The program's own files are as they were. */
    CHECK(fstat(files[0], &status) == 0 && status.st_size == 0);
    for (index = 0; index < 64; index++)
        CHECK(fcntl(files[index], F_GETFD) >= 0);
    close_all();
    for (index = 0; index < 64; index++)
        files[index] = open("/dev/null", O_RDONLY);
    oauth_client_free(client);
    for (index = 0; index < 64; index++)
        CHECK(fcntl(files[index], F_GETFD) >= 0);
    return 0;
}
