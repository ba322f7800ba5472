//! The device grant: a code for the user to enter elsewhere.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking::Client;
use crate::client::device::Device;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::{self, oauth_token};
use crate::secret::Secret;

/// A device's log-in that was begun (RFC 8628). By one thread at a time; free it with oauth_device_authorization_free.
pub struct oauth_device_authorization {
    client: Arc<Client>,
    device: Device,
}

/// Asks the server for a code that the user enters on another device (RFC 8628 section 3.1). Blocks until there is an
/// answer, at most for the timeout.
///
/// @param[in]  client     not NULL, with a client_id; many threads may call at once.
/// @param[in]  scope      space-separated; NULL: left out.
/// @param[in]  parameters more parameters; NULL: none.
/// @param[in]  options    NULL: those of the client.
/// @param[out] device     free it with oauth_device_authorization_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_request_token; OAUTH_ERROR_INVALID_CONFIG when there is no device_authorization_endpoint.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_device_authorization_begin(
    client: Option<&oauth_client>,
    scope: *const c_char,
    parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    device: Option<&mut MaybeUninit<*mut oauth_device_authorization>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(device, "device");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let parameters = params::of(parameters);
        let device = client.device_authorization(scope, parameters, options::of(options))?;
        out.fill(Box::into_raw(Box::new(oauth_device_authorization { client: client.clone(), device })));
        Ok(())
    })
}

/// Frees a device authorization; its codes are wiped.
///
/// @param[in] device may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_free(device: Option<Box<oauth_device_authorization>>) {
    guard::value((), || drop(device));
}

/// Polls until the user has decided or the codes have expired: as often as the server allows (interval, slow_down,
/// Retry-After); a server that cannot be reached is asked again later.
///
/// @param[in]  device  not NULL.
/// @param[in]  options NULL: those of the client. The deadline bounds the whole wait, the timeout each poll; a call that
///                     was cancelled or timed out may be made again.
/// @param[out] token   free it with oauth_token_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_device_authorization_poll, but never OAUTH_ERROR_AUTHORIZATION_PENDING; OAUTH_ERROR_TIMEOUT at the
///         deadline; OAUTH_ERROR_CANCELLED.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_wait(
    device: Option<&mut oauth_device_authorization>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let oauth_device_authorization { client, device } = pointer::handle_mut(device, "device")?;
        token::fill(out, client.wait(device, options::of(options)))
    })
}

/// Asks once whether the user has decided (RFC 8628 section 3.4). Before the next poll is due, it answers pending without
/// asking the server.
///
/// @param[in]  device  not NULL.
/// @param[in]  options NULL: those of the client.
/// @param[out] token   free it with oauth_token_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_AUTHORIZATION_PENDING: go on; OAUTH_ERROR_EXPIRED: begin again; OAUTH_ERROR_PROVIDER: the
///         user said no (access_denied), or the server did; OAUTH_ERROR_INVALID_STATE: it was finished before;
///         OAUTH_ERROR_ID_TOKEN; else as oauth_request_token, and polling may go on.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_poll(
    device: Option<&mut oauth_device_authorization>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let oauth_device_authorization { client, device } = pointer::handle_mut(device, "device")?;
        token::fill(out, client.poll(device, options::of(options)))
    })
}

/// The code that the user enters.
///
/// @param[in] device may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_user_code(device: Option<&oauth_device_authorization>) -> *const c_char {
    guard::text(|| Some(device?.device.codes.user_code.as_ptr()))
}

/// Where the user enters it.
///
/// @param[in] device may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_verification_uri(
    device: Option<&oauth_device_authorization>,
) -> *const c_char {
    guard::text(|| Some(device?.device.codes.verification_uri.as_ptr()))
}

/// The same with the code in it, so that nothing is left to enter.
///
/// @param[in] device may be NULL.
/// @return valid until this handle is freed; NULL when the server gave none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_verification_uri_complete(
    device: Option<&oauth_device_authorization>,
) -> *const c_char {
    guard::text(|| device?.device.codes.verification_uri_complete.as_ref().map(Secret::as_ptr))
}

/// A QR code of the complete URI (of the plain one when there is none) as lines of text, for a terminal of light text on a
/// dark ground.
///
/// @param[in] device may be NULL.
/// @return UTF-8 block characters, lines end in '\n'; valid until this handle is freed; NULL when the URI is too long.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_qr_text(device: Option<&oauth_device_authorization>) -> *const c_char {
    guard::text(|| device?.device.qr_text().map(Secret::as_ptr))
}

/// When the codes expire.
///
/// @param[in] device may be NULL.
/// @return epoch seconds; -1 for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_expires_at_s(device: Option<&oauth_device_authorization>) -> i64 {
    guard::value(-1, || device.map_or(-1, |device| device.device.expires_at_s))
}

/// In how many milliseconds the next poll is due.
///
/// @param[in] device may be NULL.
/// @return 0: now, or NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_next_poll_in_ms(device: Option<&oauth_device_authorization>) -> u32 {
    guard::value(0, || {
        let next = device.map(|device| device.device.next_poll_in().as_nanos().div_ceil(1_000_000));
        next.map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX))
    })
}

/// The server's whole answer, device_code included.
///
/// @param[in] device may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_json(device: Option<&oauth_device_authorization>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&device?.device.codes.json)))
}
