//! Starting a log-in
//!
//! The calls of a log-in: through the browser, step by step, and of a device.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::client::authorization::AuthorizationArguments;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::log_in::authorization::{self, oauth_authorization};
use crate::ffi::log_in::listener::oauth_listener_options;
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::operations::Operation;
use crate::operations::log_in::ShowUrl;

/// Starts oauth_log_in. When the operation is cancelled or freed, the port is closed within
/// milliseconds.
///
/// @code
/// oauth_operation *operation = NULL;
/// oauth_token *fresh = NULL;
/// if (oauth_log_in_start(client, "openid", NULL, NULL, NULL, &operation, &error) == OAUTH_OK) {
///     wait_in_loop(oauth_operation_descriptor(operation)); // the user may close the window ...
///     oauth_operation_cancel(operation);                   // ... which stops it, unless it is done
///     if (oauth_operation_token(operation, &fresh, &error) == OAUTH_OK)
///         use(oauth_token_access_token(fresh));
/// }
/// oauth_token_free(fresh);
/// oauth_operation_free(operation);
/// @endcode
///
/// @param[in]  client     not NULL; many threads may call at once. Its config needs a client_id.
/// @param[in]  scope      NULL: left out.
/// @param[in]  parameters NULL: none.
/// @param[in]  listener   copied; its open_url function and user_data are kept until the operation
///                        is done; NULL: as for oauth_log_in.
/// @param[in]  options    as for oauth_log_in; NULL: the settings of the client.
/// @param[out] operation  its result: oauth_operation_token; free it with oauth_operation_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_log_in_start(
    client: Option<&oauth_client>,
    scope: *const c_char,
    parameters: Option<&oauth_params>,
    listener: Option<&oauth_listener_options>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let default_listener = oauth_listener_options::default();
        let listener = listener.unwrap_or(&default_listener);
        let show = listener.open_url.clone();
        let show = show.map(|show| Box::new(move |url: &str| show.call(url)) as ShowUrl);
        let (parameters, options) = (params::of(parameters), options::of(options));
        operation::fill(out, Operation::log_in(client, scope, parameters, &listener.options, show, options))
    })
}

/// Starts oauth_authorization_begin.
///
/// @param[in]  client       not NULL; many threads may call at once. Its config needs a client_id.
/// @param[in]  redirect_uri not NULL, absolute, without fragment.
/// @param[in]  scope        NULL: left out.
/// @param[in]  parameters   NULL: none.
/// @param[in]  options      NULL: the settings of the client.
/// @param[out] operation    its result: oauth_operation_authorization; free it with
///                          oauth_operation_free.
/// @param[out] error        NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_authorization_begin_start(
    client: Option<&oauth_client>,
    redirect_uri: *const c_char,
    scope: *const c_char,
    parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let redirect_uri = unsafe { pointer::text(redirect_uri, "redirect_uri") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let parameters = params::of(parameters);
        let arguments = AuthorizationArguments { redirect_uri, scope, parameters };
        operation::fill(out, Operation::authorization(client, arguments, options::of(options)))
    })
}

/// Starts oauth_authorization_finish.
///
/// @param[in]  authorization    not NULL.
/// @param[in]  redirect         not NULL.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start; also OAUTH_ERROR_BUSY: another operation uses
///         the authorization.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_authorization_finish_start(
    authorization: Option<&oauth_authorization>,
    redirect: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let authorization = &pointer::handle(authorization, authorization::NAME)?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let redirect = unsafe { pointer::text(redirect, "redirect") }?;
        let (taken, field_parameters) =
            (authorization.authorization.take(authorization::NAME)?, params::of(field_parameters));
        let started = Operation::finish(&authorization.client, taken, redirect, field_parameters, options::of(options));
        operation::fill(out, started)
    })
}
