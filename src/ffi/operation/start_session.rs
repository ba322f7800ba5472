//! Starting the calls of a session.

use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::session::oauth_session;
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
