//! Revocation
//!
//! Revoking makes a token useless before it expires, for instance when a user logs out (RFC 7009).
//! Revoke the refresh token: the server should then end the access tokens of the same login too
//! (section 2.1). oauth_session_forget does this for a session.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer;
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;

/// Tells the server to revoke a token (RFC 7009 section 2). A token that the server does not know
/// needs no revocation: that is OAUTH_OK, too.
///
/// @code
/// const char *old = oauth_token_refresh_token(token);
/// if (old != NULL
///     && oauth_revoke(client, old, "refresh_token", NULL, &error) != OAUTH_OK)
///     fprintf(stderr, "the token is still valid: %s\n", oauth_error_message(error));
/// @endcode
///
/// @param[in]  client          not NULL; many threads may call at once. Its config has a client id.
/// @param[in]  token           an access or refresh token; not NULL, not empty.
/// @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
/// @param[in]  options         NULL: the settings of the client.
/// @param[out] error           NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_INVALID_CONFIG: there is no
///         revocation_endpoint.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_revoke(
    client: Option<&oauth_client>,
    token: *const c_char,
    token_type_hint: *const c_char,
    options: Option<&oauth_request_options>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || {
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let token = unsafe { pointer::text(token, "token") }?;
        // SAFETY: as above.
        let token_type_hint = unsafe { pointer::optional_text(token_type_hint, "token_type_hint") }?;
        client.0.revoke(token, token_type_hint, options::of(options))
    })
}
