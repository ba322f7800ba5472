//! The token endpoint: a code or a refresh token for a token.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::client::token::TokenArguments;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::{self, oauth_token};
use crate::protocol::token_request::Grant;

/// Exchanges an authorization code for a token (RFC 6749 section 4.1.3). Blocks until there is an answer, at most for the
/// timeout. A code goes out at most once.
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  authorization_header the Authorization header, sent byte for byte: see oauth_basic_authorization. NULL: the
///                                  client authentication of the config.
/// @param[in]  code                 not NULL, not empty.
/// @param[in]  redirect_uri         the one of the authorization request; NULL: left out (OAuth 2.1).
/// @param[in]  field_parameters     more form fields: code_verifier (RFC 7636), resource ...; NULL: none.
/// @param[in]  options              NULL: those of the client.
/// @param[out] token                free it with oauth_token_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; nothing sent: OAUTH_ERROR_INVALID_ARGUMENT, _CONNECT, _TLS; the server's answer: OAUTH_ERROR_PROVIDER
///         (an OAuth error, at whatever HTTP status), _HTTP, _REDIRECT, _INVALID_RESPONSE, _RESPONSE_TOO_LARGE; no whole
///         answer: OAUTH_ERROR_TIMEOUT, _CANCELLED, _CONNECTION_LOST (oauth_error_request_sent says whether the server
///         may have acted); OAUTH_ERROR_CALLBACK; OAUTH_ERROR_INTERNAL; when the endpoint has to be found first, as
///         oauth_request_metadata.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_token(
    client: Option<&oauth_client>,
    authorization_header: *const c_char,
    code: *const c_char,
    redirect_uri: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let authorization_header = unsafe { pointer::optional_text(authorization_header, "authorization_header") }?;
        // SAFETY: as above.
        let code = unsafe { pointer::text(code, "code") }?;
        // SAFETY: as above.
        let redirect_uri = unsafe { pointer::optional_text(redirect_uri, "redirect_uri") }?;
        let grant = Grant::AuthorizationCode { code, redirect_uri, code_verifier: None };
        token::fill(out, client.0.token(grant, arguments(authorization_header, field_parameters), options::of(options)))
    })
}

/// Exchanges a refresh token for a token (RFC 6749 section 6). Blocks until there is an answer, at most for the timeout. A
/// refresh token goes out at most once. Servers may rotate it: keep what oauth_token_refresh_token gives.
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  authorization_header the Authorization header, sent byte for byte: see oauth_basic_authorization. NULL: the
///                                  client authentication of the config.
/// @param[in]  refresh_token        not NULL, not empty.
/// @param[in]  scope                less than was granted; NULL: left out.
/// @param[in]  field_parameters     more form fields; NULL: none.
/// @param[in]  options              NULL: those of the client.
/// @param[out] token                free it with oauth_token_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_ID_TOKEN.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_refresh_token(
    client: Option<&oauth_client>,
    authorization_header: *const c_char,
    refresh_token: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let authorization_header = unsafe { pointer::optional_text(authorization_header, "authorization_header") }?;
        // SAFETY: as above.
        let refresh_token = unsafe { pointer::text(refresh_token, "refresh_token") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::RefreshToken { refresh_token, scope };
        token::fill(out, client.0.token(grant, arguments(authorization_header, field_parameters), options::of(options)))
    })
}

/// Refreshes a token (RFC 6749 section 6) with its own refresh token, and keeps what the answer leaves out: the refresh
/// token, and the ID token. An ID token in the answer must have the issuer and subject of the one before (OpenID Connect
/// Core 12.2). Blocks until there is an answer, at most for the timeout; a refresh token goes out at most once.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  before           not NULL; stays as it is.
/// @param[in]  scope            less than was granted; NULL: left out.
/// @param[in]  field_parameters more form fields; NULL: none.
/// @param[in]  options          NULL: those of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_INVALID_ARGUMENT also for a token without a refresh token, or of another
///         issuer than the client's; OAUTH_ERROR_ID_TOKEN.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_renew_token(
    client: Option<&oauth_client>,
    before: Option<&oauth_token>,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        let before = pointer::handle(before, "before")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        token::fill(out, client.0.renew(&before.0, scope, params::of(field_parameters), options::of(options)))
    })
}

pub(crate) fn arguments<'a>(
    authorization_header: Option<&'a str>,
    field_parameters: Option<&'a oauth_params>,
) -> TokenArguments<'a> {
    TokenArguments { authorization_header, field_parameters: params::of(field_parameters) }
}
