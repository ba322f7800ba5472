//! Starting the log-in of a device.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::log_in::device::{self, oauth_device_authorization};
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::operations::Operation;

/// Starts oauth_device_authorization_begin.
///
/// @param[in]  client     not NULL; many threads may call at once. Its config needs a client_id.
/// @param[in]  scope      NULL: left out.
/// @param[in]  parameters NULL: none.
/// @param[in]  options    NULL: the settings of the client.
/// @param[out] operation  its result: oauth_operation_device_authorization; free it with
///                        oauth_operation_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_device_authorization_begin_start(
    client: Option<&oauth_client>,
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
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let (parameters, options) = (params::of(parameters), options::of(options));
        operation::fill(out, Operation::device_authorization(client, scope, parameters, options))
    })
}

/// Starts oauth_device_authorization_wait.
///
/// @param[in]  device    not NULL.
/// @param[in]  options   as for oauth_device_authorization_wait; NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_token; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start; also OAUTH_ERROR_BUSY: another operation uses
///         the device authorization.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_wait_start(
    device: Option<&oauth_device_authorization>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let device = &pointer::handle(device, device::NAME)?;
        let taken = device.device.take(device::NAME)?;
        operation::fill(out, Operation::wait(&device.client, taken, options::of(options)))
    })
}

/// Starts oauth_device_authorization_poll.
///
/// @param[in]  device    not NULL.
/// @param[in]  options   NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_token; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start; also OAUTH_ERROR_BUSY: another operation uses
///         the device authorization.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_poll_start(
    device: Option<&oauth_device_authorization>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let device = &pointer::handle(device, device::NAME)?;
        let taken = device.device.take(device::NAME)?;
        operation::fill(out, Operation::poll(&device.client, taken, options::of(options)))
    })
}
