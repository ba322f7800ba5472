//! Asking what the server knows of a token.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::client::introspection::Introspection;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;

/// What the server says of a token (RFC 7662). Immutable; free it with oauth_introspection_free.
pub struct oauth_introspection(Introspection);

/// Asks what the server knows of a token (RFC 7662).
///
/// @param[in]  client          not NULL, with a client; many threads may call at once.
/// @param[in]  token           not NULL, not empty.
/// @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
/// @param[in]  options         NULL: those of the client.
/// @param[out] introspection   free it with oauth_introspection_free.
/// @param[out] error           NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_INVALID_CONFIG when there is no introspection_endpoint.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_introspect(
    client: Option<&oauth_client>,
    token: *const c_char,
    token_type_hint: *const c_char,
    options: Option<&oauth_request_options>,
    introspection: Option<&mut MaybeUninit<*mut oauth_introspection>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(introspection, "introspection");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let token = unsafe { pointer::text(token, "token") }?;
        // SAFETY: as above.
        let token_type_hint = unsafe { pointer::optional_text(token_type_hint, "token_type_hint") }?;
        let said = client.0.introspect(token, token_type_hint, options::of(options))?;
        out.fill(Box::into_raw(Box::new(oauth_introspection(said))));
        Ok(())
    })
}

/// Frees a handle.
///
/// @param[in] introspection may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_introspection_free(introspection: Option<Box<oauth_introspection>>) {
    guard::value((), || drop(introspection));
}

/// Whether the token is good. The one member that every answer has.
///
/// @param[in] introspection may be NULL.
/// @return false for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_introspection_active(introspection: Option<&oauth_introspection>) -> bool {
    guard::value(false, || introspection.is_some_and(|introspection| introspection.0.active))
}

/// What else the server says: "scope", "client_id", "username", "exp", "sub", "aud" ... (RFC 7662 section 2.2).
///
/// @param[in] introspection may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_introspection_json(introspection: Option<&oauth_introspection>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&introspection?.0.json)))
}
