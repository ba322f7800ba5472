//! Token handles: immutable, shared, wiped when the last one is freed.

pub mod endpoint;
pub mod grants;
pub mod introspection;
pub mod revocation;
pub mod userinfo;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::clock::Clock;
use crate::error::Result;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::deviations::oauth_deviations;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::response::oauth_response;
use crate::ffi::outcome::status::oauth_status;
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::secret::Secret;

/// An access token with all that came with it (RFC 6749 section 5.1). Immutable; free it with oauth_token_free.
pub struct oauth_token(pub(crate) Arc<Token>);

/// Makes a token of plain values, such as a program has kept them itself.
///
/// @param[in]  access_token  not NULL, not empty.
/// @param[in]  token_type    NULL: absent, used as Bearer.
/// @param[in]  refresh_token NULL: none.
/// @param[in]  scope         NULL: not known.
/// @param[in]  expires_at_s      when it expires, in seconds since the epoch; negative: not known.
/// @param[out] token         free it with oauth_token_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_token_new(
    access_token: *const c_char,
    token_type: *const c_char,
    refresh_token: *const c_char,
    scope: *const c_char,
    expires_at_s: i64,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let access_token = unsafe { pointer::text(access_token, "access_token") }?;
        // SAFETY: as above.
        let token_type = unsafe { pointer::optional_text(token_type, "token_type") }?;
        // SAFETY: as above.
        let refresh_token = unsafe { pointer::optional_text(refresh_token, "refresh_token") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let expires_at_s = (expires_at_s >= 0).then_some(expires_at_s);
        fill(out, saved_token::from_values(access_token, token_type, refresh_token, scope, expires_at_s))
    })
}

/// Reads what oauth_token_to_json wrote, in this release or an earlier one.
///
/// @param[in]  json  not NULL.
/// @param[out] token free it with oauth_token_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT for text that is damaged, not of this library, or of a newer version;
///         OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_token_from_json(
    json: *const c_char,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        fill(out, saved_token::read(unsafe { pointer::text(json, "json") }?))
    })
}

/// Another handle to the same token.
///
/// @param[in] token may be NULL.
/// @return free it with oauth_token_free; NULL for NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_ref(token: Option<&oauth_token>) -> Option<Box<oauth_token>> {
    guard::value(None, || token.map(|token| Box::new(oauth_token(token.0.clone()))))
}

/// Frees a handle. With the last one the token goes, its secrets wiped.
///
/// @param[in] token may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_free(token: Option<Box<oauth_token>>) {
    guard::value((), || drop(token));
}

/// The token as text to keep: versioned JSON of this library, with the absolute expiry and the refresh token to use next.
/// It holds secrets: keep it where only its owner can read it.
///
/// @param[in]  token not NULL.
/// @param[out] json  free it with oauth_string_free, which wipes it.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_to_json(
    token: Option<&oauth_token>,
    json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(json, "json");
    report::status(error, || {
        out.check()?;
        let json = saved_token::write(&pointer::handle(token, "token")?.0);
        pointer::fill_string(out, json.as_str().unwrap_or_default())
    })
}

/// The access token: opaque to a client, whatever it looks like (RFC 6749 section 1.4).
///
/// @param[in] token may be NULL.
/// @return never empty; valid until this handle is freed; NULL only for a NULL token.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_access_token(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.access_token.as_ref().map(Secret::as_ptr))
}

/// The token type as the server sent it (RFC 6749 section 7.1); compare it without case.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when the server sent none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_type(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.token_type.as_ref().map(Secret::as_ptr))
}

/// The lifetime that the server gave (RFC 6749 section 5.1).
///
/// @param[in] token may be NULL.
/// @return seconds; -1 when it did not say.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_expires_in_s(token: Option<&oauth_token>) -> i64 {
    guard::value(-1, || token.and_then(|token| token.0.expires_in_s).unwrap_or(-1))
}

/// When the token expires, counted from the moment the request was sent.
///
/// @param[in] token may be NULL.
/// @return seconds since the epoch; -1 when it is not known.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_expires_at_s(token: Option<&oauth_token>) -> i64 {
    guard::value(-1, || token.and_then(|token| token.0.expires_at_s).unwrap_or(-1))
}

/// The scope that was granted, separated by spaces (RFC 6749 section 3.3).
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when the server sent none: then it is the one asked for.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_scope(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.scope.as_ref().map(Secret::as_ptr))
}

/// The refresh token to use next: a new one, or, after a refresh that brought none, the one that was used.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when there is none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_refresh_token(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.refresh_token.as_ref().map(Secret::as_ptr))
}

/// The ID token as it was sent (OpenID Connect Core 1.0 section 3.1.3.3), unchecked.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when there is none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_id_token(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.id_token.as_ref().map(Secret::as_ptr))
}

/// Whether this refresh brought another refresh token (RFC 6749 section 6): the old one may be dead, so keep the new one.
///
/// @param[in] token may be NULL.
/// @return false for NULL, and for a token that did not come from a refresh.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_rotated(token: Option<&oauth_token>) -> bool {
    guard::value(false, || token.is_some_and(|token| token.0.rotated))
}

/// What the answer did otherwise than its RFC says, and was accepted all the same.
///
/// @param[in] token may be NULL.
/// @return OAUTH_DEVIATION_... bits; 0 for none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_deviations(token: Option<&oauth_token>) -> oauth_deviations {
    guard::value(0, || token.map_or(0, |token| token.0.deviations))
}

/// The claims of the ID token (OpenID Connect Core 2), once the library has checked it: oauth_authorization_finish,
/// oauth_log_in and device log-ins do, and a refresh does when the config has an issuer. An unchecked ID token has none.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when no ID token was checked.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_claims(token: Option<&oauth_token>) -> *const oauth_json {
    guard::borrowed(|| token?.0.claims.as_deref().map(oauth_json::borrow))
}

/// What else the server's answer held: its members but for those that have a getter of their own.
///
/// @param[in] token may be NULL.
/// @return an object, perhaps an empty one; valid until this handle is freed; NULL only for a NULL token.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_json(token: Option<&oauth_token>) -> *const oauth_json {
    guard::borrowed(|| token?.0.json().map(oauth_json::borrow))
}

/// The value of an Authorization header: "Bearer ..." (RFC 6750 section 2.1), or "DPoP ..." for such a token.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL for a token type that needs more than a header value ("mac", "N_A").
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_authorization(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.authorization().map(Secret::as_ptr))
}

/// Whether the token will have expired some time from now, by the clock of this machine.
///
/// @param[in] token    NULL counts as expired.
/// @param[in] leeway_s seconds from now; some tens make up for clocks and travel.
/// @return false for a token whose expiry is not known.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_expired(token: Option<&oauth_token>, leeway_s: i64) -> bool {
    guard::value(true, || {
        let now_s = Clock::default().now_s();
        token.is_none_or(|token| token.0.expired(now_s, leeway_s))
    })
}

/// The HTTP answer that brought the token.
///
/// @param[in] token may be NULL.
/// @return borrowed, valid until this handle is freed; NULL for a token that was saved or made of values.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_response(token: Option<&oauth_token>) -> *const oauth_response {
    guard::borrowed(|| token?.0.response.as_ref().map(oauth_response::borrow))
}

/// The JSON that the server sent.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when the answer was a form, and for a token that was saved or made of
///         values.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_response_json(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.response_json().map(Secret::as_ptr))
}

/// Puts a new token into its place.
pub(crate) fn fill(out: Out<'_, oauth_token>, token: Result<Token>) -> Result<()> {
    fill_shared(out, token.map(Arc::new))
}

/// The same for one that others have, too.
pub(crate) fn fill_shared(out: Out<'_, oauth_token>, token: Result<Arc<Token>>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_token(token?))));
    Ok(())
}
