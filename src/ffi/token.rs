//! Token handles: immutable, shared, wiped when the last one is freed.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::clock::Clock;
use crate::error::Result;
use crate::ffi::error::oauth_error;
use crate::ffi::guard;
use crate::ffi::members::oauth_members;
use crate::ffi::pointer::{self, Out};
use crate::ffi::response::oauth_response;
use crate::ffi::status::oauth_status;
use crate::protocol::members::Member;
use crate::protocol::saved_token;
use crate::protocol::token::Token;
use crate::secret::Secret;

/// An access token with all that came with it (RFC 6749 section 5.1). Immutable; free it with oauth_token_free.
pub struct oauth_token(pub(super) Arc<Token>);

/// The body was form-encoded, not JSON.
pub const OAUTH_DEVIATION_FORM_ENCODED: u32 = 0x1;
/// JSON came under another content type than application/json.
pub const OAUTH_DEVIATION_CONTENT_TYPE: u32 = 0x2;
/// The body began with a UTF-8 byte order mark.
pub const OAUTH_DEVIATION_BYTE_ORDER_MARK: u32 = 0x4;
/// token_type was missing or null; the token is used as Bearer.
pub const OAUTH_DEVIATION_TOKEN_TYPE_MISSING: u32 = 0x8;
/// token_type is none that this library knows; the token is used as Bearer.
pub const OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN: u32 = 0x10;
/// expires_in was a string or a float.
pub const OAUTH_DEVIATION_EXPIRES_IN_TYPE: u32 = 0x20;
/// expires_in was junk or negative, and is taken as absent.
pub const OAUTH_DEVIATION_EXPIRES_IN_INVALID: u32 = 0x40;
/// scope was an array.
pub const OAUTH_DEVIATION_SCOPE_ARRAY: u32 = 0x80;
/// A value held U+0000; it is absent from the getters, and still in the JSON.
pub const OAUTH_DEVIATION_NUL_IN_VALUE: u32 = 0x100;
/// The body of an error was not UTF-8; what was wrong is replaced by U+FFFD.
pub const OAUTH_DEVIATION_INVALID_UTF8: u32 = 0x200;
/// error was an object.
pub const OAUTH_DEVIATION_ERROR_OBJECT: u32 = 0x400;
/// An OAuth error came with another HTTP status than 400 or 401.
pub const OAUTH_DEVIATION_ERROR_STATUS: u32 = 0x800;
/// A member had a type that its RFC does not allow, and is taken as absent.
pub const OAUTH_DEVIATION_MEMBER_TYPE: u32 = 0x1000;

const _: () = {
    use crate::protocol::deviation::*;
    assert!(OAUTH_DEVIATION_FORM_ENCODED == FORM_ENCODED && OAUTH_DEVIATION_CONTENT_TYPE == CONTENT_TYPE);
    assert!(OAUTH_DEVIATION_BYTE_ORDER_MARK == BYTE_ORDER_MARK);
    assert!(OAUTH_DEVIATION_TOKEN_TYPE_MISSING == TOKEN_TYPE_MISSING);
    assert!(OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN == TOKEN_TYPE_UNKNOWN);
    assert!(OAUTH_DEVIATION_EXPIRES_IN_TYPE == EXPIRES_IN_TYPE);
    assert!(OAUTH_DEVIATION_EXPIRES_IN_INVALID == EXPIRES_IN_INVALID && OAUTH_DEVIATION_SCOPE_ARRAY == SCOPE_ARRAY);
    assert!(OAUTH_DEVIATION_NUL_IN_VALUE == NUL_IN_VALUE && OAUTH_DEVIATION_INVALID_UTF8 == INVALID_UTF8);
    assert!(OAUTH_DEVIATION_ERROR_OBJECT == ERROR_OBJECT && OAUTH_DEVIATION_ERROR_STATUS == ERROR_STATUS);
    assert!(OAUTH_DEVIATION_MEMBER_TYPE == MEMBER_TYPE);
};

/// Makes a token of plain values, such as a program has kept them itself.
///
/// @param[in]  access_token  not NULL, not empty.
/// @param[in]  token_type    NULL: absent, used as Bearer.
/// @param[in]  refresh_token NULL: none.
/// @param[in]  scope         NULL: not known.
/// @param[in]  expiry_s      when it expires, in seconds since the epoch; negative: not known.
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
    expiry_s: i64,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    guard::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let access_token = unsafe { pointer::text(access_token, "access_token") }?;
        // SAFETY: as above.
        let token_type = unsafe { pointer::optional_text(token_type, "token_type") }?;
        // SAFETY: as above.
        let refresh_token = unsafe { pointer::optional_text(refresh_token, "refresh_token") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let expiry_s = (expiry_s >= 0).then_some(expiry_s);
        fill(out, saved_token::from_values(access_token, token_type, refresh_token, scope, expiry_s))
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
pub extern "C" fn oauth_token_expiry_s(token: Option<&oauth_token>) -> i64 {
    guard::value(-1, || token.and_then(|token| token.0.expiry_s).unwrap_or(-1))
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
pub extern "C" fn oauth_token_deviations(token: Option<&oauth_token>) -> u32 {
    guard::value(0, || token.map_or(0, |token| token.0.deviations))
}

/// The claims of the ID token (OpenID Connect Core 2), once the library has checked it: oauth_authorization_finish,
/// oauth_log_in and device log-ins do, and a refresh does when the config has an issuer. An unchecked ID token has none.
///
/// @param[in] token may be NULL.
/// @return valid until this handle is freed; NULL when no ID token was checked.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_claims(token: Option<&oauth_token>) -> *const oauth_members {
    guard::borrowed(|| token?.0.claims.as_deref().map(oauth_members::borrow))
}

/// How many members the answer had besides those with a getter of their own.
///
/// @param[in] token may be NULL.
/// @return 0 for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_member_count(token: Option<&oauth_token>) -> usize {
    guard::value(0, || token.map_or(0, |token| token.0.members.len()))
}

/// The name of such a member, in the order of the answer.
///
/// @param[in] token may be NULL.
/// @param[in] index from 0.
/// @return valid until this handle is freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_token_member_name_at(token: Option<&oauth_token>, index: usize) -> *const c_char {
    guard::text(|| Some(token?.0.members.get(index)?.name.as_ptr()))
}

/// The value of a member as text: what a string holds, a number or boolean as it is written.
///
/// @param[in] token may be NULL.
/// @param[in] name  NULL finds nothing; of two members with one name the first is found.
/// @return valid until this handle is freed; NULL when there is none, for objects and arrays (see
///         oauth_token_member_json), and for a string with U+0000 in it.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_token_member(token: Option<&oauth_token>, name: *const c_char) -> *const c_char {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    guard::text(|| unsafe { member(token, name) }?.text.as_ref().map(Secret::as_ptr))
}

/// The value of a member as JSON, as it was written.
///
/// @param[in] token may be NULL.
/// @param[in] name  NULL finds nothing; of two members with one name the first is found.
/// @return valid until this handle is freed; NULL when there is none.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_token_member_json(token: Option<&oauth_token>, name: *const c_char) -> *const c_char {
    // SAFETY: NULL or a NUL-terminated string (header: Strings).
    guard::text(|| Some(unsafe { member(token, name) }?.json.as_ptr()))
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
    guard::status(error, || {
        out.check()?;
        let json = saved_token::write(&pointer::handle(token, "token")?.0);
        pointer::fill_string(out, json.as_str().unwrap_or_default())
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
    guard::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        fill(out, saved_token::read(unsafe { pointer::text(json, "json") }?))
    })
}

/// Puts a new token into its place.
pub(super) fn fill(out: Out<'_, oauth_token>, token: Result<Token>) -> Result<()> {
    fill_shared(out, token.map(Arc::new))
}

/// The same for one that others have, too.
pub(super) fn fill_shared(out: Out<'_, oauth_token>, token: Result<Arc<Token>>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_token(token?))));
    Ok(())
}

/// # Safety
/// The name is NULL or a NUL-terminated string.
unsafe fn member(token: Option<&oauth_token>, name: *const c_char) -> Option<&Member> {
    // SAFETY: the same promise.
    token?.0.member(unsafe { pointer::text(name, "name") }.ok()?)
}
