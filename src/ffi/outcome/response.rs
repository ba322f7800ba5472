//! The HTTP behind a token or an error.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use crate::ffi::boundary::guard;
use crate::http::Response;

/// An HTTP answer. Belongs to the token or error that it was got from, and lives as long.
pub struct oauth_response {
    _opaque: [u8; 0],
}

impl oauth_response {
    pub(crate) fn borrow(response: &Response) -> *const Self {
        ptr::from_ref(response).cast()
    }
}

/// # Safety
/// The pointer is NULL or came from [`oauth_response::borrow`], and its owner lives for `'a`.
pub(crate) unsafe fn response<'a>(pointer: *const oauth_response) -> Option<&'a Response> {
    // SAFETY: by the promise above it points to a Response.
    unsafe { pointer.cast::<Response>().as_ref() }
}

/// The HTTP status code.
///
/// @param[in] response may be NULL.
/// @return as it was sent, 200 to 999; 0 for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_status(response: *const oauth_response) -> i32 {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::value(0, || unsafe { self::response(response) }.map_or(0, |response| response.status.into()))
}

/// How many header fields there are.
///
/// @param[in] response may be NULL.
/// @return 0 for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header_count(response: *const oauth_response) -> usize {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::value(0, || unsafe { self::response(response) }.map_or(0, |response| response.headers.fields().len()))
}

/// The name of a header field, in the order of the answer, but fields of one name stand together at the place of the
/// first; lower case when the library did the HTTP.
///
/// @param[in] response may be NULL.
/// @param[in] index from 0.
/// @return valid until the owner of the response is freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header_name_at(response: *const oauth_response, index: usize) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { self::response(response) }?.headers.fields().at_with_nul(index)?.0.as_ptr().cast()))
}

/// The value of a header field, byte for byte: not always UTF-8.
///
/// @param[in] response may be NULL.
/// @param[in] index from 0.
/// @return valid until the owner of the response is freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_response_header_value_at(
    response: *const oauth_response,
    index: usize,
) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { self::response(response) }?.headers.fields().at_with_nul(index)?.1.as_ptr().cast()))
}

/// The value of the first header field of a name, byte for byte: not always UTF-8.
///
/// @param[in] response may be NULL.
/// @param[in] name compared without case; NULL finds nothing.
/// @return valid until the owner of the response is freed; NULL when there is none.
/// @since 0.1
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
/// @param[out] length its length in bytes; NULL: not wanted.
/// @return valid until the owner of the response is freed; not NUL-terminated; NULL only for a NULL response.
/// @since 0.1
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
