//! Revoking a token.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer;
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;

/// Tells the server to forget a token (RFC 7009). One that it does not know is forgotten already: that is OAUTH_OK, too.
///
/// @param[in]  client          not NULL, with a client; many threads may call at once.
/// @param[in]  token           an access or refresh token; not NULL, not empty.
/// @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
/// @param[in]  options         NULL: those of the client.
/// @param[out] error           NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_INVALID_CONFIG when there is no revocation_endpoint.
/// @since 0.1
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
