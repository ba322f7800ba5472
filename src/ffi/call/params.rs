//! Extra parameters
//!
//! An oauth_params is a list of names and values that a request sends in addition to its own
//! parameters (RFC 6749 section 8.2), in order: as form fields of a request to the server
//! (field_parameters), or in the URL of an authorization request (parameters).
//!
//! Some names are refused, with OAUTH_ERROR_INVALID_ARGUMENT, by the call that uses the list:
//! - those on which security depends: grant_type, response_type, state, nonce, code_challenge...;
//! - arguments of the call, such as code, refresh_token or, in an authorization request, client_id
//!   and redirect_uri;
//! - code_verifier, if the library makes the verifier. oauth_request_token, for a code that the
//!   program obtained, accepts it once.
//!
//! client_assertion and client_assertion_type may be given here: with a client that has no secret,
//! they authenticate it by a JWT that the program signs (RFC 7523 section 2.2).

use std::ffi::c_char;

use crate::ffi::boundary::{guard, pointer};
use crate::protocol::parameters::Parameters;
use crate::secret::Secret;

/// Extra parameters of a request. A builder; free it with oauth_params_free.
pub struct oauth_params(pub(crate) Parameters);

/// Makes an empty list.
///
/// @code
/// oauth_params *params = oauth_params_new();
/// oauth_token *fresh = NULL;
///
/// oauth_params_add(params, "resource", "https://api.example");
/// oauth_params_add(params, "resource", "https://files.example");
/// if (oauth_request_client_credentials(client, NULL, params, NULL, &fresh, &error) == OAUTH_OK)
///     use(oauth_token_access_token(fresh));
/// oauth_token_free(fresh);
/// oauth_params_free(params);
/// @endcode
///
/// @return never NULL; free it with oauth_params_free.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_params_new() -> Box<oauth_params> {
    Box::new(oauth_params(Parameters::default()))
}

/// Wipes and frees the list.
///
/// @param[in] params may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_params_free(params: Option<Box<oauth_params>>) {
    guard::value((), || drop(params));
}

/// Sets a parameter. It replaces what the request, or this list so far, has under that name.
///
/// @param[in] params NULL: nothing is done.
/// @param[in] name   not NULL, not empty.
/// @param[in] value  not NULL; may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_params_set(
    params: Option<&mut oauth_params>,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    guard::value((), || unsafe { put(params, name, value, Parameters::set) });
}

/// Adds a parameter, also if the request or this list has others with that name: for parameters
/// that may be repeated, such as resource (RFC 8707) and audience (RFC 8693).
///
/// The resources of a request stay with its login: the exchange of the code, the polls of a device
/// and each renewal send them too, unless their own field parameters have a resource.
///
/// @param[in] params NULL: nothing is done.
/// @param[in] name   not NULL, not empty.
/// @param[in] value  not NULL; may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_params_add(
    params: Option<&mut oauth_params>,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: NULL or NUL-terminated strings (header: Strings).
    guard::value((), || unsafe { put(params, name, value, Parameters::add) });
}

/// The parameters of a call; `None` for NULL.
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
