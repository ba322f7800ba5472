//! Who a token is about.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::oauth_token;
use crate::protocol::json_value::Value;
use crate::secret::Secret;

/// Claims about the user of a token (OpenID Connect Core 5.3). Immutable; free it with oauth_userinfo_free.
pub struct oauth_userinfo(Value);

/// Asks who the user of a token is (OpenID Connect Core 5.3.1). When the token has a checked ID token, both must be about
/// the same subject.
///
/// @param[in]  client   not NULL; many threads may call at once.
/// @param[in]  token    not NULL; shown to the UserInfo endpoint.
/// @param[in]  options  NULL: those of the client.
/// @param[out] userinfo free it with oauth_userinfo_free.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_INVALID_ARGUMENT also for a token of another issuer than the client's;
///         OAUTH_ERROR_PROVIDER also for what the answer's WWW-Authenticate says; OAUTH_ERROR_ID_TOKEN for another subject;
///         OAUTH_ERROR_INVALID_CONFIG when there is no userinfo_endpoint.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_userinfo(
    client: Option<&oauth_client>,
    token: Option<&oauth_token>,
    options: Option<&oauth_request_options>,
    userinfo: Option<&mut MaybeUninit<*mut oauth_userinfo>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(userinfo, "userinfo");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        let token = pointer::handle(token, "token")?;
        let claims = client.0.userinfo(&token.0, options::of(options))?;
        out.fill(Box::into_raw(Box::new(oauth_userinfo(claims))));
        Ok(())
    })
}

/// Frees a handle.
///
/// @param[in] userinfo may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_userinfo_free(userinfo: Option<Box<oauth_userinfo>>) {
    guard::value((), || drop(userinfo));
}

/// The user's identifier at this issuer: the claim sub.
///
/// @param[in] userinfo may be NULL.
/// @return valid until this handle is freed; NULL when the server sent none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_userinfo_subject(userinfo: Option<&oauth_userinfo>) -> *const c_char {
    guard::text(|| userinfo?.0.get("sub")?.text().map(Secret::as_ptr))
}

/// All claims: "name", "email" ... (OpenID Connect Core 5.1).
///
/// @param[in] userinfo may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_userinfo_json(userinfo: Option<&oauth_userinfo>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&userinfo?.0)))
}
