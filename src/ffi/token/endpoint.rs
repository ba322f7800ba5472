//! Code and refresh token
//!
//! The two exchanges that most programs need (RFC 6749 sections 4.1.3 and 6). A code is in the
//! redirect that ends a user's log-in; it works once, for a short time. A refresh token came with
//! an earlier token; it gets a new access token without the user.
//!
//! A server may replace (rotate) the refresh token with each refresh, and then the old one no
//! longer works. After each call keep the one that oauth_token_refresh_token gives. Many servers
//! give one only on request: with the scope offline_access, or a parameter of their own.
//!
//! The calls block until the response has arrived, at most for the timeout. They send a code or
//! refresh token once; only if a kept connection turns out to have ended is it sent again, on a new
//! one. If no whole response came and oauth_error_request_sent is true, the server may have acted:
//! the code may be used up, the refresh token replaced.
//!
//! To get the code too, with PKCE and state, use oauth_log_in or oauth_authorization_begin. To
//! refresh in time, once for all threads and processes, use a session (oauth_session_open).

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

/// Exchanges an authorization code for a token (RFC 6749 section 4.1.3). For other grants see Other
/// grants. An ID token in the response is not checked, because its nonce is not known here:
/// oauth_token_claims is NULL.
///
/// @code
/// oauth_token *token = NULL;
/// if (oauth_request_token(client, NULL, code, redirect_uri, NULL, NULL, &token, &error)
///     == OAUTH_OK) {
///     use(oauth_token_access_token(token));
///     use(oauth_token_refresh_token(token));
/// } else if (oauth_error_provider_code(error) == OAUTH_PROVIDER_INVALID_GRANT) {
///     fprintf(stderr, "the code is too old or was used: %s\n", oauth_error_message(error));
/// }
/// oauth_token_free(token);
/// @endcode
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  authorization_header the value of the Authorization header, sent byte for byte: see
///                                  oauth_basic_authorization. NULL: the client authentication of
///                                  the config.
/// @param[in]  code                 not NULL, not empty.
/// @param[in]  redirect_uri         that of the authorization request; NULL: left out (OAuth 2.1).
/// @param[in]  field_parameters     more form fields: code_verifier (RFC 7636), resource ...; NULL:
///                                  none.
/// @param[in]  options              NULL: the settings of the client.
/// @param[out] token                free it with oauth_token_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK. Nothing was sent: OAUTH_ERROR_INVALID_ARGUMENT, _INVALID_CONFIG (there is no
///         token endpoint), _CONNECT, _TLS. The server responded: OAUTH_ERROR_PROVIDER (an OAuth
///         error, with any HTTP status), _HTTP, _REDIRECT, _INVALID_RESPONSE, _RESPONSE_TOO_LARGE.
///         There is no whole response: OAUTH_ERROR_TIMEOUT, _CANCELLED, _CONNECTION_LOST. Also
///         OAUTH_ERROR_CALLBACK, _INTERNAL and, if the metadata have to be fetched first, the
///         statuses of oauth_request_metadata.
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

/// Exchanges a refresh token for a token (RFC 6749 section 6). A program that has the old token as
/// a handle calls oauth_renew_token. If the response has no refresh token, the new token keeps the
/// one that was sent. If the config has an issuer and a client id, an ID token in the response is
/// checked.
///
/// @code
/// oauth_token *fresh = NULL;
/// if (oauth_refresh_token(client, NULL, refresh_token, NULL, NULL, NULL, &fresh, &error)
///     == OAUTH_OK) {
///     use(oauth_token_access_token(fresh));
///     use(oauth_token_refresh_token(fresh));
/// } else if (oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN) {
///     fprintf(stderr, "log in again: %s\n", oauth_error_message(error));
/// }
/// oauth_token_free(fresh);
/// @endcode
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  authorization_header the value of the Authorization header, sent byte for byte: see
///                                  oauth_basic_authorization. NULL: the client authentication of
///                                  the config.
/// @param[in]  refresh_token        not NULL, not empty.
/// @param[in]  scope                a part of the granted scope; NULL: left out, which means all of
///                                  it.
/// @param[in]  field_parameters     more form fields; NULL: none.
/// @param[in]  options              NULL: the settings of the client.
/// @param[out] token                free it with oauth_token_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_ID_TOKEN: the ID token in the
///         response was refused.
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

/// Refreshes a token with its own refresh token (RFC 6749 section 6) and the client authentication
/// of the config. If the response has no refresh token or no ID token, the new token keeps those of
/// the old one. If the old ID token was checked, a new one must have the same issuer and subject
/// (OpenID Connect Core 12.2).
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  before           not NULL; has a refresh token; is not changed.
/// @param[in]  scope            a part of the granted scope; NULL: left out, which means all of it.
/// @param[in]  field_parameters more form fields; NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] token            free it with oauth_token_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_INVALID_ARGUMENT: before has
///         no refresh token, or another issuer than the client; OAUTH_ERROR_ID_TOKEN: the ID token
///         in the response was refused.
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
    TokenArguments { authorization_header, field_parameters: params::of(field_parameters), ..TokenArguments::default() }
}
