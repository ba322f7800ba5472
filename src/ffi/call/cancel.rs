//! A switch that stops calls.

use std::sync::Arc;

use crate::ffi::boundary::guard;
use crate::transport::cancel::Cancel;

/// Stops the calls that use it, now and later: it stays triggered. Free it with oauth_cancel_free.
pub struct oauth_cancel(pub(crate) Arc<Cancel>);

/// A switch that is not triggered.
///
/// @return free it with oauth_cancel_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_cancel_new() -> Box<oauth_cancel> {
    Box::new(oauth_cancel(Arc::default()))
}

/// Frees the handle; options and calls that use the switch keep it.
///
/// @param[in] cancel may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_cancel_free(cancel: Option<Box<oauth_cancel>>) {
    guard::value((), || drop(cancel));
}

/// Stops every call that uses the switch: it returns OAUTH_ERROR_CANCELLED within milliseconds.
/// From any thread, any number of times, and from a signal handler too (async-signal-safe; errno is kept).
///
/// @param[in] cancel NULL: nothing is done.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_cancel_trigger(cancel: Option<&oauth_cancel>) {
    // No guard: it is not async-signal-safe, and nothing here can panic.
    if let Some(cancel) = cancel {
        cancel.0.trigger();
    }
}
