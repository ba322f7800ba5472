//! Sessions
//!
//! A session keeps one login valid: its token is in a store, and is renewed before it expires (RFC
//! 6749 section 6). The program asks the session for the token before each request to an API. After
//! a log-in, it passes the token to oauth_session_adopt once (a refresh token from elsewhere:
//! oauth_session_adopt_refresh_token). At its next start it only opens the session again: to adopt
//! a token that the program had saved would put an old refresh token in the place of a newer one.
//! There is no need to ask whether a login is kept: without one, the first call returns
//! OAUTH_ERROR_LOGIN_REQUIRED. Sessions with the same key in the same store share one login, in all
//! threads and processes and on all machines: one of them renews for all.
//!
//! Whose login. A login is that of a key, an issuer (of a client without one: its token endpoint)
//! and a client id. Without a user (see Session options) it is also that of the way to its tokens,
//! of the sources (all functions of the program count as one), and of scope, resources and
//! audiences, because another scope is then another token. Where one of these differs, it is
//! another login, also under the same key: nothing that one server issued is sent to another. An
//! endpoint that is set by hand counts as the issuer's.
//!
//! A session goes on with the token that it holds until that is due, although another session of
//! the same login has adopted or forgotten one meanwhile.
//!
//! A session needs a refresh token to go on when the access token expires. Many servers give one
//! only on request: with the scope offline_access (OpenID Connect Core 11), or a parameter of their
//! own.
//!
//! Waiting. While the token is good, no call waits, and the copying calls allocate no memory. Five
//! to ten minutes before it expires (one to two tenths of its lifetime, if that is less), one call
//! renews it and waits for at most 3 s; the other calls return the token, which is still valid. The
//! moment differs between tokens, but not between processes. Without a valid token, one call renews
//! and the others wait, each until its deadline, else for its timeout, else for the timeout of the
//! client.
//!
//! Leaving. A call that times out or is cancelled does not stop a renewal that has begun, so that
//! no refresh token is lost, and a short deadline starves nobody: a waiting call, or a short-lived
//! thread of the library, finishes it. A renewal uses the timeouts, headers and retries of the
//! client, not those of a call. The new token is saved in the store before a caller gets it (unless
//! saving fails: oauth_session_saved). A program that exits calls oauth_session_finish first.
//!
//! Failures. After a failure the session may pause before the next renewal: about 1 s, then twice
//! as long each time, up to 60 s, each by up to a half shorter or longer; longer if the server's
//! Retry-After says so. During a pause, a call without a valid token gets the last error at once,
//! unless the store, which is read once a second, has a new token. oauth_error_retry_after_s is then
//! the rest of this pause, not a time from the server. No call waits for the end of an outage.
//!
//! The end of a login. Where the server clearly refuses the refresh token (invalid_grant and the
//! like), calls return OAUTH_ERROR_LOGIN_REQUIRED. Some servers have other words: after another
//! HTTP status 4xx that is not about the client or the load, that call returns the server's error,
//! and a later call tries once more. If that is refused too, it returns OAUTH_ERROR_LOGIN_REQUIRED;
//! the refresh token is kept, and tried again every 15 minutes. The server's words are kept for all
//! sessions until there is a new login, without the secrets of the login. A program that knows its
//! server better sets oauth_session_options_set_refusal.
//!
//! After fork, a renewal that the parent had begun stays with the parent.

mod login;
pub mod options;
mod profile;
mod proof;
mod source;
mod standing;
mod unattended;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

use crate::blocking::session::Session;
use crate::error::{Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, IS_NULL, Out};
use crate::ffi::call::options::{self as call_options, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::store::oauth_store;
use crate::ffi::token::{self, oauth_token};
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::store::Store;
use crate::store::memory::Memory;

use options::oauth_session_options;

/// A login that stays valid: a token in a store, renewed before it expires. Many threads may use it
/// at once; free it with oauth_session_free.
pub struct oauth_session(pub(crate) Session);

/// Opens a session. Nothing is read or sent until the first call that needs a token.
///
/// @code
/// oauth_session *session = NULL;
/// if (oauth_session_open(client, store, "alice", NULL, &session, &error) == OAUTH_OK
///     && oauth_session_adopt(session, token, NULL, &error) == OAUTH_OK) // once, after a log-in
///     printf("The login is saved and stays valid.\n");
/// oauth_session_free(session);
/// @endcode
///
/// @param[in]  client  not NULL.
/// @param[in]  store   NULL: the login is kept in memory, for this session alone.
/// @param[in]  key     names the login in the store, such as a user or a purpose; not NULL; 1 to
///                     512 bytes without control characters.
/// @param[in]  options how the session renews; NULL: with its refresh token. May be changed or
///                     freed after the call.
/// @param[out] session free it with oauth_session_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for a bad value in options;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_open(
    client: Option<&oauth_client>,
    store: Option<&oauth_store>,
    key: *const c_char,
    options: Option<&oauth_session_options>,
    session: Option<&mut MaybeUninit<*mut oauth_session>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(session, "session");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        let store = store.map_or_else(|| Arc::new(Memory::default()) as Arc<dyn Store>, |store| store.0.clone());
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let key = unsafe { pointer::text(key, "key") }?;
        let options = options::of(options, client);
        out.fill(Box::into_raw(Box::new(oauth_session(Session::open(client.clone(), store, key, options)?))));
        Ok(())
    })
}

/// Makes another handle to the same session.
///
/// @param[in] session may be NULL.
/// @return free it with oauth_session_free; NULL if session is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_ref(session: Option<&oauth_session>) -> Option<Box<oauth_session>> {
    guard::value(None, || session.map(|session| Box::new(oauth_session(session.0.clone()))))
}

/// Frees a session handle, without waiting.
///
/// A renewal that is being finished is still saved in the store. A token that could not be saved
/// (oauth_session_saved) is lost with the last handle.
///
/// @param[in] session may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_free(session: Option<Box<oauth_session>>) {
    guard::value((), || drop(session));
}

/// Gets a valid token: at once, or after a renewal.
///
/// The token remains valid for the time of oauth_request_options_set_min_validity_s, or for a tenth
/// of its lifetime if that is less. The beginning of this section says how long a call waits.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  options NULL: the settings of the client. Headers and retry policy have no effect.
/// @param[out] token   free it with oauth_token_free. It does not hold the HTTP response.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_refresh_token; also
///         OAUTH_ERROR_LOGIN_REQUIRED: there is no login, it cannot be renewed, or the server
///         refused the refresh token permanently (the server's error is then in the error): log in
///         again, then call oauth_session_adopt; OAUTH_ERROR_STORE: the store could not be read or
///         locked, and nothing was sent; OAUTH_ERROR_BUSY: called from a callback of this session;
///         OAUTH_ERROR_TIMEOUT, _CANCELLED: of this call; OAUTH_ERROR_CALLBACK.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_token(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        token::fill_shared(out, session.with_token(call_options::of(options), Clone::clone))
    })
}

/// Copies the access token into a buffer of the program; else the same as oauth_session_token.
///
/// The program should wipe the buffer after use.
///
/// @param[in]  session  not NULL; many threads may call at once.
/// @param[in]  options  as for oauth_session_token.
/// @param[out] buffer   the access token and a NUL; an empty string if the call fails. NULL only if
///                      capacity is 0.
/// @param[in]  capacity size of the buffer in bytes; 0: only asks for the size needed, with
///                      OAUTH_ERROR_BUFFER_TOO_SMALL.
/// @param[out] length   length of the access token in bytes, without the NUL; with
///                      OAUTH_ERROR_BUFFER_TOO_SMALL the size needed, with the NUL; else 0. NULL:
///                      not wanted.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_session_token; also OAUTH_ERROR_BUFFER_TOO_SMALL: call again
///         with a larger buffer, perhaps more than once, because the next token may be longer.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_copy_access_token(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    buffer: *mut c_char,
    capacity: usize,
    length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    // SAFETY: NULL, or a place for `capacity` bytes (documented above).
    let place = unsafe { Place::new(buffer, capacity, length) };
    report::status(error, || {
        copy(session, options, place, |token| {
            token.access_token.as_ref().ok_or_else(|| Error::new(Status::Internal, "a token had no access token"))
        })
    })
}

/// Copies the value of an Authorization header into a buffer of the program.
///
/// The value is "Bearer ..." (RFC 6750 section 2.1). A token of type DPoP has none that would do for
/// more than one request: see oauth_session_proof. Else the same as oauth_session_copy_access_token.
///
/// @code
/// char value[4096];
/// size_t size = sizeof value;
/// oauth_status status = oauth_session_copy_authorization(session, NULL, value, size, NULL, &error);
/// if (status == OAUTH_ERROR_LOGIN_REQUIRED) { // at the first start, and when the login has ended
///     oauth_token *fresh = NULL;
///     oauth_error_free(error);
///     status = oauth_log_in(client, "openid offline_access", NULL, NULL, NULL, &fresh, &error);
///     if (status == OAUTH_OK)
///         status = oauth_session_adopt(session, fresh, NULL, &error);
///     if (status == OAUTH_OK)
///         status = oauth_session_copy_authorization(session, NULL, value, size, NULL, &error);
///     oauth_token_free(fresh);
/// }
/// if (status == OAUTH_OK)
///     use(value); // the Authorization header of one request to the API
/// @endcode
///
/// @param[in]  session  not NULL; many threads may call at once.
/// @param[in]  options  as for oauth_session_token.
/// @param[out] buffer   the value and a NUL; an empty string if the call fails. NULL only if
///                      capacity is 0.
/// @param[in]  capacity size of the buffer in bytes; 0: only asks for the size needed, with
///                      OAUTH_ERROR_BUFFER_TOO_SMALL.
/// @param[out] length   length of the value in bytes, as for oauth_session_copy_access_token. NULL:
///                      not wanted.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_session_copy_access_token; also OAUTH_ERROR_INVALID_ARGUMENT:
///         the token has a type that needs more than a header value ("DPoP", "mac",
///         "N_A").
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_copy_authorization(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    buffer: *mut c_char,
    capacity: usize,
    length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    // SAFETY: NULL, or a place for `capacity` bytes (documented above).
    let place = unsafe { Place::new(buffer, capacity, length) };
    report::status(error, || {
        copy(session, options, place, |token| {
            token.authorization().ok_or_else(|| {
                Error::argument(
                    "session",
                    "has a token of a type that needs more than a header value: see oauth_session_proof",
                )
            })
        })
    })
}

fn copy(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    place: Place<'_>,
    text: impl FnOnce(&Token) -> Result<&Secret>,
) -> Result<()> {
    let session = &pointer::handle(session, "session")?.0;
    if place.buffer.is_null() && place.capacity > 0 {
        return Err(Error::argument("buffer", IS_NULL));
    }
    session.with_token(call_options::of(options), |token| place.fill(text(token)?))?
}

/// The buffer of the program: emptied at once, filled on success.
struct Place<'a> {
    buffer: *mut c_char,
    capacity: usize,
    length: Option<&'a mut usize>,
}

impl<'a> Place<'a> {
    /// # Safety
    /// The buffer is NULL, or has room for `capacity` bytes that nothing else uses for `'a`.
    unsafe fn new(buffer: *mut c_char, capacity: usize, length: Option<&'a mut MaybeUninit<usize>>) -> Self {
        if !buffer.is_null() && capacity > 0 {
            // SAFETY: there is room for one byte.
            unsafe { buffer.write(0) };
        }
        Self { buffer, capacity, length: length.map(|length| length.write(0)) }
    }

    fn fill(self, text: &Secret) -> Result<()> {
        let length = text.as_str().len();
        let fits = length < self.capacity;
        if let Some(place) = self.length {
            *place = if fits { length } else { length + 1 };
        }
        if !fits {
            let why = format!("was too small: it has {} bytes, and {} are needed", self.capacity, length + 1);
            return Err(Error::new(Status::BufferTooSmall, &format!("buffer {why}")));
        }
        // SAFETY: a secret ends in a NUL, for which the buffer has room too, by the promise of `new`; `copy` has checked
        // that it is not NULL.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), self.buffer, length + 1) };
        Ok(())
    }
}
