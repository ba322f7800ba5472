//! Transport
//!
//! A program can do the HTTP itself: with another TLS library, over a simulated network, or with
//! canned responses in a test.
//!
//! The library still repeats failed attempts and limits the response body. The function has to keep
//! the timeout and to notice that the call was cancelled: see oauth_transport_request_remaining_ms
//! and oauth_transport_request_cancelled.

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::boundary::{guard, pointer};
use crate::ffi::client::config::{change, oauth_config};
use crate::ffi::outcome::status::{
    OAUTH_ERROR_CANCELLED, OAUTH_ERROR_CONNECT, OAUTH_ERROR_CONNECTION_LOST, OAUTH_ERROR_TIMEOUT, OAUTH_ERROR_TLS,
    OAUTH_OK, oauth_status,
};
use crate::http::{Headers, Request, Response};
use crate::secret::SecretBytes;
use crate::text::Text;
use crate::transport::{Call, Failure, FailureKind, callback};

/// Sends one request and fills in the response. It must not follow redirects. Request and response
/// are valid only during the call. Runs on the thread of a call, or on a short-lived thread of the
/// library that finishes a renewal.
///
/// @return OAUTH_OK: the response is filled in; OAUTH_ERROR_CONNECT, _TLS: nothing was sent, and
///         the library may try again; OAUTH_ERROR_TIMEOUT, _CANCELLED, _CONNECTION_LOST: the server
///         may have acted; any other status becomes OAUTH_ERROR_CALLBACK.
pub type oauth_transport_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        request: *const oauth_transport_request,
        response: *mut oauth_transport_response,
    ) -> oauth_status,
>;

/// A request for the transport of the program. Valid only during the callback.
pub struct oauth_transport_request {
    method: Text,
    url: Text,
    request: *const Request<'static>,
    deadline: Instant,
    cancelled: *const crate::transport::cancel::Cancel,
}

/// The response that a transport fills in. Valid only during the callback.
pub struct oauth_transport_response {
    status: i32,
    headers: Headers,
    body: SecretBytes,
    limit: usize,
    /// Why the response cannot be used: the first reason.
    rejected: Option<(FailureKind, String)>,
}

/// The program's function as a transport; `None` without a function.
fn program_transport(transport: oauth_transport_fn, user_data: UserData) -> Option<Arc<callback::Send>> {
    let transport = transport?;
    Some(Arc::new(move |call: &Call<'_>| {
        let request = oauth_transport_request {
            method: Text::lossy(call.request.method),
            url: Text::lossy(call.request.url.as_str()),
            request: ptr::from_ref(call.request).cast(),
            deadline: call.deadline,
            cancelled: call.cancel.map_or(ptr::null(), ptr::from_ref),
        };
        let mut response = oauth_transport_response {
            status: 0,
            headers: Headers::default(),
            body: SecretBytes::default(),
            limit: call.max_response_bytes,
            rejected: None,
        };
        // SAFETY: the program's function with its own user_data (header: Callbacks); both handles live during the call.
        let status = unsafe { transport(user_data.pointer(), &raw const request, &raw mut response) };
        finish(status, response)
    }))
}

fn finish(status: oauth_status, response: oauth_transport_response) -> Result<Response, Failure> {
    let failed = |kind, cause: String| Err(Failure { kind, cause, passing: true });
    match status {
        OAUTH_OK => {}
        OAUTH_ERROR_CONNECT => return failed(FailureKind::Connect, String::new()),
        OAUTH_ERROR_TLS => return failed(FailureKind::Tls, String::new()),
        OAUTH_ERROR_TIMEOUT => return failed(FailureKind::Timeout, String::new()),
        OAUTH_ERROR_CANCELLED => return failed(FailureKind::Cancelled, String::new()),
        OAUTH_ERROR_CONNECTION_LOST => return failed(FailureKind::Lost, String::new()),
        other => return failed(FailureKind::Callback, format!("it returned {other}")),
    }
    if let Some((kind, cause)) = response.rejected {
        return failed(kind, cause);
    }
    match u16::try_from(response.status) {
        Ok(status @ 200..=599) => Ok(Response { status, headers: response.headers, body: response.body, cut: false }),
        _ => failed(FailureKind::Callback, format!("it set the HTTP status {}", response.status)),
    }
}

/// Lets a function of the program do the HTTP. The settings for connections, proxy and certificates
/// are still checked, but not used.
///
/// @code
/// static oauth_status respond(void *user_data, const oauth_transport_request *request,
///                             oauth_transport_response *response)
/// {
///     const char *body = "{\"access_token\":\"secret\",\"token_type\":\"Bearer\"}";
///     (void)user_data;
///     (void)request;
///     oauth_transport_response_set_status(response, 200);
///     oauth_transport_response_add_header(response, "Content-Type", "application/json");
///     oauth_transport_response_append_body(response, (const uint8_t *)body, strlen(body));
///     return OAUTH_OK;
/// }
///
/// oauth_config_set_transport(config, respond, NULL, NULL);
/// @endcode
///
/// @param[in] config    NULL: nothing is done, but destroy is called.
/// @param[in] transport NULL: the library's own transport, and destroy is called.
/// @param[in] user_data passed to transport; may be NULL.
/// @param[in] destroy   frees user_data when neither the config nor a client uses it any more; may
///                      be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_transport(
    config: Option<&mut oauth_config>,
    transport: oauth_transport_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    change(config, |config| config.transport = program_transport(transport, user_data));
}

impl oauth_transport_request {
    fn request(&self) -> &Request<'_> {
        // SAFETY: points into the call, which outlives the callback and this handle.
        unsafe { &*self.request }
    }
}

/// The HTTP method: "POST" or "GET".
///
/// @param[in] request may be NULL.
/// @return valid during the callback; NULL if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_method(request: Option<&oauth_transport_request>) -> *const c_char {
    guard::text(|| Some(request?.method.as_ptr()))
}

/// The absolute URL.
///
/// @param[in] request may be NULL.
/// @return valid during the callback; NULL if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_url(request: Option<&oauth_transport_request>) -> *const c_char {
    guard::text(|| Some(request?.url.as_ptr()))
}

/// The number of header fields to send. The transport adds Host and Content-Length itself.
///
/// @param[in] request may be NULL.
/// @return 0 if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_header_count(request: Option<&oauth_transport_request>) -> usize {
    guard::value(0, || request.map_or(0, |request| request.request().headers().len()))
}

/// The name of a header field to send.
///
/// @param[in] request may be NULL.
/// @param[in] index   from 0.
/// @return valid during the callback; NULL if there is no such field.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_header_name_at(
    request: Option<&oauth_transport_request>,
    index: usize,
) -> *const c_char {
    guard::text(|| Some(request?.request().headers().at_with_nul(index)?.0.as_ptr().cast()))
}

/// The value of a header field to send. It may be a credential.
///
/// @param[in] request may be NULL.
/// @param[in] index   from 0.
/// @return valid during the callback; NULL if there is no such field.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_header_value_at(
    request: Option<&oauth_transport_request>,
    index: usize,
) -> *const c_char {
    guard::text(|| Some(request?.request().headers().at_with_nul(index)?.1.as_ptr().cast()))
}

/// The body to send; empty for a GET. It holds credentials.
///
/// @param[in]  request may be NULL.
/// @param[out] length  its length in bytes; NULL: not wanted.
/// @return valid during the callback; not NUL-terminated; NULL if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_body(
    request: Option<&oauth_transport_request>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const u8 {
    guard::value(ptr::null(), || {
        if let Some(length) = length {
            length.write(request.map_or(0, |request| request.request().body().len()));
        }
        request.map_or(ptr::null(), |request| request.request().body().as_ptr())
    })
}

/// How much time is left for the exchange. The library does not interrupt the function.
///
/// @param[in] request may be NULL.
/// @return milliseconds; 0 if none is left, or request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_remaining_ms(request: Option<&oauth_transport_request>) -> u32 {
    guard::value(0, || {
        let left = request.map_or(Duration::ZERO, |request| request.deadline.saturating_duration_since(Instant::now()));
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    })
}

/// Whether the call was cancelled. A transport that waits should check this regularly.
///
/// @param[in] request may be NULL.
/// @return false if request is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_cancelled(request: Option<&oauth_transport_request>) -> bool {
    // SAFETY: NULL, or points into the call, which outlives the callback and this handle.
    let cancel = || request.and_then(|request| unsafe { request.cancelled.as_ref() });
    guard::value(false, || cancel().is_some_and(|cancel| cancel.is_triggered()))
}

/// Sets the HTTP status code of the response.
///
/// @param[in] response NULL: nothing is done.
/// @param[in] status   200 to 599; with any other, or none, the exchange fails with
///                     OAUTH_ERROR_CALLBACK.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_response_set_status(response: Option<&mut oauth_transport_response>, status: i32) {
    guard::value((), || response.map_or((), |response| response.status = status));
}

/// Adds a header field to the response.
///
/// @param[in] response NULL: nothing is done.
/// @param[in] name     not NULL.
/// @param[in] value    not NULL; need not be UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_transport_response_add_header(
    response: Option<&mut oauth_transport_response>,
    name: *const c_char,
    value: *const c_char,
) {
    guard::value((), || {
        let Some(response) = response else { return };
        if name.is_null() || value.is_null() {
            response.reject(FailureKind::Callback, "it added a NULL header".to_owned());
            return;
        }
        // SAFETY: not NULL, and NUL-terminated strings (header: Strings).
        let (name, value) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(value)) };
        response.headers.push(name.to_bytes(), value.to_bytes());
    });
}

/// Appends to the body of the response. If the body becomes larger than the config allows, the
/// exchange fails with OAUTH_ERROR_RESPONSE_TOO_LARGE.
///
/// @param[in] response NULL: nothing is done.
/// @param[in] bytes    copied; may be NULL if length is 0.
/// @param[in] length   in bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_transport_response_append_body(
    response: Option<&mut oauth_transport_response>,
    bytes: *const u8,
    length: usize,
) {
    guard::value((), || {
        let Some(response) = response else { return };
        // SAFETY: NULL, or `length` bytes (header: Bytes).
        match unsafe { pointer::bytes(bytes, length) } {
            Ok(bytes) if response.body.len().saturating_add(bytes.len()) <= response.limit => {
                response.body.extend(bytes)
            }
            Ok(_) => response.reject(FailureKind::TooLarge, format!("the body had more than {} bytes", response.limit)),
            Err(why) => response.reject(FailureKind::Callback, format!("a piece of body {why}")),
        }
    });
}

impl oauth_transport_response {
    fn reject(&mut self, kind: FailureKind, why: String) {
        self.rejected.get_or_insert((kind, why));
    }
}
