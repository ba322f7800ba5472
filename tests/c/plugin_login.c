/* Puts $REFRESH_TOKEN into the store of a profile, as a log-in does: plugin_login PROFILE */
#include "oauth.h"
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    const char *refresh_token = getenv("REFRESH_TOKEN");
    oauth_session *session = NULL;
    oauth_error *error = NULL;
    if (count != 2 || refresh_token == NULL)
        return 64;
    if (oauth_profile_open(arguments[1], &session, &error) == OAUTH_OK)
        (void)oauth_session_adopt_refresh_token(session, refresh_token, NULL, &error);
    if (error != NULL)
        fprintf(stderr, "%s\n", oauth_error_message(error));
    oauth_session_free(session);
    count = error != NULL;
    oauth_error_free(error);
    return count;
}
