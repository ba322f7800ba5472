//! Introspection
//!
//! An API asks the server whether a token that a caller sent is valid, and what it allows (RFC
//! 7662). The server must know the API as a client. A program that only uses tokens does not need
//! this.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::client::introspection::Introspection;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;

/// The server's statement about a token. Immutable; free it with oauth_introspection_free.
pub struct oauth_introspection(pub(crate) Arc<Introspection>);

/// Asks the server about a token (RFC 7662 section 2.1).
///
/// @code
/// oauth_introspection *introspection = NULL;
/// const char *received = oauth_token_access_token(token);
/// if (oauth_introspect(client, received, NULL, NULL, &introspection, &error) == OAUTH_OK
///     && oauth_introspection_active(introspection))
///     use(oauth_json_text(oauth_introspection_json(introspection), "scope"));
/// oauth_introspection_free(introspection);
/// @endcode
///
/// @param[in]  client          not NULL; many threads may call at once. Its config has a client id.
/// @param[in]  token           not NULL, not empty.
/// @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
/// @param[in]  options         NULL: the settings of the client.
/// @param[out] introspection   free it with oauth_introspection_free.
/// @param[out] error           NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_INVALID_CONFIG: there is no
///         introspection_endpoint.
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
        out.fill(Box::into_raw(Box::new(oauth_introspection(Arc::new(said)))));
        Ok(())
    })
}

/// Frees a handle.
///
/// @param[in] introspection may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_introspection_free(introspection: Option<Box<oauth_introspection>>) {
    guard::value((), || drop(introspection));
}

/// Whether the token is valid now: the one member that every response has (RFC 7662 section 2.2).
///
/// @param[in] introspection may be NULL.
/// @return false if introspection is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_introspection_active(introspection: Option<&oauth_introspection>) -> bool {
    guard::value(false, || introspection.is_some_and(|introspection| introspection.0.active))
}

/// All members of the response: "scope", "client_id", "username", "exp", "sub", "aud" ... (RFC 7662
/// section 2.2).
///
/// @param[in] introspection may be NULL.
/// @return valid until the introspection is freed; NULL if introspection is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_introspection_json(introspection: Option<&oauth_introspection>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&introspection?.0.json)))
}
