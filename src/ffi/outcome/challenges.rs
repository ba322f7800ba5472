//! WWW-Authenticate
//!
//! A resource that refuses an access token says why in its WWW-Authenticate header. The header
//! holds challenges: ways to authenticate, each with a scheme and parameters (RFC 9110 section
//! 11.6.1). For access tokens the scheme is Bearer (RFC 6750 section 3) or DPoP (RFC 9449 section
//! 7.1), and these parameters matter:
//!
//! | parameter           |                                                                        |
//! |---------------------|------------------------------------------------------------------------|
//! | `error`             | invalid_token: get a new token; a session does it with                 |
//! |                     | oauth_session_replace. insufficient_scope: the user must grant more    |
//! | `scope`             | the scope that the request needs                                       |
//! | `resource_metadata` | the URL of the resource's own metadata (RFC 9728 section 5.1)          |
//!
//! oauth_challenges_parse reads a header that the program received; oauth_challenges_from_response
//! reads those of a response of this library.

use std::ffi::c_char;
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

/// The challenges of a response, in order. Immutable; free it with oauth_challenges_free.
pub struct oauth_challenges(Vec<Challenge>);

/// Reads the value of a WWW-Authenticate header. A malformed value is read as far as it can be
/// understood.
///
/// @code
/// const char *header = "Bearer error=\"insufficient_scope\", scope=\"mail.send\"";
/// oauth_challenges *challenges = NULL;
///
/// if (oauth_challenges_parse(header, &challenges, &error) == OAUTH_OK) {
///     for (size_t i = 0; i < oauth_challenges_count(challenges); i++) {
///         use(oauth_challenges_scheme_at(challenges, i));
///         use(oauth_challenges_parameter(challenges, i, "error"));
///         use(oauth_challenges_parameter(challenges, i, "scope"));
///     }
///     oauth_challenges_free(challenges);
/// }
/// @endcode
///
/// @param[in]  www_authenticate not NULL; need not be UTF-8: invalid bytes are replaced by U+FFFD.
/// @param[out] challenges       may be empty; free it with oauth_challenges_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK for every value; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let value = unsafe { pointer::optional_bytes(www_authenticate) };
        fill(out, challenge::parse(value.ok_or_else(|| Error::argument("www_authenticate", IS_NULL))?));
        Ok(())
    })
}

/// Reads all WWW-Authenticate headers of a response, in order.
///
/// @param[in]  response   not NULL; may be freed before the challenges, with its token or error.
/// @param[out] challenges empty if there is no such header; free it with oauth_challenges_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK for every response; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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

/// Wipes and frees the challenges, and with them all strings borrowed from them.
///
/// @param[in] challenges may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_free(challenges: Option<Box<oauth_challenges>>) {
    guard::value((), || drop(challenges));
}

/// The number of challenges.
///
/// @param[in] challenges may be NULL.
/// @return 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_count(challenges: Option<&oauth_challenges>) -> usize {
    guard::value(0, || challenges.map_or(0, |challenges| challenges.0.len()))
}

/// The scheme of a challenge as the server sent it, such as "Bearer"; compare it without case.
///
/// @param[in] challenges may be NULL.
/// @param[in] index      of the challenge, from 0.
/// @return empty for parameters that came before any scheme; valid until the challenges are freed;
///         NULL if index is too large.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_scheme_at(challenges: Option<&oauth_challenges>, index: usize) -> *const c_char {
    guard::text(|| Some(at(challenges, index)?.scheme.as_ptr()))
}

/// The token68 of a challenge: a value in place of parameters, as in Negotiate (RFC 9110 section
/// 11.2).
///
/// @param[in] challenges may be NULL.
/// @param[in] index      of the challenge, from 0.
/// @return valid until the challenges are freed; NULL if there is none, or index is too large.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_token68_at(challenges: Option<&oauth_challenges>, index: usize) -> *const c_char {
    guard::text(|| at(challenges, index)?.token68.as_ref().map(Secret::as_ptr))
}

/// The value of a parameter, without its quotes.
///
/// @param[in] challenges may be NULL.
/// @param[in] index      of the challenge, from 0.
/// @param[in] name       compared without case; NULL: the result is NULL. If a name occurs twice,
///                       the first parameter is found.
/// @return empty for a name without a value; valid until the challenges are freed; NULL if there is
///         no such parameter, or index is too large.
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

/// The number of parameters of a challenge; a name that occurs twice counts twice.
///
/// @param[in] challenges may be NULL.
/// @param[in] index      of the challenge, from 0.
/// @return 0 for NULL, and if index is too large.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_challenges_parameter_count(challenges: Option<&oauth_challenges>, index: usize) -> usize {
    guard::value(0, || at(challenges, index).map_or(0, |challenge| challenge.parameters.len()))
}

/// The name of a parameter as the server sent it; compare it without case.
///
/// @param[in] challenges      may be NULL.
/// @param[in] index           of the challenge, from 0.
/// @param[in] parameter_index from 0.
/// @return valid until the challenges are freed; NULL if an index is too large.
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
/// @return valid until the challenges are freed; NULL if an index is too large.
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
