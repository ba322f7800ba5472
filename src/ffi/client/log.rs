//! Log lines for a function of the program.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use crate::client::log::{Level, Log};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::client::config::{change, oauth_config};
use crate::text::Text;

/// How much a log line matters.
pub type oauth_log_level = i32;

/// Something failed.
pub const OAUTH_LOG_ERROR: oauth_log_level = 1;
/// Something was odd: a retry, an answer that deviates from its RFC.
pub const OAUTH_LOG_WARN: oauth_log_level = 2;
/// A token came.
pub const OAUTH_LOG_INFO: oauth_log_level = 3;
/// Each request and answer.
pub const OAUTH_LOG_DEBUG: oauth_log_level = 4;

const _: () = {
    assert!(OAUTH_LOG_ERROR == Level::Error as i32 && OAUTH_LOG_WARN == Level::Warn as i32);
    assert!(OAUTH_LOG_INFO == Level::Info as i32 && OAUTH_LOG_DEBUG == Level::Debug as i32);
};

/// Takes a log line: UTF-8, one line, at most 512 bytes, without secrets, valid only during the call. Called on the
/// thread of the call that it is about, by many threads at once, with no lock held, and SIGPIPE blocked unless the
/// program brings its own transport. Must not unwind or longjmp.
pub type oauth_log_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: oauth_log_level, message: *const c_char)>;

/// Sends log lines to a function of the program; off unless set.
///
/// @param[in] config    NULL: nothing is done, but destroy is called.
/// @param[in] level     the least important level wanted: OAUTH_LOG_ERROR to OAUTH_LOG_DEBUG.
/// @param[in] log       NULL: no log.
/// @param[in] user_data passed to log; may be NULL.
/// @param[in] destroy   frees user_data when neither config nor client needs it any more; NULL: nothing to free.
/// @since 0.1
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

/// The log of a config: `None` for a level that does not exist.
fn log(level: oauth_log_level, log: oauth_log_fn, user_data: UserData) -> Option<Log> {
    let Some(log) = log else { return Some(Log::default()) };
    let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
    let least = levels.into_iter().find(|candidate| *candidate as oauth_log_level == level)?;
    let sink = move |level: Level, line: &str| {
        let line = Text::lossy(line);
        // SAFETY: a function of the program with the data it asked for; the line lives during the call.
        unsafe { log(user_data.pointer(), level as oauth_log_level, line.as_ptr()) };
    };
    Some(Log::new(least, Arc::new(sink)))
}
