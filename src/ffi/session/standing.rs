//! How a session stands, as far as is known without a request.

use std::ffi::c_char;

use crate::ffi::boundary::guard;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::session::oauth_session;
use crate::ffi::token::oauth_token;
use crate::secret::Secret;

/// Gets the token that is good now: for a minute, or for a tenth of its lifetime. Never waits, reads
/// no store and sends nothing.
///
/// @param[in] session NULL: there is none; many threads may call at once.
/// @return free it with oauth_token_free; NULL: none is held, or it has to be renewed first
///         (oauth_session_token, oauth_session_token_start).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_peek(session: Option<&oauth_session>) -> Option<Box<oauth_token>> {
    guard::value(None, || session?.0.peek().map(|token| Box::new(oauth_token(token))))
}

/// The issuer of the session's client: whom its tokens come from. A plug-in that is told by its
/// program which issuer it expects compares the two before it gives a token.
///
/// @param[in] session may be NULL.
/// @return valid until the session is freed; NULL if the client has no issuer, or session is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_issuer(session: Option<&oauth_session>) -> *const c_char {
    guard::text(|| session?.0.issuer().map(Secret::as_ptr))
}

/// When the token that this session holds expires.
///
/// A session holds none before the first call that needs a token.
///
/// @param[in] session may be NULL.
/// @return -1 if it holds none, the server gave no expiry, or session is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_expires_at_s(session: Option<&oauth_session>) -> i64 {
    guard::value(-1, || session.and_then(|session| session.0.login().expires_at_s()).unwrap_or(-1))
}

/// When the login expires: then a renewal needs the user again.
///
/// It is the expiry of the refresh token. Some servers prolong it with each renewal. Without a
/// refresh token, it is the expiry of the token.
///
/// @param[in] session may be NULL.
/// @return -1 if it holds no token, the server gave no expiry, or session is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_login_expires_at_s(session: Option<&oauth_session>) -> i64 {
    guard::value(-1, || session.and_then(|session| session.0.login().login_expires_at_s()).unwrap_or(-1))
}

/// When the renewal of the token that this session holds may begin.
///
/// The first call after that moment begins it. Without a call, nothing happens. A token without a
/// refresh token has such a moment too.
///
/// @param[in] session may be NULL.
/// @return -1 if it holds none, the token does not expire, or session is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_next_renewal_at_s(session: Option<&oauth_session>) -> i64 {
    guard::value(-1, || session.and_then(|session| session.0.login().next_renewal_at_s()).unwrap_or(-1))
}

/// Whether the store had the token that this session holds when it was last read or written.
///
/// If saving it has failed, as with a full disk, only this process has the token. It is used and
/// renewed as usual, and each call tries to save it.
///
/// @param[in] session may be NULL.
/// @return true also if it holds none; false if session is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_saved(session: Option<&oauth_session>) -> bool {
    guard::value(false, || session.is_some_and(|session| session.0.login().is_saved()))
}

/// Why the last renewal failed, or, if it succeeded, why its token could not be saved.
///
/// For a status page: each call returns its own error. A session that has not read its login yet
/// reads the store: where the login is over, the server's words are there.
///
/// @param[in] session may be NULL.
/// @return free it with oauth_error_free; NULL if both succeeded, or session is NULL. It does not
///         hold the HTTP response.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_last_error(session: Option<&oauth_session>) -> Option<Box<oauth_error>> {
    guard::value(None, || session?.0.last_error().map(|error| Box::new(oauth_error::new(error))))
}
