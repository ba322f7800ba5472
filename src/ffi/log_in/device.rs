//! Devices
//!
//! For a machine without a browser or a keyboard (RFC 8628). The device shows a URL and a short
//! code. The user opens the URL on another device, logs in there and enters the code. Meanwhile
//! this device polls the server for the token.
//!
//! oauth_device_authorization_begin gets the codes. The program shows the verification URI and the
//! user code, or the QR code. Then it calls oauth_device_authorization_wait; a program with an
//! event loop calls oauth_device_authorization_poll instead, each time that
//! oauth_device_authorization_next_poll_in_ms has passed.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking::Client;
use crate::client::changing::Changing;
use crate::client::device::{Device, Shown};
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

/// A log-in of a device that has begun (RFC 8628). One thread at a time; free it with
/// oauth_device_authorization_free.
pub struct oauth_device_authorization {
    pub(crate) client: Arc<Client>,
    shown: Arc<Shown>,
    pub(crate) device: Arc<Changing<Device>>,
}

/// The name of a handle that is in use.
pub(crate) const NAME: &str = "device";

/// Asks the server for a code that the user enters on another device (RFC 8628 section 3.1).
///
/// Blocks until the answer has come, at most for the timeout.
///
/// @code
/// oauth_device_authorization *device = NULL;
/// oauth_token *fresh = NULL;
/// if (oauth_device_authorization_begin(client, "profile", NULL, NULL, &device, &error)
///     == OAUTH_OK) {
///     printf("Open %s and enter %s\n", oauth_device_authorization_verification_uri(device),
///            oauth_device_authorization_user_code(device));
///     if (oauth_device_authorization_wait(device, NULL, &fresh, &error) == OAUTH_OK)
///         use(oauth_token_access_token(fresh));
/// }
/// oauth_token_free(fresh);
/// oauth_device_authorization_free(device);
/// @endcode
///
/// @param[in]  client     not NULL; many threads may call at once. Its config needs a client_id.
/// @param[in]  scope      space-separated; NULL: left out.
/// @param[in]  parameters more parameters; NULL: none.
/// @param[in]  options    NULL: the settings of the client.
/// @param[out] device     free it with oauth_device_authorization_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_request_token; also OAUTH_ERROR_INVALID_CONFIG: there is no
///         device_authorization_endpoint.
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
        fill(out, client, client.device_authorization(scope, parameters, options::of(options))?);
        Ok(())
    })
}

/// Frees a device authorization and wipes its codes.
///
/// @param[in] device may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_free(device: Option<Box<oauth_device_authorization>>) {
    guard::value((), || drop(device));
}

/// Polls until the user has decided or the codes have expired.
///
/// Polls as often as the server allows (interval, slow_down, Retry-After). If the server cannot be
/// reached, polls again later. If the last poll failed when the time is over, the error says why,
/// with the server's error and response if there was one.
///
/// @param[in]  device  not NULL.
/// @param[in]  options NULL: the settings of the client. The deadline bounds the whole wait, the
///                     timeout each poll. After OAUTH_ERROR_TIMEOUT or _CANCELLED, the call may be
///                     repeated.
/// @param[out] token   free it with oauth_token_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_device_authorization_poll, except
///         OAUTH_ERROR_AUTHORIZATION_PENDING; also OAUTH_ERROR_TIMEOUT: the deadline has passed;
///         OAUTH_ERROR_CANCELLED.
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
        let oauth_device_authorization { client, device, .. } = pointer::handle_mut(device, NAME)?;
        token::fill(out, client.wait(device.take(NAME)?.get()?, options::of(options)))
    })
}

/// Asks the server once whether the user has decided (RFC 8628 section 3.4).
///
/// Before the next poll is due, returns OAUTH_ERROR_AUTHORIZATION_PENDING without asking the
/// server.
///
/// @param[in]  device  not NULL.
/// @param[in]  options NULL: the settings of the client.
/// @param[out] token   free it with oauth_token_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_AUTHORIZATION_PENDING: poll again; OAUTH_ERROR_EXPIRED: begin
///         again; OAUTH_ERROR_PROVIDER: the user (access_denied) or the server refused;
///         OAUTH_ERROR_INVALID_STATE: the log-in has ended; OAUTH_ERROR_BUSY: an operation uses it;
///         OAUTH_ERROR_ID_TOKEN; else the same statuses as oauth_request_token, after which polling
///         may continue.
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
        let oauth_device_authorization { client, device, .. } = pointer::handle_mut(device, NAME)?;
        token::fill(out, client.poll(device.take(NAME)?.get()?, options::of(options)))
    })
}

/// The code that the user enters.
///
/// @param[in] device may be NULL.
/// @return valid until the device authorization is freed; NULL if device is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_user_code(device: Option<&oauth_device_authorization>) -> *const c_char {
    guard::text(|| Some(device?.shown.codes.user_code.as_ptr()))
}

/// The URL at which the user enters the code.
///
/// @param[in] device may be NULL.
/// @return valid until the device authorization is freed; NULL if device is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_verification_uri(
    device: Option<&oauth_device_authorization>,
) -> *const c_char {
    guard::text(|| Some(device?.shown.codes.verification_uri.as_ptr()))
}

/// The URL that contains the code, so that the user need not enter it.
///
/// @param[in] device may be NULL.
/// @return valid until the device authorization is freed; NULL if the server gave none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_verification_uri_complete(
    device: Option<&oauth_device_authorization>,
) -> *const c_char {
    guard::text(|| device?.shown.codes.verification_uri_complete.as_ref().map(Secret::as_ptr))
}

/// A QR code as lines of text, for a terminal with light text on a dark background.
///
/// It encodes the URL that contains the code, or the plain one if the server gave no other.
///
/// @param[in] device may be NULL.
/// @return UTF-8 block characters, lines end in '\n'; valid until the device authorization is
///         freed; NULL if the URL is too long.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_qr_text(device: Option<&oauth_device_authorization>) -> *const c_char {
    guard::text(|| device?.shown.qr_text().map(Secret::as_ptr))
}

/// When the codes expire.
///
/// @param[in] device may be NULL.
/// @return -1 if device is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_expires_at_s(device: Option<&oauth_device_authorization>) -> i64 {
    guard::value(-1, || device.map_or(-1, |device| device.shown.expires_at_s))
}

/// The time until the next poll is due.
///
/// @param[in] device may be NULL.
/// @return 0: now, or device is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_next_poll_in_ms(device: Option<&oauth_device_authorization>) -> u32 {
    guard::value(0, || {
        let next = device.map(|device| device.shown.next_poll_in().as_nanos().div_ceil(1_000_000));
        next.map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX))
    })
}

/// The whole answer of the server, with the secret device_code.
///
/// @param[in] device may be NULL.
/// @return valid until the device authorization is freed; NULL if device is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_device_authorization_json(device: Option<&oauth_device_authorization>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&device?.shown.codes.json)))
}

pub(crate) fn fill(out: Out<'_, oauth_device_authorization>, client: &Arc<Client>, device: Device) {
    let (client, shown) = (client.clone(), device.shown.clone());
    let device = Changing::new(device);
    out.fill(Box::into_raw(Box::new(oauth_device_authorization { client, shown, device })));
}
