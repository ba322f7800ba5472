/* What Go cannot say to C by itself: a cgo.Handle is a number, and goes into the user_data of a callback here. */
#ifndef OAUTHCLIENT_GO_BRIDGE_H
#define OAUTHCLIENT_GO_BRIDGE_H

#include <oauth.h>
#include <stdint.h>

_Static_assert(OAUTH_VERSION_MAJOR > 0 || OAUTH_VERSION_MINOR >= 1,
               "oauth.h is of liboauthclient " OAUTH_VERSION_STRING "; this Go package needs 0.1.0 or newer");

void gooauth_on_done(oauth_operation *operation, uintptr_t handle);
void gooauth_set_log(oauth_config *config, oauth_log_level level, uintptr_t handle);
void gooauth_set_open_url(oauth_listener_options *options, uintptr_t handle);
void gooauth_set_acquire(oauth_session_options *options, uintptr_t handle);
void gooauth_set_change(oauth_session_options *options, uintptr_t handle);
oauth_status gooauth_key_from_signer(const char *public_jwk, const char *algorithm, uintptr_t handle, oauth_key **key,
                                    oauth_error **error);
oauth_status gooauth_source_from_callback(uintptr_t handle, oauth_source **source, oauth_error **error);

#endif
