//! Tokens without a user, with what a source gives.

use std::ffi::c_char;

use crate::ffi::boundary::pointer;
use crate::ffi::session::options::{change, oauth_session_options};
use crate::ffi::source::oauth_source;
use crate::session::options::{Options, Typed};

/// Gets every token by an exchange of the token that a source gives (RFC 8693).
///
/// The scope and the field parameters of these options are sent too: audience, resource,
/// requested_token_type.
///
/// @param[in] options            NULL: nothing is done.
/// @param[in] subject_token      read for each exchange; NULL: no exchange.
/// @param[in] subject_token_type "urn:ietf:params:oauth:token-type:jwt" or another URI of RFC 8693
///                               section 3; not NULL unless subject_token is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_options_set_token_exchange(
    options: Option<&mut oauth_session_options>,
    subject_token: Option<&oauth_source>,
    subject_token_type: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let token = unsafe { typed(options, subject_token, subject_token_type, "subject_token_type") };
        options.sources_mut().subject_token = token;
    });
}

/// Sets who acts for the subject of the exchange (RFC 8693 section 2.1).
///
/// @param[in] options          NULL: nothing is done.
/// @param[in] actor_token      read for each exchange; NULL: nobody.
/// @param[in] actor_token_type a URI of RFC 8693 section 3; not NULL unless actor_token is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_options_set_actor_token(
    options: Option<&mut oauth_session_options>,
    actor_token: Option<&oauth_source>,
    actor_token_type: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let token = unsafe { typed(options, actor_token, actor_token_type, "actor_token_type") };
        options.sources_mut().actor_token = token;
    });
}

/// Gets every token with the JWT that a source gives, as an authorization grant (RFC 7523 section
/// 2.1).
///
/// The client may have no client_id then: the assertion says who it is.
///
/// @param[in] options   NULL: nothing is done.
/// @param[in] assertion read for each token; NULL: none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_jwt_bearer(
    options: Option<&mut oauth_session_options>,
    assertion: Option<&oauth_source>,
) {
    change(options, |options| options.sources_mut().assertion = assertion.map(|source| source.0.clone()));
}

/// Takes every token from a source as it is, such as that of a cloud's metadata service. No server
/// is asked.
///
/// The source gives a JSON object as a token endpoint does: access_token, expires_in (a number or a
/// string), token_type; expires_on counts too. Or it gives the token alone, without any JSON. A
/// token that does not say how long it lasts is read again after a minute.
///
/// Issuer and client id of the session's client are the token's: the issuer only says whose token it
/// is, and whose login the session keeps.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] token   read for each token; NULL: none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_options_set_source(
    options: Option<&mut oauth_session_options>,
    token: Option<&oauth_source>,
) {
    change(options, |options| options.sources_mut().token = token.map(|source| source.0.clone()));
}

/// # Safety
/// `kind` is NULL or a NUL-terminated string.
unsafe fn typed(
    options: &mut Options,
    source: Option<&oauth_source>,
    kind: *const c_char,
    name: &str,
) -> Option<Typed> {
    let source = source?;
    // SAFETY: the same promise.
    match unsafe { pointer::required(kind) } {
        Ok(kind) if !kind.as_str().contains(':') => {
            options.reject(&format!("{name} is no URI, such as urn:ietf:params:oauth:token-type:jwt"));
            None
        }
        Ok(kind) => Some(Typed { token: source.0.clone(), kind }),
        Err(why) => {
            options.reject(&format!("{name} {why}"));
            None
        }
    }
}
