/* A program that is sent more than it wants, and does not keep it. */
#include "engine.h"

static long peak_kib(void) {
    char line[256];
    long peak = -1;
    FILE *status = fopen("/proc/self/status", "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %ld", &peak) == 1)
            break;
    fclose(status);
    CHECK(peak > 0);
    return peak;
}

int main(void) {
    oauth_client *client = new_client_of(new_config());
    long before, after;
    refresh(client, "first");
    before = peak_kib();
    for (int call = 0; call < 3; call++) {
        oauth_error *error = NULL;
        oauth_token *token = NULL;
        oauth_status status = oauth_refresh_token(client, NULL, "much", NULL, NULL, NULL, &token, &error);
        CHECK(status == OAUTH_ERROR_RESPONSE_TOO_LARGE && token == NULL);
        CHECK(oauth_error_request_sent(error) && oauth_error_response(error) == NULL);
        CHECK(oauth_error_attempts(error) == 1 && oauth_error_advice(error) == OAUTH_ADVICE_OUTCOME_UNKNOWN);
        CHECK(oauth_error_message(error)[0] != '\0');
        oauth_error_free(error);
    }
    after = peak_kib();
    if (after - before >= 8 * 1024)
        printf("%ld KiB, then %ld KiB\n", before, after);
    CHECK(after - before < 8 * 1024);
    oauth_client_free(client);
    return 0;
}
