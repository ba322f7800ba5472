//! Extra parameters of a request.

use std::ffi::c_char;

use crate::ffi::boundary::{guard, pointer};
use crate::protocol::parameters::Parameters;
use crate::secret::Secret;

/// Extra parameters of a request, in order (RFC 6749 section 8.2). A builder; free it with oauth_params_free.
///
/// What carries the protocol's safety is refused by the call that uses them: grant_type, response_type, state, nonce,
/// code_challenge..., and the call's own code or refresh_token. code_verifier is refused wherever the library makes one;
/// oauth_request_token, which exchanges a code that the program obtained, takes it here once.
pub struct oauth_params(pub(crate) Parameters);

/// An empty list.
///
/// @return free it with oauth_params_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_params_new() -> Box<oauth_params> {
    Box::new(oauth_params(Parameters::default()))
}

/// Frees the list; values are wiped.
///
/// @param[in] params may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_params_free(params: Option<Box<oauth_params>>) {
    guard::value((), || drop(params));
}

/// Sends this value in place of what the request would send under that name.
///
/// @param[in] params NULL: nothing is done.
/// @param[in] name   not NULL, not empty; copied.
/// @param[in] value  not NULL; copied. Wrong values are reported by the call that uses the list.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_params_set(
    params: Option<&mut oauth_params>,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    guard::value((), || unsafe { put(params, name, value, Parameters::set) });
}

/// Sends this value too: for parameters that may be repeated, such as resource (RFC 8707) and audience (RFC 8693).
///
/// @param[in] params NULL: nothing is done.
/// @param[in] name   not NULL, not empty; copied.
/// @param[in] value  not NULL; copied. Wrong values are reported by the call that uses the list.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_params_add(
    params: Option<&mut oauth_params>,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    guard::value((), || unsafe { put(params, name, value, Parameters::add) });
}

/// What a call was given.
pub(crate) fn of(params: Option<&oauth_params>) -> Option<&Parameters> {
    params.map(|params| &params.0)
}

/// # Safety
/// `name` and `value` are NULL or NUL-terminated strings.
unsafe fn put(
    params: Option<&mut oauth_params>,
    name: *const c_char,
    value: *const c_char,
    put: fn(&mut Parameters, Secret, Secret),
) {
    let Some(oauth_params(list)) = params else { return };
    // SAFETY: the same promise.
    let (name, value) = unsafe { (pointer::copied(name), pointer::copied(value)) };
    match (name, value) {
        (Ok(Some(name)), Ok(Some(value))) => put(list, name, value),
        (Ok(Some(name)), Ok(None)) => list.reject(name.as_str(), "have a NULL value for"),
        (Ok(Some(name)), Err(_)) => list.reject(name.as_str(), "are not valid UTF-8 in the value of"),
        (Ok(None), _) => list.reject("", "have a NULL name"),
        (Err(_), _) => list.reject("", "have a name that is not valid UTF-8"),
    }
}
