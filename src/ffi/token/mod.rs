//! Token
//!
//! A token handle holds what the server gave: access token, type, expiry, scope, refresh token, ID
//! token. It never changes; a refresh makes a new one. The last handle wipes the secrets when
//! freed.
//!
//! To use a token, send oauth_token_authorization as Authorization header with each request to the
//! API. To keep it, save oauth_token_to_json; or open a session, which also renews it.
//!
//! A token remembers its issuer: that of the client that got it. oauth_token_to_json saves it.
//! oauth_renew_token, oauth_request_userinfo and oauth_session_adopt refuse a token of another
//! issuer than the client's (OAUTH_ERROR_INVALID_ARGUMENT). A session that finds one in its store
//! gives it, but does not renew it. So no server gets the token of another. Nothing is refused if
//! the token or the client has no issuer, or if the call takes the token as a string.
//!
//! A token of type DPoP (RFC 9449) is bound to a key, and goes with a proof: see oauth_proof_new.

pub mod endpoint;
pub mod grants;
pub mod introspection;
pub mod proof;
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

/// An access token and what came with it. Immutable; free it with oauth_token_free.
pub struct oauth_token(pub(crate) Arc<Token>);

/// Makes a token from plain values, such as a program has saved by itself. It has no issuer.
///
/// @param[in]  access_token  not NULL, not empty.
/// @param[in]  token_type    not empty; NULL: absent, used as Bearer.
/// @param[in]  refresh_token not empty; NULL: none.
/// @param[in]  scope         not empty; NULL: not known.
/// @param[in]  expires_at_s  when it expires, in seconds since 1970; negative: not known.
/// @param[out] token         free it with oauth_token_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for a control character;
///         OAUTH_ERROR_INTERNAL.
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

/// Makes a token of the text that oauth_token_to_json wrote.
///
/// @param[in]  json  not NULL.
/// @param[out] token free it with oauth_token_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT: the text is damaged, is not from
///         oauth_token_to_json, or has a version that this release does not read;
///         OAUTH_ERROR_INTERNAL.
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
/// @return free it with oauth_token_free; NULL if token is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_ref(token: Option<&oauth_token>) -> Option<Box<oauth_token>> {
    guard::value(None, || token.map(|token| Box::new(oauth_token(token.0.clone()))))
}

/// Frees a handle. The last one wipes the secrets of the token.
///
/// @param[in] token may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_free(token: Option<Box<oauth_token>>) {
    guard::value((), || drop(token));
}

/// Writes the token as text to save: versioned JSON of this library, with the moment of expiry, the
/// refresh token to use next and the issuer. It holds secrets: save it where only its owner can
/// read it. The HTTP response and oauth_token_rotated are not saved.
///
/// @code
/// char *json = NULL;
/// oauth_token *saved = NULL;
/// if (oauth_token_to_json(token, &json, &error) == OAUTH_OK
///     && oauth_token_from_json(json, &saved, &error) == OAUTH_OK)
///     use(oauth_token_refresh_token(saved));
/// oauth_token_free(saved);
/// oauth_string_free(json);
/// @endcode
///
/// @param[in]  token not NULL.
/// @param[out] json  free it with oauth_string_free, which wipes it.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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
/// @return never empty; valid until the token is freed; NULL if token is NULL, or if a log-in gave
///         nothing but an ID token (OAUTH_DEVIATION_ACCESS_TOKEN_MISSING).
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_access_token(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.access_token.as_ref().map(Secret::as_ptr))
}

/// The token type as the server sent it (RFC 6749 section 7.1). Compare it without case.
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if the server sent none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_type(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.token_type.as_ref().map(Secret::as_ptr))
}

/// The lifetime that the server gave (RFC 6749 section 5.1), not the time that is left.
///
/// @param[in] token may be NULL.
/// @return seconds; -1 if the server gave none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_expires_in_s(token: Option<&oauth_token>) -> i64 {
    guard::value(-1, || token.and_then(|token| token.0.expires_in_s).unwrap_or(-1))
}

/// When the token expires: its lifetime, counted from the moment when the request was sent.
///
/// @param[in] token may be NULL.
/// @return seconds since 1970; -1 if it is not known.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_expires_at_s(token: Option<&oauth_token>) -> i64 {
    guard::value(-1, || token.and_then(|token| token.0.expires_at_s).unwrap_or(-1))
}

/// When the refresh token expires. No RFC has a member for it; five names that servers use are
/// read.
///
/// @param[in] token may be NULL.
/// @return -1 if the server did not say, or token is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_refresh_token_expires_at_s(token: Option<&oauth_token>) -> i64 {
    guard::value(-1, || token.and_then(|token| token.0.refresh_token_expires_at_s).unwrap_or(-1))
}

/// The scope that was granted, separated by spaces (RFC 6749 section 3.3).
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if the server sent none: then it is the requested
///         one.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_scope(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.scope.as_ref().map(Secret::as_ptr))
}

/// The refresh token to use next: a new one or, after a refresh that gave none, the one that was
/// sent.
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_refresh_token(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.refresh_token.as_ref().map(Secret::as_ptr))
}

/// The ID token as it was sent (OpenID Connect Core 3.1.3.3). See oauth_token_claims for whether it
/// was checked.
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_id_token(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.id_token.as_ref().map(Secret::as_ptr))
}

/// Whether a refresh gave another refresh token (RFC 6749 section 6). The old one may no longer
/// work: keep the new one.
///
/// @param[in] token may be NULL.
/// @return false if token is NULL, was read from JSON, or did not come from a refresh.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_rotated(token: Option<&oauth_token>) -> bool {
    guard::value(false, || token.is_some_and(|token| token.0.rotated))
}

/// How the response deviated from its RFC; it was accepted nevertheless.
///
/// @param[in] token may be NULL.
/// @return OAUTH_DEVIATION_... bits; 0 for none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_deviations(token: Option<&oauth_token>) -> oauth_deviations {
    guard::value(0, || token.map_or(0, |token| token.0.deviations))
}

/// The claims of the ID token (OpenID Connect Core 2), if the library has checked it (3.1.3.7). If
/// the config has an issuer and a client id, it checks the ID tokens of oauth_authorization_finish
/// and oauth_log_in (with the scope openid), of device log-ins, of oauth_request_password and of
/// refreshes. The signature is not checked, because the ID token came from the token endpoint
/// itself. A saved token keeps its claims.
///
/// @code
/// use(oauth_json_text(oauth_token_claims(token), "sub")); // who the user is, for this issuer
/// @endcode
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if no ID token was checked.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_claims(token: Option<&oauth_token>) -> *const oauth_json {
    guard::borrowed(|| token?.0.claims.as_deref().map(oauth_json::borrow))
}

/// The other members of the server's response: all but access_token, token_type, expires_in, scope,
/// refresh_token, id_token and those of an error.
///
/// oauth_token_response_json gives the whole response as text.
///
/// @param[in] token may be NULL.
/// @return an object, for most servers an empty one; valid until the token is freed; NULL if token
///         is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_json(token: Option<&oauth_token>) -> *const oauth_json {
    guard::borrowed(|| token?.0.json().map(oauth_json::borrow))
}

/// The value of an Authorization header: "Bearer ..." (RFC 6750 section 2.1). A token whose type is
/// missing or unknown is used as Bearer. One of type DPoP goes with a proof: see oauth_proof_new.
///
/// @code
/// const char *authorization = oauth_token_authorization(token);
/// if (oauth_token_expired(token, 30))
///     printf("renew the token before the next request\n");
/// else
///     use(authorization);
/// @endcode
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if token is NULL or has no access token, and for a
///         type that needs more than a header value ("DPoP", "mac", "N_A").
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_authorization(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.authorization().map(Secret::as_ptr))
}

/// Whether the token will have expired some time from now, by the clock of this machine.
///
/// @param[in] token    NULL counts as expired.
/// @param[in] leeway_s seconds from now; 30 or so make up for clock differences and transit.
/// @return false if the expiry is not known.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_expired(token: Option<&oauth_token>, leeway_s: i64) -> bool {
    guard::value(true, || {
        let now_s = Clock::default().now_s();
        token.is_none_or(|token| token.0.expired(now_s, leeway_s))
    })
}

/// The HTTP response that brought the token.
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if it was read from JSON, made by oauth_token_new,
///         or given by a session.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_response(token: Option<&oauth_token>) -> *const oauth_response {
    guard::borrowed(|| token?.0.response.as_ref().map(oauth_response::borrow))
}

/// The JSON that the server sent.
///
/// @param[in] token may be NULL.
/// @return valid until the token is freed; NULL if the response was a form, or oauth_token_response
///         is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_response_json(token: Option<&oauth_token>) -> *const c_char {
    guard::text(|| token?.0.response_json().map(Secret::as_ptr))
}

/// Puts a new token into its place.
pub(crate) fn fill(out: Out<'_, oauth_token>, token: Result<Token>) -> Result<()> {
    fill_shared(out, token.map(Arc::new))
}

/// Puts a token that the library also keeps into its place.
pub(crate) fn fill_shared(out: Out<'_, oauth_token>, token: Result<Arc<Token>>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_token(token?))));
    Ok(())
}
