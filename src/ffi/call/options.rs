//! Options of one call.

use std::ffi::c_char;

use crate::client::options::{RequestOptions, RetryPolicy};
use crate::ffi::boundary::{guard, pointer};
use crate::ffi::call::cancel::oauth_cancel;

/// Options of one call; what is not set comes from the client. A builder; free it with oauth_request_options_free.
pub struct oauth_request_options(pub(crate) RequestOptions);

/// Options that change nothing.
///
/// @return free them with oauth_request_options_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_new() -> Box<oauth_request_options> {
    Box::new(oauth_request_options(RequestOptions::default()))
}

/// Frees the options.
///
/// @param[in] options may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_free(options: Option<Box<oauth_request_options>>) {
    guard::value((), || drop(options));
}

/// Bounds one exchange with its retries.
///
/// @param[in] options    NULL: nothing is done.
/// @param[in] timeout_ms milliseconds, not 0.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_timeout_ms(options: Option<&mut oauth_request_options>, timeout_ms: u32) {
    change(options, |options| options.timeout_ms = Some(timeout_ms));
}

/// Bounds the whole call, also one that waits for people, locks or other calls besides its exchange.
///
/// @param[in] options     NULL: nothing is done.
/// @param[in] deadline_ms milliseconds from the start of the call, not 0.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_deadline_ms(options: Option<&mut oauth_request_options>, deadline_ms: u32) {
    change(options, |options| options.deadline_ms = Some(deadline_ms));
}

/// Adds a header field to the requests of the call, after those of the client; to one for metadata on the way, too.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] name    not NULL; not Host, Content-Length, Content-Type, Transfer-Encoding, Connection or Authorization.
/// @param[in] value   not NULL; no control characters. Both are copied.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_options_add_header(
    options: Option<&mut oauth_request_options>,
    name: *const c_char,
    value: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or NUL-terminated strings (header: Strings).
        match unsafe { pointer::header_field(name, value) } {
            Ok((name, value)) => options.add_header(name.as_str(), value),
            Err(why) => options.reject(&format!("header {why}")),
        }
    });
}

/// Lets another thread, or a signal handler, stop the call.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] cancel  kept alive by the options; NULL: none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_cancel(
    options: Option<&mut oauth_request_options>,
    cancel: Option<&oauth_cancel>,
) {
    change(options, |options| options.cancel = cancel.map(|cancel| cancel.0.clone()));
}

/// When to try again, for this call: see oauth_config_set_retry_policy.
///
/// @param[in] options        NULL: nothing is done.
/// @param[in] max_retries    more tries after the first one; 0: none.
/// @param[in] backoff_ms     the first pause in milliseconds; each further one is twice as long, give or take a half.
/// @param[in] retry_statuses also after HTTP 429, 502, 503 and 504; never for a code or a refresh token.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_retry_policy(
    options: Option<&mut oauth_request_options>,
    max_retries: u32,
    backoff_ms: u32,
    retry_statuses: bool,
) {
    change(options, |options| options.retry = Some(RetryPolicy { max_retries, backoff_ms, retry_statuses }));
}

/// How long a session's token has to last at least; other calls do not look at it. More than a tenth of the token's life is
/// never asked.
///
/// @param[in] options  NULL: nothing is done.
/// @param[in] min_validity_s seconds; 0: any token that has not expired. Unless set: 60.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_min_validity_s(
    options: Option<&mut oauth_request_options>,
    min_validity_s: u32,
) {
    change(options, |options| options.min_validity_s = Some(min_validity_s));
}

/// What a call was given.
pub(crate) fn of(options: Option<&oauth_request_options>) -> Option<&RequestOptions> {
    options.map(|options| &options.0)
}

fn change(options: Option<&mut oauth_request_options>, change: impl FnOnce(&mut RequestOptions)) {
    guard::value((), || options.map_or((), |options| change(&mut options.0)));
}
