#include <oauth.h>

_Static_assert(OAUTH_VERSION_MAJOR > 0 || OAUTH_VERSION_MINOR >= 1,
               "liboauthclient is " OAUTH_VERSION_STRING "; this Swift package needs 0.1.0 or newer");
