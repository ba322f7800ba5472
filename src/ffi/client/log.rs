//! Log
//!
//! The library prints nothing. It can pass log lines, which hold no secrets, to a function of the
//! program.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use crate::client::log::{Level, Log};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::client::config::{change, oauth_config};
use crate::text::Text;

/// How important a log line is; 1 is the most important.
pub type oauth_log_level = i32;

/// An exchange, an authorization or a save has failed. Also each poll of a device log-in before the
/// user has decided.
pub const OAUTH_LOG_ERROR: oauth_log_level = 1;
/// A retry, old metadata in use, or a response that deviates from its RFC.
pub const OAUTH_LOG_WARN: oauth_log_level = 2;
/// A token was received.
pub const OAUTH_LOG_INFO: oauth_log_level = 3;
/// Each request (method, URL without query) and each response (HTTP status, duration).
pub const OAUTH_LOG_DEBUG: oauth_log_level = 4;

const _: () = {
    assert!(OAUTH_LOG_ERROR == Level::Error as i32 && OAUTH_LOG_WARN == Level::Warn as i32);
    assert!(OAUTH_LOG_INFO == Level::Info as i32 && OAUTH_LOG_DEBUG == Level::Debug as i32);
};

/// Receives one log line: UTF-8 without line breaks and secrets, at most 512 bytes, valid only
/// during the call. Runs on the thread of a call, or on a short-lived thread of the library that
/// finishes a renewal. SIGPIPE may be blocked on that thread.
pub type oauth_log_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: oauth_log_level, message: *const c_char)>;

/// Sends log lines to a function of the program. Unless it is set, there is no log.
///
/// @code
/// static void print_line(void *user_data, oauth_log_level level, const char *message)
/// {
///     fprintf(user_data, "oauth (level %d): %s\n", (int)level, message);
/// }
///
/// oauth_config_set_log(config, OAUTH_LOG_WARN, print_line, stderr, NULL);
/// @endcode
///
/// @param[in] config    NULL: nothing is done, but destroy is called.
/// @param[in] level     the least important level that is wanted: OAUTH_LOG_ERROR to
///                      OAUTH_LOG_DEBUG.
/// @param[in] log       NULL: no log, and destroy is called.
/// @param[in] user_data passed to log; may be NULL.
/// @param[in] destroy   frees user_data when neither the config nor a client uses it any more; may
///                      be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_config_set_log(
    config: Option<&mut oauth_config>,
    level: oauth_log_level,
    log: oauth_log_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    change(config, |config| match self::log(level, log, user_data) {
        Some(log) => config.log = log,
        None => config.reject("log", "has a level that is none of OAUTH_LOG_..."),
    });
}

/// The log of a config; `None` if there is no such level.
fn log(level: oauth_log_level, log: oauth_log_fn, user_data: UserData) -> Option<Log> {
    let Some(log) = log else { return Some(Log::default()) };
    let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
    let least = levels.into_iter().find(|candidate| *candidate as oauth_log_level == level)?;
    let sink = move |level: Level, line: &str| {
        let line = Text::lossy(line);
        // SAFETY: the program's function with its own user_data (header: Callbacks); the line lives during the call.
        unsafe { log(user_data.pointer(), level as oauth_log_level, line.as_ptr()) };
    };
    Some(Log::new(least, Arc::new(sink)))
}
