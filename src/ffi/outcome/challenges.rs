//! Challenges: what a server says in `WWW-Authenticate`.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

use crate::error::Error;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, IS_NULL, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::response::{self, oauth_response};
use crate::ffi::outcome::status::oauth_status;
use crate::protocol::challenge::{self, Challenge};
use crate::secret::Secret;

/// The challenges of a WWW-Authenticate header, in order. Immutable; free it with oauth_challenges_free.
pub struct oauth_challenges(Vec<Challenge>);

/// Reads the value of a WWW-Authenticate header (RFC 9110 section 11.6.1, RFC 6750 section 3), such as a resource sends with
/// 401. What is malformed is read as far as it can be understood.
///
/// @param[in]  www_authenticate not NULL; taken byte for byte, it need not be UTF-8: what is not becomes U+FFFD.
/// @param[out] challenges       may be empty; free it with oauth_challenges_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK whatever the server sent; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_challenges_parse(
    www_authenticate: *const c_char,
    challenges: Option<&mut MaybeUninit<*mut oauth_challenges>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(challenges, "challenges");
    report::status(error, || {
        out.check()?;
        if www_authenticate.is_null() {
            return Err(Error::argument("www_authenticate", IS_NULL));
        }
        // SAFETY: not NULL, and a NUL-terminated string (header: Strings).
        let value = unsafe { CStr::from_ptr(www_authenticate) };
        fill(out, challenge::parse(value.to_bytes()));
        Ok(())
    })
}

/// The challenges of all WWW-Authenticate headers of an HTTP answer, in order.
///
/// @param[in]  response   not NULL.
/// @param[out] challenges empty when there is no such header; lives on its own; free it with oauth_challenges_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK whatever the server sent; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_challenges_from_response(
    response: *const oauth_response,
    challenges: Option<&mut MaybeUninit<*mut oauth_challenges>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(challenges, "challenges");
    report::status(error, || {
        out.check()?;
        // SAFETY: a valid handle or NULL (header: Handles).
        let response = pointer::handle(unsafe { response::response(response) }, "response")?;
        fill(out, challenge::of_response(response));
        Ok(())
    })
}

/// Frees the challenges and everything borrowed from them; values are wiped.
///
/// @param[in] challenges may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_free(challenges: Option<Box<oauth_challenges>>) {
    guard::value((), || drop(challenges));
}

/// How many challenges there are.
///
/// @param[in] challenges may be NULL.
/// @return 0 for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_count(challenges: Option<&oauth_challenges>) -> usize {
    guard::value(0, || challenges.map_or(0, |challenges| challenges.0.len()))
}

/// The scheme of a challenge as it was sent: "Bearer"; compare it without case.
///
/// @param[in] challenges may be NULL.
/// @param[in] index      from 0.
/// @return empty for parameters that came before any scheme; valid until the challenges are freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_scheme_at(challenges: Option<&oauth_challenges>, index: usize) -> *const c_char {
    guard::text(|| Some(at(challenges, index)?.scheme.as_ptr()))
}

/// What stands in place of parameters, as Negotiate has it (token68, RFC 9110 section 11.2).
///
/// @param[in] challenges may be NULL.
/// @param[in] index      from 0.
/// @return valid until the challenges are freed; NULL when there is none, and beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_token68_at(challenges: Option<&oauth_challenges>, index: usize) -> *const c_char {
    guard::text(|| at(challenges, index)?.token68.as_ref().map(Secret::as_ptr))
}

/// A parameter of a challenge: realm, error, error_description, scope (RFC 6750 section 3), resource_metadata (RFC 9728
/// section 5.1).
///
/// @param[in] challenges may be NULL.
/// @param[in] index      of the challenge, from 0.
/// @param[in] name       compared without case; NULL finds nothing; of two parameters with one name the first is found.
/// @return without its quotes, empty for a name without a value; valid until the challenges are freed; NULL when there is
///         none, and beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_challenges_parameter(
    challenges: Option<&oauth_challenges>,
    index: usize,
    name: *const c_char,
) -> *const c_char {
    guard::text(|| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let name = unsafe { pointer::text(name, "name") }.ok()?;
        at(challenges, index)?.parameter(name).map(Secret::as_ptr)
    })
}

/// How many parameters a challenge has, those given twice included.
///
/// @param[in] challenges may be NULL.
/// @param[in] index      of the challenge, from 0.
/// @return 0 for NULL, and beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_parameter_count(challenges: Option<&oauth_challenges>, index: usize) -> usize {
    guard::value(0, || at(challenges, index).map_or(0, |challenge| challenge.parameters.len()))
}

/// The name of a parameter as it was sent, in order.
///
/// @param[in] challenges      may be NULL.
/// @param[in] index           of the challenge, from 0.
/// @param[in] parameter_index from 0.
/// @return valid until the challenges are freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_parameter_name_at(
    challenges: Option<&oauth_challenges>,
    index: usize,
    parameter_index: usize,
) -> *const c_char {
    guard::text(|| Some(at(challenges, index)?.parameters.get(parameter_index)?.0.as_ptr()))
}

/// The value of a parameter, without its quotes.
///
/// @param[in] challenges      may be NULL.
/// @param[in] index           of the challenge, from 0.
/// @param[in] parameter_index from 0.
/// @return valid until the challenges are freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_parameter_value_at(
    challenges: Option<&oauth_challenges>,
    index: usize,
    parameter_index: usize,
) -> *const c_char {
    guard::text(|| Some(at(challenges, index)?.parameters.get(parameter_index)?.1.as_ptr()))
}

fn at(challenges: Option<&oauth_challenges>, index: usize) -> Option<&Challenge> {
    challenges?.0.get(index)
}

fn fill(out: Out<'_, oauth_challenges>, challenges: Vec<Challenge>) {
    out.fill(Box::into_raw(Box::new(oauth_challenges(challenges))));
}
