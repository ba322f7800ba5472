//! Starting to get a token
//!
//! The calls of the token endpoint: a code, a refresh token and other grants. The result of each is
//! got with oauth_operation_token.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::endpoint::arguments;
use crate::ffi::token::oauth_token;
use crate::operations::Operation;
use crate::protocol::token_request::Grant;

/// Starts oauth_request_token.
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  authorization_header NULL: the client authentication of the config.
/// @param[in]  code                 not NULL, not empty.
/// @param[in]  redirect_uri         NULL: left out (OAuth 2.1).
/// @param[in]  field_parameters     more form fields: code_verifier (RFC 7636) ...; NULL: none.
/// @param[in]  options              NULL: the settings of the client.
/// @param[out] operation            its result: oauth_operation_token; free it with
///                                  oauth_operation_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_token_start(
    client: Option<&oauth_client>,
    authorization_header: *const c_char,
    code: *const c_char,
    redirect_uri: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let authorization_header = unsafe { pointer::optional_text(authorization_header, "authorization_header") }?;
        // SAFETY: as above.
        let code = unsafe { pointer::text(code, "code") }?;
        // SAFETY: as above.
        let redirect_uri = unsafe { pointer::optional_text(redirect_uri, "redirect_uri") }?;
        let grant = Grant::AuthorizationCode { code, redirect_uri, code_verifier: None };
        let arguments = arguments(authorization_header, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_refresh_token.
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  authorization_header NULL: the client authentication of the config.
/// @param[in]  refresh_token        not NULL, not empty.
/// @param[in]  scope                NULL: left out.
/// @param[in]  field_parameters     NULL: none.
/// @param[in]  options              NULL: the settings of the client.
/// @param[out] operation            its result: oauth_operation_token; free it with
///                                  oauth_operation_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_refresh_token_start(
    client: Option<&oauth_client>,
    authorization_header: *const c_char,
    refresh_token: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let authorization_header = unsafe { pointer::optional_text(authorization_header, "authorization_header") }?;
        // SAFETY: as above.
        let refresh_token = unsafe { pointer::text(refresh_token, "refresh_token") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::RefreshToken { refresh_token, scope };
        let arguments = arguments(authorization_header, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_renew_token.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  before           not NULL; has a refresh token.
/// @param[in]  scope            NULL: left out.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_renew_token_start(
    client: Option<&oauth_client>,
    before: Option<&oauth_token>,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        let before = &pointer::handle(before, "before")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let field_parameters = params::of(field_parameters);
        operation::fill(out, Operation::renew(client, before, scope, field_parameters, options::of(options)))
    })
}
