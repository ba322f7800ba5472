//! Starting the calls of a session
//!
//! What a session takes and forgets, it does on a short-lived thread: a store may block.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::session::oauth_session;
use crate::ffi::token::oauth_token;
use crate::operations::Operation;

/// Starts oauth_session_token. oauth_session_peek first asks for a token that needs no operation.
///
/// @code
/// oauth_operation *operation = NULL;
/// oauth_token *fresh = NULL;
/// if (oauth_session_token_start(session, NULL, &operation, &error) == OAUTH_OK) {
///     struct pollfd waiting = {(int)oauth_operation_descriptor(operation), POLLIN, 0};
///     while (!oauth_operation_done(operation))
///         poll(&waiting, 1, -1); // the loop of the program, beside all else that it waits for
///     if (oauth_operation_token(operation, &fresh, &error) == OAUTH_OK)
///         use(oauth_token_authorization(fresh));
/// }
/// oauth_token_free(fresh);
/// oauth_operation_free(operation);
/// @endcode
///
/// @param[in]  session   not NULL; many threads may call at once.
/// @param[in]  options   as for oauth_session_token; NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_token; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK: it was started; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_BUSY: called from a
///         callback of this session; OAUTH_ERROR_CONNECT or OAUTH_ERROR_SYSTEM: there are no
///         resources for a thread; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_token_start(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        operation::fill(out, Operation::session_token(session, options::of(options)))
    })
}

/// Starts oauth_session_adopt.
///
/// @param[in]  session   not NULL; many threads may call at once.
/// @param[in]  token     not NULL.
/// @param[in]  options   as for oauth_session_adopt; NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_result; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_adopt_start(
    session: Option<&oauth_session>,
    token: Option<&oauth_token>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        let token = &pointer::handle(token, "token")?.0;
        operation::fill(out, Operation::adopt(session, token, options::of(options)))
    })
}

/// Starts oauth_session_invalidate, which may wait for the store. Once it is done,
/// oauth_session_token_start gets the next token.
///
/// @param[in]  session   not NULL; many threads may call at once.
/// @param[in]  token     the refused token; not NULL.
/// @param[in]  options   NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_result; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_invalidate_start(
    session: Option<&oauth_session>,
    token: Option<&oauth_token>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        let token = &pointer::handle(token, "token")?.0;
        operation::fill(out, Operation::invalidate(session, token, options::of(options)))
    })
}

/// Starts oauth_session_adopt_refresh_token.
///
/// @param[in]  session       not NULL; many threads may call at once.
/// @param[in]  refresh_token not NULL.
/// @param[in]  options       as for oauth_session_adopt; NULL: the settings of the client.
/// @param[out] operation     its result: oauth_operation_result; free it with oauth_operation_free.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_session_adopt_refresh_token_start(
    session: Option<&oauth_session>,
    refresh_token: *const c_char,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let refresh_token = unsafe { pointer::text(refresh_token, "refresh_token") }?;
        operation::fill(out, Operation::adopt_refresh_token(session, refresh_token, options::of(options)))
    })
}

/// Starts oauth_session_finish.
///
/// @param[in]  session   not NULL; many threads may call at once.
/// @param[in]  options   as for oauth_session_finish; NULL: waits for at most the timeout of the
///                       client.
/// @param[out] operation its result: oauth_operation_result; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_finish_start(
    session: Option<&oauth_session>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        operation::fill(out, Operation::session_finish(session, options::of(options)))
    })
}

/// Starts oauth_session_forget.
///
/// @param[in]  session   not NULL; many threads may call at once.
/// @param[in]  revoke    true: revoke the login; needs a revocation_endpoint.
/// @param[in]  options   NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_result; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_session_forget_start(
    session: Option<&oauth_session>,
    revoke: bool,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let session = &pointer::handle(session, "session")?.0;
        operation::fill(out, Operation::forget(session, revoke, options::of(options)))
    })
}
