//! What happens to the login of a session: adopted, refused by an API, finished, forgotten.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Error;
use crate::ffi::boundary::pointer;
use crate::ffi::call::options::{self as call_options, oauth_request_options};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};
use crate::ffi::session::oauth_session;
use crate::ffi::token::oauth_token;
use crate::secret::Secret;

/// Puts a token that was obtained elsewhere, usually by a log-in, into the session and its store.
///
/// It replaces the login that was kept, and the change function is called. A token without a
/// refresh token is kept too: when it has expired, the session needs a new log-in or its acquire
/// function. Waits while a renewal holds the lock of the login.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  token   not NULL; kept without its HTTP response. A token of another issuer than
///                     that of the client is refused, and a refresh token of another client_id.
/// @param[in]  options NULL: the settings of the client. Timeout, deadline and cancel bound the
///                     wait.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK: the store has the token; OAUTH_ERROR_STORE: nothing has changed;
///         OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_BUSY: called from a callback of this session;
///         OAUTH_ERROR_TIMEOUT, _CANCELLED: nothing has changed; OAUTH_ERROR_INTERNAL.
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

/// Puts a refresh token into the session and its store that was obtained elsewhere, by another
/// program or another library: the next call that needs a token renews with it.
///
/// It replaces the login that was kept. Sends nothing: whether the server accepts it shows when it
/// is used. From then on the session has it, and no other program may use it. Waits while a renewal
/// holds the lock of the login.
///
/// @param[in]  session       not NULL; many threads may call at once.
/// @param[in]  refresh_token not NULL; copied.
/// @param[in]  options       as for oauth_session_adopt.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_session_adopt.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_adopt_refresh_token(
    session: Option<&oauth_session>,
    refresh_token: *const c_char,
    options: Option<&oauth_request_options>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || {
        let session = &pointer::handle(session, "session")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let refresh_token = unsafe { pointer::text(refresh_token, "refresh_token") }?;
        session.adopt_refresh_token(refresh_token, call_options::of(options))
    })
}

/// Reports that an API refused this token (HTTP 401, RFC 6750 section 3.1): the next call renews
/// it.
///
/// Does nothing if the session already has a newer token, so many threads may report the same one.
/// Sends nothing to the authorization server. A session that holds no token yet reads the store. If
/// the token can be renewed, the refusal is written into the store, which may take 3 s, unless
/// another holder has the lock: sessions of other processes that read the login from then on renew
/// it before they give a token. To call the API once more, oauth_session_replace does all of it.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  token   the refused token; not NULL.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_BUSY: called from a callback of this
///         session; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_invalidate(
    session: Option<&oauth_session>,
    token: Option<&oauth_token>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || {
        let session = &pointer::handle(session, "session")?.0;
        let token = &pointer::handle(token, "token")?.0;
        session.invalidate(token.access_token.as_ref().map_or("", Secret::as_str)).map(drop)
    })
}

/// The same as oauth_session_invalidate, for a program that has only what it sent.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  access_token_or_authorization the refused access token, or the whole value of the
///                     Authorization header ("Bearer ..."); not NULL, not empty.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_session_invalidate; OAUTH_OK also if the text is not that of
///         the token that the session holds: nothing is done.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_invalidate_text(
    session: Option<&oauth_session>,
    access_token_or_authorization: *const c_char,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    const NAME: &str = "access_token_or_authorization";
    report::status(error, || {
        let session = &pointer::handle(session, "session")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let text = unsafe { pointer::text(access_token_or_authorization, NAME) }?.trim();
        match text.split_once(' ').map_or(text, |(_, access_token)| access_token.trim_start()) {
            "" => Err(Error::argument(NAME, "is empty")),
            access_token => session.invalidate(access_token).map(drop),
        }
    })
}

/// After a resource's answer: gets another token, if this one was the reason why the resource
/// refused. A request to an API, with what it needs to survive a revoked token:
///
/// @code
/// oauth_token *token = NULL;
/// const char *www_authenticate = NULL;
/// int32_t http_status;
///
/// if (oauth_session_token(session, NULL, &token, &error) == OAUTH_OK) {
///     do http_status = call_api(oauth_token_authorization(token), &www_authenticate);
///     while (oauth_session_replace(session, &token, http_status, www_authenticate, NULL, &error));
///     oauth_token_free(token);
/// }
/// @endcode
///
/// The token was the reason if the status is 401, unless WWW-Authenticate names another error than
/// invalid_token, such as insufficient_scope (RFC 6750 section 3.1); or if it names invalid_token.
/// It is invalidated as by oauth_session_invalidate, and the next one is renewed, or is another one
/// that the session, or its store, has by now. A token that was renewed so is not renewed again for
/// a minute, unless its renewal is due: the loop above ends where the resource refuses that, too,
/// and one that refuses everything does not cost a renewal for each request.
///
/// A program that does not block uses oauth_session_invalidate_start, and then
/// oauth_session_token_start.
///
/// @param[in]     session          not NULL; many threads may call at once.
/// @param[in,out] token            not NULL, nor what it points to. If the result is true, that is
///                                 freed, and another token is in its place, to be freed with
///                                 oauth_token_free; else it stays.
/// @param[in]     http_status      of the resource's answer.
/// @param[in]     www_authenticate the header of that name, or NULL; need not be UTF-8.
/// @param[in]     options          as for oauth_session_token.
/// @param[out]    error            NULL: not wanted. If there is no other token: why, as
///                                 oauth_session_token says it, or OAUTH_ERROR_INVALID_ARGUMENT;
///                                 free it with oauth_error_free. NULL if the result is true, if
///                                 the token was not the reason, or has been renewed just now.
/// @return true: send the request once more, with the new token. false: the answer is final.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_replace(
    session: Option<&oauth_session>,
    token: Option<&mut Option<Box<oauth_token>>>,
    http_status: i32,
    www_authenticate: *const c_char,
    options: Option<&oauth_request_options>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> bool {
    let mut is_replaced = false;
    let status = report::status(error, || {
        let session = &pointer::handle(session, "session")?.0;
        let slot = pointer::handle_mut(token, "token")?;
        let refused = pointer::handle(slot.as_deref(), "*token")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let challenges = unsafe { pointer::optional_bytes(www_authenticate) };
        let other = session.replace(&refused.0, http_status, challenges, call_options::of(options))?;
        is_replaced = other.is_some();
        if let Some(other) = other {
            *slot = Some(Box::new(oauth_token(other)));
        }
        Ok(())
    });
    status == OAUTH_OK && is_replaced
}

/// Waits until no renewal of this session is under way in this process. A program that exits calls
/// it, so that a renewal that was begun is not lost half-way.
///
/// Begins nothing, and does not stop other threads from beginning a renewal. How the renewal ended
/// is said by oauth_session_last_error.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  options NULL: waits for at most the timeout of the client. Timeout, deadline and
///                     cancel bound the wait.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK: nothing is under way; OAUTH_ERROR_TIMEOUT, _CANCELLED: the renewal goes on;
///         OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_BUSY: called from a callback of this session;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_finish(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || pointer::handle(session, "session")?.0.finish(call_options::of(options)))
}

/// Ends the login: deletes it from the store, calls the change function and, if wanted, revokes it.
///
/// Revokes the refresh token, or the access token if there is no other (RFC 7009). With revoke, a
/// login that cannot be read is not deleted, because it could not be revoked; without, it is,
/// whatever it is. Waits while a renewal
/// holds the lock of the login. The session may adopt another login afterwards.
///
/// @param[in]  session not NULL; many threads may call at once.
/// @param[in]  revoke  true: revoke the login; needs a revocation_endpoint.
/// @param[in]  options NULL: the settings of the client.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK, also if there was no login; OAUTH_ERROR_NOT_REVOKED: the login is deleted, and
///         its token was not revoked: the error says why, and its request_sent whether it may have
///         been; another call cannot make up for it. With any other status all is as it was:
///         OAUTH_ERROR_STORE, _BUSY (called from a callback of this session), _INVALID_CONFIG (the
///         server names no revocation_endpoint), _TIMEOUT, _CANCELLED, and the statuses of
///         oauth_request_metadata.
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
