//! Sessions: a token that stays valid (RFC 6749 section 6).

pub mod options;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

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

use options::oauth_session_options;

/// One login, or one purpose of a program: its token, kept in a store, and renewed before it expires. For all threads at
/// once. Sessions of one key in one store, in whatever process, share one login. Free it with oauth_session_free.
///
/// While the token is good no call waits, and none that copies it out allocates memory. When it is time for the next one,
/// one caller renews, and the others have the token that is still valid, or wait. A call waits for its deadline, else its
/// timeout, else that of the client. A renewal that may have reached the server is finished, whoever leaves, by the next who
/// waits or on a short-lived thread, so that no refresh token is lost: it takes the client's timeouts, headers and retries,
/// not those of a call. The store has the new token before any caller does.
///
/// After a renewal that failed, calls that come too soon for another one get the same error at once, unless the store,
/// which is looked at once a second, has something new; oauth_error_retry_after_s says when. Usable after fork in parent
/// and child: what the parent had begun stays the parent's.
pub struct oauth_session(Session);

/// Opens a session. Nothing is read and nothing sent: that is left to the first call that needs a token.
///
/// @param[in]  client  not NULL; kept alive by the session, as is the store.
/// @param[in]  store   not NULL.
/// @param[in]  key     names the login in the store: a user, a purpose; 1 to 512 bytes without control characters, copied.
/// @param[in]  options how it renews; NULL: with its refresh token. They may be changed or freed afterwards.
/// @param[out] session free it with oauth_session_free.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for the options; OAUTH_ERROR_INTERNAL.
/// @since 0.1
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
        let store = &pointer::handle(store, "store")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let key = unsafe { pointer::text(key, "key") }?;
        let options = options::of(options, client);
        out.fill(Box::into_raw(Box::new(oauth_session(Session::open(client.clone(), store.clone(), key, options)?))));
        Ok(())
    })
}

/// Another handle to the same session.
///
/// @param[in] session may be NULL.
/// @return free it with oauth_session_free; NULL for NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_ref(session: Option<&oauth_session>) -> Option<Box<oauth_session>> {
    guard::value(None, || session.map(|session| Box::new(oauth_session(session.0.clone()))))
}

/// Frees the session, without waiting for anything. A renewal that is being finished reaches the store all the same; a token
/// that could not be saved (oauth_session_saved) is lost.
///
/// @param[in] session may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_free(session: Option<Box<oauth_session>>) {
    guard::value((), || drop(session));
}

/// A token that is valid for at least the margin of the options: at once, or after a renewal. See oauth_session for who
/// waits, and how long.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  options NULL: a margin of 60 s, and the client's timeout for the wait; their headers and retry policy are not
///                     used.
/// @param[out] token   free it with oauth_token_free. It does not hold the response that it came with.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_LOGIN_REQUIRED: nothing is kept, or nothing that could be renewed, or the server refused the
///         refresh token for good, whose words are then in the error: oauth_session_adopt a new login;
///         OAUTH_ERROR_STORE: it could not be read or locked; OAUTH_ERROR_BUSY: called from a callback of this session;
///         OAUTH_ERROR_TIMEOUT, _CANCELLED: of this call; OAUTH_ERROR_CALLBACK; else as oauth_refresh_token.
/// @since 0.1
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

/// The same, but copies the access token into a buffer of the program, which wipes it in its own time.
///
/// @param[in]  session  not NULL; many threads may call at once.
/// @param[in]  options  as for oauth_session_token.
/// @param[out] buffer   the access token and a NUL; an empty string if the call fails. NULL only when capacity is 0.
/// @param[in]  capacity of the buffer, in bytes; 0 asks for the size needed.
/// @param[out] length   of the access token, in bytes, without the NUL; with OAUTH_ERROR_BUFFER_TOO_SMALL the size needed,
///                      with the NUL; else 0. NULL: not wanted.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_session_token; OAUTH_ERROR_BUFFER_TOO_SMALL: call again, perhaps more than once, for the next token may be
///         longer still.
/// @since 0.1
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

/// The same for the whole value of an Authorization header: "Bearer ..." (RFC 6750 section 2.1), or "DPoP ..." for such a
/// token.
///
/// @param[in]  session  not NULL; many threads may call at once.
/// @param[in]  options  as for oauth_session_token.
/// @param[out] buffer   the value and a NUL; an empty string if the call fails. NULL only when capacity is 0.
/// @param[in]  capacity of the buffer, in bytes; 0 asks for the size needed.
/// @param[out] length   of the value, in bytes, as for oauth_session_copy_access_token. NULL: not wanted.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_session_copy_access_token; OAUTH_ERROR_INVALID_ARGUMENT also for a token type that needs more than a
///         header value ("mac", "N_A").
/// @since 0.1
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
            token
                .authorization()
                .ok_or_else(|| Error::argument("session", "has a token of a type that needs more than a header value"))
        })
    })
}

/// Puts in a token that was obtained elsewhere: after a log-in. It replaces what was kept, in the store too, and is told to
/// the change function. Waits for a renewal that holds the lock, as long as for a token.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  token   not NULL; copied without its response. One of another issuer than the client's is refused.
/// @param[in]  options NULL: the client's timeout bounds the wait.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK: the store has it; OAUTH_ERROR_STORE: all is as it was; OAUTH_ERROR_INVALID_ARGUMENT;
///         OAUTH_ERROR_BUSY: called from a callback of this session; OAUTH_ERROR_TIMEOUT; OAUTH_ERROR_CANCELLED;
///         OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_adopt(
    session: Option<&oauth_session>,
    token: Option<&oauth_token>,
    options: Option<&oauth_request_options>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || {
        let session = &pointer::handle(session, "session")?.0;
        session.adopt(&pointer::handle(token, "token")?.0, call_options::of(options))
    })
}

/// Says that a resource refused this token (HTTP 401, RFC 6750 section 3.1): the next call renews. If the session has a
/// newer one already, nothing is done, so that many threads may say so at once. No authorization server is asked; a session
/// that holds no token yet looks into the store.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  token   the one that was refused, not NULL; oauth_token_new makes one of an access token.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_BUSY: called from a callback of this session;
///         OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_invalidate(
    session: Option<&oauth_session>,
    token: Option<&oauth_token>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || {
        let session = &pointer::handle(session, "session")?.0;
        session.invalidate(&pointer::handle(token, "token")?.0)
    })
}

/// Ends the login: deletes it from the store, tells the change function, and then, if wanted, revokes it at the server
/// (RFC 7009): the refresh token, else the access token. What cannot be read cannot be revoked: it stays, unless
/// nothing is to be revoked. Waits for a renewal that holds the lock, as long as for a token.
///
/// @param[in]  session not NULL; many threads may call at once. It may adopt another login afterwards.
/// @param[in]  revoke  whether to revoke it, which needs a revocation_endpoint.
/// @param[in]  options NULL: those of the client.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK, also when nothing was kept; all is as it was: OAUTH_ERROR_STORE, OAUTH_ERROR_INVALID_CONFIG (neither
///         revocation_endpoint nor issuer is set), OAUTH_ERROR_BUSY (called from a callback of this session); else as
///         oauth_revoke: the login is deleted here, but perhaps not revoked.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_forget(
    session: Option<&oauth_session>,
    revoke: bool,
    options: Option<&oauth_request_options>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || pointer::handle(session, "session")?.0.forget(revoke, call_options::of(options)))
}

/// When the token that this session holds expires. A session holds none before the first call that needs it.
///
/// @param[in] session may be NULL.
/// @return seconds since the epoch; -1 when it holds none, the server did not say, and for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_expires_at_s(session: Option<&oauth_session>) -> i64 {
    guard::value(-1, || session.and_then(|session| session.0.login().expires_at_s()).unwrap_or(-1))
}

/// When the next renewal of the token that this session holds may begin, if a call comes then: nothing runs by itself.
///
/// @param[in] session may be NULL.
/// @return seconds since the epoch; -1 when it holds none, or it does not expire, and for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_next_renewal_at_s(session: Option<&oauth_session>) -> i64 {
    guard::value(-1, || session.and_then(|session| session.0.login().next_renewal_at_s()).unwrap_or(-1))
}

/// Whether the store has what this session holds. If not, because saving failed, only this process has the token: it is
/// given out as usual, and each call tries to save it.
///
/// @param[in] session may be NULL.
/// @return true also when it holds none; false for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_saved(session: Option<&oauth_session>) -> bool {
    guard::value(false, || session.is_some_and(|session| session.0.login().is_saved()))
}

/// Why the last renewal failed, or, if that went well, why its token could not be saved: for a status page; calls give their
/// own errors.
///
/// @param[in] session may be NULL.
/// @return free it with oauth_error_free; NULL when both went well, and for NULL. It does not hold the response.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_last_error(session: Option<&oauth_session>) -> Option<Box<oauth_error>> {
    guard::value(None, || session?.0.login().last_error().map(|error| Box::new(oauth_error::new(error))))
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

/// The program's place for a text: empty now, filled on success.
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
        // SAFETY: a secret ends in a NUL, which the buffer has room for too, by the promise of `new`; it is not NULL, for
        // `copy` has checked that.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), self.buffer, length + 1) };
        Ok(())
    }
}
