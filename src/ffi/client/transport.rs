//! A transport of the program's own.

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

/// Sends one request and fills the response, in whatever way; redirects must not be followed. Called on the thread of
/// the call, by many threads at once, with no lock held; request and response are valid only during the call. Must not
/// unwind or longjmp.
///
/// Returns OAUTH_OK with a response; OAUTH_ERROR_CONNECT or OAUTH_ERROR_TLS when nothing was sent (the library may try
/// again); OAUTH_ERROR_TIMEOUT, _CANCELLED, _CONNECTION_LOST for those; anything else becomes OAUTH_ERROR_CALLBACK.
pub type oauth_transport_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        request: *const oauth_transport_request,
        response: *mut oauth_transport_response,
    ) -> oauth_status,
>;

/// A request that the program sends for the library. Valid only during the callback.
pub struct oauth_transport_request {
    method: Text,
    url: Text,
    request: *const Request<'static>,
    deadline: Instant,
    cancelled: *const crate::transport::cancel::Cancel,
}

/// The answer that the callback fills in. Valid only during the callback.
pub struct oauth_transport_response {
    status: i32,
    headers: Headers,
    body: SecretBytes,
    limit: usize,
    /// Why it cannot be used; the first reason stays.
    rejected: Option<(FailureKind, String)>,
}

/// The transport of a config.
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
        // SAFETY: a function of the program with the data it asked for; both handles live during the call.
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
        Ok(status @ 200..=599) => Ok(Response { status, headers: response.headers, body: response.body }),
        _ => failed(FailureKind::Callback, format!("it set the HTTP status {}", response.status)),
    }
}

/// Lets the program do the HTTP itself: another TLS library, a simulator, a test. Timeouts and cancelling are then up to
/// the function; settings about connections, proxies and certificates are checked, but not used.
///
/// @param[in] config    NULL: nothing is done, but destroy is called.
/// @param[in] transport NULL: the library's own transport.
/// @param[in] user_data passed to transport; may be NULL.
/// @param[in] destroy   frees user_data when neither config nor client needs it any more; NULL: nothing to free.
/// @since 0.1
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
        // SAFETY: points to what the call holds, which outlives the callback, and so this handle.
        unsafe { &*self.request }
    }
}

/// The HTTP method: "POST" or "GET".
///
/// @param[in] request may be NULL.
/// @return valid during the callback; NULL for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_method(request: Option<&oauth_transport_request>) -> *const c_char {
    guard::text(|| Some(request?.method.as_ptr()))
}

/// The absolute URL.
///
/// @param[in] request may be NULL.
/// @return valid during the callback; NULL for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_url(request: Option<&oauth_transport_request>) -> *const c_char {
    guard::text(|| Some(request?.url.as_ptr()))
}

/// How many header fields to send; Host and Content-Length are the transport's own business.
///
/// @param[in] request may be NULL.
/// @return 0 for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_header_count(request: Option<&oauth_transport_request>) -> usize {
    guard::value(0, || request.map_or(0, |request| request.request().headers().len()))
}

/// The name of a header field to send.
///
/// @param[in] request may be NULL.
/// @param[in] index   from 0.
/// @return valid during the callback; NULL beyond the last.
/// @since 0.1
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
/// @return valid during the callback; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_header_value_at(
    request: Option<&oauth_transport_request>,
    index: usize,
) -> *const c_char {
    guard::text(|| Some(request?.request().headers().at_with_nul(index)?.1.as_ptr().cast()))
}

/// The body to send. It holds credentials.
///
/// @param[in]  request may be NULL.
/// @param[out] length  its length in bytes; NULL: not wanted.
/// @return valid during the callback; not NUL-terminated; NULL for NULL.
/// @since 0.1
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

/// How much time is left for the exchange.
///
/// @param[in] request may be NULL.
/// @return milliseconds; 0 when it is over, and for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_remaining_ms(request: Option<&oauth_transport_request>) -> u32 {
    guard::value(0, || {
        let left = request.map_or(Duration::ZERO, |request| request.deadline.saturating_duration_since(Instant::now()));
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    })
}

/// Whether the call was cancelled; a transport that waits should look now and then.
///
/// @param[in] request may be NULL.
/// @return false for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_request_cancelled(request: Option<&oauth_transport_request>) -> bool {
    // SAFETY: NULL, or points to what the call holds, which outlives the callback, and so this handle.
    let cancel = || request.and_then(|request| unsafe { request.cancelled.as_ref() });
    guard::value(false, || cancel().is_some_and(|cancel| cancel.is_triggered()))
}

/// Sets the HTTP status code of the answer.
///
/// @param[in] response NULL: nothing is done.
/// @param[in] status   200 to 599; anything else fails the exchange with OAUTH_ERROR_CALLBACK.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_transport_response_set_status(response: Option<&mut oauth_transport_response>, status: i32) {
    guard::value((), || response.map_or((), |response| response.status = status));
}

/// Adds a header field of the answer.
///
/// @param[in] response NULL: nothing is done.
/// @param[in] name     not NULL; copied.
/// @param[in] value    not NULL; copied byte for byte.
/// @since 0.1
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

/// Appends to the body of the answer. More than the client allows fails the exchange with
/// OAUTH_ERROR_RESPONSE_TOO_LARGE, and is not kept.
///
/// @param[in] response NULL: nothing is done.
/// @param[in] bytes    copied; NULL only when length is 0.
/// @param[in] length   in bytes.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_transport_response_append_body(
    response: Option<&mut oauth_transport_response>,
    bytes: *const u8,
    length: usize,
) {
    guard::value((), || {
        let Some(response) = response else { return };
        // SAFETY: NULL, or `length` bytes (header: Strings).
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
