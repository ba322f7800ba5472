//! Cancelling
//!
//! An oauth_cancel stops calls from outside: from another thread, or from a signal handler. Give it
//! to any number of calls with oauth_request_options_set_cancel, and trigger it to stop them: they
//! return OAUTH_ERROR_CANCELLED within milliseconds, or once a running callback of the program
//! returns. It stays triggered: later calls that would send or wait return the same at once.
//!
//! It may be freed while calls that were given it run, because they keep it alive. After that
//! nothing may trigger it.
//!
//! oauth_error_request_sent says whether the server may have acted. If a session has already sent a
//! renewal, the renewal goes on without the cancelled call, so that its result is not lost.

use std::sync::Arc;

use crate::ffi::boundary::guard;
use crate::transport::cancel::Cancel;

/// Stops the calls that were given it, and stays triggered. Free it with oauth_cancel_free.
pub struct oauth_cancel(pub(crate) Arc<Cancel>);

/// Makes an oauth_cancel that is not triggered.
///
/// @code
/// oauth_cancel *cancel = oauth_cancel_new(); // elsewhere: oauth_cancel_trigger(cancel)
/// oauth_request_options *options = oauth_request_options_new();
/// oauth_token *fresh = NULL;
///
/// oauth_request_options_set_cancel(options, cancel);
/// if (oauth_session_token(session, options, &fresh, &error) == OAUTH_ERROR_CANCELLED)
///     puts("cancelled");
/// oauth_token_free(fresh);
/// oauth_request_options_free(options);
/// oauth_cancel_free(cancel);
/// @endcode
///
/// @return never NULL; free it with oauth_cancel_free.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_cancel_new() -> Box<oauth_cancel> {
    Box::new(oauth_cancel(Arc::default()))
}

/// Frees the handle. Options and calls that were given it keep what they need of it.
///
/// @param[in] cancel may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_cancel_free(cancel: Option<Box<oauth_cancel>>) {
    guard::value((), || drop(cancel));
}

/// Stops every call that was given this oauth_cancel, now and later. Allowed on any thread, any
/// number of times, and in a signal handler: it is async-signal-safe and keeps errno.
///
/// @param[in] cancel NULL: nothing is done.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_cancel_trigger(cancel: Option<&oauth_cancel>) {
    // No guard: the guard is not async-signal-safe, and nothing here can panic.
    if let Some(cancel) = cancel {
        cancel.0.trigger();
    }
}
