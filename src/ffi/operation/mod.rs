//! Operations: calls that do not block
//!
//! Each call that goes out has a twin with _start in its name: it takes the same arguments, starts
//! the call, and gives an oauth_operation at once. One thread of the client drives
//! all its operations; it begins with the first one, receives no signal, and ends when the client is
//! freed and all are done.
//!
//! A program learns of the end in its own loop: oauth_operation_descriptor is readable then, for
//! poll, epoll, GLib, libuv, asyncio and others; or oauth_operation_on_done wakes the loop. Then it
//! gets the result, and frees the operation. It may be freed, or cancelled, at any time.
//!
//! Sessions: an operation takes part in the renewals of blocking calls, and they in its own. A
//! renewal that has begun goes on, whatever becomes of the operation.
//!
//! An authorization, or a device authorization, that an operation uses can be read meanwhile, and
//! freed. Other calls that would use it return OAUTH_ERROR_BUSY until the operation is done; after
//! oauth_operation_free, for some milliseconds more.
//!
//! Arguments are copied: they may be freed after the start. Callbacks of the program (log,
//! transport, the functions of a store, acquire, change) run on the client's thread, and hold up
//! all its operations, and their cancelling, while they run: one that asks the user, or another
//! machine, belongs to a client of its own. A forked child starts anew: operations of its parent
//! are done there, and give OAUTH_ERROR_INVALID_STATE.

pub mod result;
pub mod start_about_token;
pub mod start_device;
pub mod start_grants;
pub mod start_log_in;
pub mod start_session;
pub mod start_token;

use std::ffi::c_void;

use crate::error::Result;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::Out;
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::operations::Operation;

/// A call that was started. One thread may use it at a time, except oauth_operation_cancel and
/// oauth_operation_done; free it with oauth_operation_free.
pub struct oauth_operation(Operation);

/// Called once when an operation is done, on the client's thread, or on another one of the library.
///
/// It must only wake the program's loop: what it waits for, or calls of this library that block,
/// would hold up all operations of the client.
///
/// @param[in] user_data as passed to oauth_operation_on_done.
pub type oauth_done_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// A descriptor that becomes readable when the operation is done, and stays so.
///
/// It is the same for the whole life of the operation, which closes it: do not read from it, and
/// take it out of the loop before the operation is freed. On Windows it is a SOCKET.
///
/// @param[in] operation may be NULL.
/// @return -1 if operation is NULL, in a forked child, and if there are no descriptors left:
///         oauth_operation_on_done and oauth_operation_done still work.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_descriptor(operation: Option<&oauth_operation>) -> isize {
    guard::value(-1, || operation.and_then(|operation| operation.0.descriptor().ok()).unwrap_or(-1))
}

/// Sets the function that is called when the operation is done, in place of any before. If it is
/// done already, the function is called soon, but not inside this call.
///
/// @code
/// static void wake(void *user_data)
/// {
///     if (write(*(int *)user_data, "", 1) != 1) // into a pipe that the loop waits for
///         abort();
/// }
///
/// static int waking[2];
/// oauth_operation *operation = NULL;
/// if (pipe(waking) == 0
///     && oauth_session_token_start(session, NULL, &operation, &error) == OAUTH_OK)
///     oauth_operation_on_done(operation, wake, &waking[1], NULL);
/// oauth_operation_free(operation); // when the loop has got its result
/// @endcode
///
/// @param[in] operation NULL: nothing is done, but destroy is called.
/// @param[in] done      NULL: none, and destroy is called.
/// @param[in] user_data passed to done; may be NULL.
/// @param[in] destroy   frees user_data after done was called, or when it will not be called any
///                      more: oauth_operation_free does not wait for a call that is under way. May
///                      be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_on_done(
    operation: Option<&oauth_operation>,
    done: oauth_done_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    guard::value((), || {
        let (Some(operation), Some(done)) = (operation, done) else { return };
        let tell = move || {
            // SAFETY: the program's function with its own user_data (header: Callbacks).
            unsafe { done(user_data.pointer()) };
        };
        // In a forked child nothing is called: the operation is its parent's.
        drop(operation.0.on_done(Box::new(tell)));
    });
}

/// Whether the operation is done. Any thread may ask at any time.
///
/// @param[in] operation may be NULL.
/// @return true if operation is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_done(operation: Option<&oauth_operation>) -> bool {
    guard::value(true, || operation.is_none_or(|operation| operation.0.is_done()))
}

/// Stops the operation: unless it is done, it is done within milliseconds, and its result is
/// OAUTH_ERROR_CANCELLED. Any thread may call it, but not a signal handler.
///
/// @param[in] operation NULL: nothing is done.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_cancel(operation: Option<&oauth_operation>) {
    guard::value((), || operation.map_or((), |operation| operation.0.cancel()));
}

/// Frees the operation, without waiting. One that is not done is stopped, and its function is not
/// called any more.
///
/// @param[in] operation may be NULL; not from its own oauth_done_fn.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_free(operation: Option<Box<oauth_operation>>) {
    guard::value((), || drop(operation));
}

fn fill(out: Out<'_, oauth_operation>, operation: Result<Operation>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_operation(operation?))));
    Ok(())
}
