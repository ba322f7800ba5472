//! Userinfo
//!
//! The UserInfo endpoint of an OpenID provider gives claims about the user who logged in, such as
//! name and email (OpenID Connect Core 5.3). The token must have the scope openid. If it has an
//! ID token that was checked, oauth_token_claims names the user without a request. To recognise a
//! user again, use the subject together with the issuer: other claims may change (section 5.7).

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

/// Claims about a user. Immutable; free it with oauth_userinfo_free.
pub struct oauth_userinfo(pub(crate) Value);

/// Gets the claims about the user of a token (OpenID Connect Core 5.3.1). If the token has a
/// checked ID token, both must have the same subject. A signed response (a JWT) is refused.
///
/// @code
/// oauth_userinfo *userinfo = NULL;
/// if (oauth_request_userinfo(client, token, NULL, &userinfo, &error) == OAUTH_OK) {
///     use(oauth_userinfo_subject(userinfo));
///     use(oauth_json_text(oauth_userinfo_json(userinfo), "email"));
/// }
/// oauth_userinfo_free(userinfo);
/// @endcode
///
/// @param[in]  client   not NULL; many threads may call at once.
/// @param[in]  token    not NULL; sent to the UserInfo endpoint.
/// @param[in]  options  NULL: the settings of the client.
/// @param[out] userinfo free it with oauth_userinfo_free.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_INVALID_ARGUMENT: the token
///         has another issuer than the client, or a type that needs more than a header value;
///         OAUTH_ERROR_INVALID_CONFIG: there is no userinfo_endpoint; OAUTH_ERROR_PROVIDER: the
///         error may come from the header WWW-Authenticate (RFC 6750 section 3);
///         OAUTH_ERROR_ID_TOKEN: another subject.
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
#[unsafe(no_mangle)]
pub extern "C" fn oauth_userinfo_free(userinfo: Option<Box<oauth_userinfo>>) {
    guard::value((), || drop(userinfo));
}

/// The user's identifier at this issuer: the claim sub.
///
/// @param[in] userinfo may be NULL.
/// @return valid until the userinfo is freed; NULL if the server sent none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_userinfo_subject(userinfo: Option<&oauth_userinfo>) -> *const c_char {
    guard::text(|| userinfo?.0.get("sub")?.text().map(Secret::as_ptr))
}

/// All claims: "name", "email" ... (OpenID Connect Core 5.1).
///
/// @param[in] userinfo may be NULL.
/// @return valid until the userinfo is freed; NULL if userinfo is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_userinfo_json(userinfo: Option<&oauth_userinfo>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&userinfo?.0)))
}
