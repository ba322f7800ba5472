//! HTTP response
//!
//! The HTTP response that brought a token (oauth_token_response) or caused an error
//! (oauth_error_response). Use it for what the library does not read itself, such as request ids
//! and rate limits. It is borrowed: valid until the token or error is freed.
//!
//! Header values and bodies are the bytes that the server sent. They need not be UTF-8, and they
//! may hold tokens: do not log them unseen.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use crate::ffi::boundary::guard;
use crate::http::Response;

/// An HTTP response. Never freed: valid until the token or error that gave it is freed.
pub struct oauth_response {
    _opaque: [u8; 0],
}

impl oauth_response {
    pub(crate) fn borrow(response: &Response) -> *const Self {
        ptr::from_ref(response).cast()
    }
}

/// The response behind a handle.
///
/// # Safety
/// The pointer is NULL or came from [`oauth_response::borrow`], and its owner lives for `'a`.
pub(crate) unsafe fn response<'a>(pointer: *const oauth_response) -> Option<&'a Response> {
    // SAFETY: by the promise above it points to a Response.
    unsafe { pointer.cast::<Response>().as_ref() }
}

/// The HTTP status code.
///
/// @param[in] response may be NULL.
/// @return 200 to 999, as the server sent it; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_status(response: *const oauth_response) -> i32 {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::value(0, || unsafe { self::response(response) }.map_or(0, |response| response.status.into()))
}

/// The number of header fields.
///
/// @param[in] response may be NULL.
/// @return 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header_count(response: *const oauth_response) -> usize {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::value(0, || unsafe { self::response(response) }.map_or(0, |response| response.headers.fields().len()))
}

/// The name of a header field, in the order of the response. With the library's own transport,
/// names are in lower case, and fields with the same name follow the first of them.
///
/// @param[in] response may be NULL.
/// @param[in] index    from 0.
/// @return valid until the token or error is freed; NULL if index is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header_name_at(response: *const oauth_response, index: usize) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { self::response(response) }?.headers.fields().at_with_nul(index)?.0.as_ptr().cast()))
}

/// The value of a header field, byte for byte; it need not be UTF-8.
///
/// @param[in] response may be NULL.
/// @param[in] index    from 0.
/// @return valid until the token or error is freed; NULL if index is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header_value_at(
    response: *const oauth_response,
    index: usize,
) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { self::response(response) }?.headers.fields().at_with_nul(index)?.1.as_ptr().cast()))
}

/// The value of the first header field with a name, byte for byte; it need not be UTF-8.
///
/// @code
/// oauth_token *fresh = NULL;
///
/// if (oauth_renew_token(client, token, NULL, NULL, NULL, &fresh, &error) != OAUTH_OK) {
///     const oauth_response *response = oauth_error_response(error);
///
///     printf("HTTP %d\n", (int)oauth_response_status(response)); // 0: no response
///     use(oauth_response_header(response, "X-Request-Id"));
/// }
/// oauth_token_free(fresh);
/// @endcode
///
/// @param[in] response may be NULL.
/// @param[in] name     compared without case; NULL: the result is NULL.
/// @return valid until the token or error is freed; NULL if there is no such field.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header(response: *const oauth_response, name: *const c_char) -> *const c_char {
    guard::text(|| {
        if name.is_null() {
            return None;
        }
        // SAFETY: not NULL, and a NUL-terminated string (header: Strings).
        let name = unsafe { CStr::from_ptr(name) };
        // SAFETY: a valid handle or NULL (header: Handles).
        let response = unsafe { self::response(response) }?;
        Some(response.headers.fields().get_with_nul(name.to_bytes())?.as_ptr().cast())
    })
}

/// The body, byte for byte.
///
/// @param[in]  response may be NULL.
/// @param[out] length   of the body in bytes; NULL: not wanted.
/// @return not NUL-terminated; valid until the token or error is freed; NULL if response is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_body(
    response: *const oauth_response,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const u8 {
    guard::value(ptr::null(), || {
        // SAFETY: a valid handle or NULL (header: Handles).
        let body = unsafe { self::response(response) }.map(|response| &response.body[..]);
        if let Some(length) = length {
            length.write(body.map_or(0, <[u8]>::len));
        }
        body.map_or(ptr::null(), <[u8]>::as_ptr)
    })
}
