//! Options of a call
//!
//! Options change one call: its time limits, header fields, retries, and how it is cancelled. The
//! rest comes from the client. Many calls may use the same options at once.
//!
//! There are two time limits. The timeout limits each exchange: one request to one endpoint, with
//! its retries. The deadline limits the whole call, which can be several exchanges (metadata, then
//! the token; the polls of a device) and waits. Without a deadline, waiting for another call or for
//! the lock of a store ends after the timeout; waiting for the user ends when the log-in expires. A
//! callback of the program is not interrupted.
//!
//! A session renews with the settings of its client. The options of oauth_session_token and
//! oauth_session_copy_... only limit how long that call waits: by the deadline, else the timeout.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use crate::client::options::{RequestOptions, RetryPolicy};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::boundary::{guard, pointer};
use crate::ffi::call::cancel::oauth_cancel;
use crate::transport::interrupt::Ask;

/// Options of one call. A builder; free it with oauth_request_options_free.
pub struct oauth_request_options(pub(crate) RequestOptions);

/// Makes options with nothing set.
///
/// @code
/// oauth_request_options *options = oauth_request_options_new();
/// oauth_token *fresh = NULL;
///
/// oauth_request_options_set_timeout_ms(options, 5000);
/// oauth_request_options_add_header(options, "X-Request-Id", "42");
/// if (oauth_renew_token(client, token, NULL, NULL, options, &fresh, &error) == OAUTH_OK)
///     use(oauth_token_access_token(fresh));
/// oauth_token_free(fresh);
/// oauth_request_options_free(options);
/// @endcode
///
/// @return never NULL; free it with oauth_request_options_free.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_new() -> Box<oauth_request_options> {
    Box::new(oauth_request_options(RequestOptions::default()))
}

/// Frees the options.
///
/// @param[in] options may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_free(options: Option<Box<oauth_request_options>>) {
    guard::value((), || drop(options));
}

/// Limits each exchange, retries included.
///
/// @param[in] options    NULL: nothing is done.
/// @param[in] timeout_ms milliseconds, not 0; that of the client unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_timeout_ms(options: Option<&mut oauth_request_options>, timeout_ms: u32) {
    change(options, |options| options.timeout_ms = Some(timeout_ms));
}

/// Limits the whole call: all exchanges and waits.
///
/// @param[in] options     NULL: nothing is done.
/// @param[in] deadline_ms milliseconds from the start of the call, not 0; no deadline unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_deadline_ms(options: Option<&mut oauth_request_options>, deadline_ms: u32) {
    change(options, |options| options.deadline_ms = Some(deadline_ms));
}

/// Adds a header field to the requests of the call, after those of the client, also to requests for
/// metadata. Accept and User-Agent replace those of the library.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] name    not NULL; not Host, Content-Length, Content-Type, Transfer-Encoding,
///                    Connection or Authorization.
/// @param[in] value   not NULL; no control characters other than tab.
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

/// Sets the oauth_cancel with which another thread, or a signal handler, can stop the call.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] cancel  kept alive by the options; NULL: none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_cancel(
    options: Option<&mut oauth_request_options>,
    cancel: Option<&oauth_cancel>,
) {
    change(options, |options| options.set_cancel(cancel.map(|cancel| cancel.0.clone())));
}

/// Whether a call is to stop, for a host that handles signals itself, such as an interpreter.
///
/// It is asked on the thread of the call, about every 50 ms while the call waits; not by operations,
/// and not while another callback of the program runs. No lock of the library is held meanwhile.
///
/// @code
/// static bool interrupted(void *user_data)
/// {
///     return *(volatile sig_atomic_t *)user_data != 0;
/// }
///
/// static volatile sig_atomic_t got_signal; // its signal handler sets it
/// oauth_request_options *options = oauth_request_options_new();
/// oauth_request_options_set_interrupt(options, interrupted, (void *)&got_signal, NULL);
/// oauth_request_options_free(options);
/// @endcode
///
/// In Python, let a handler of the signal module set a flag, as examples-c/loops/interrupt.py does:
/// an exception of a handler does not come through a callback of ctypes.
///
/// @param[in] user_data as passed to oauth_request_options_set_interrupt.
/// @return true: the call returns OAUTH_ERROR_CANCELLED. A later call may go on with the same
///         options.
pub type oauth_interrupt_fn = Option<unsafe extern "C" fn(user_data: *mut c_void) -> bool>;

/// Sets a function that is asked, while the call waits, whether it is to stop. It may be set beside
/// an oauth_cancel.
///
/// @param[in] options   NULL: nothing is done, but destroy is called.
/// @param[in] interrupt NULL: none, and destroy is called.
/// @param[in] user_data passed to interrupt; may be NULL.
/// @param[in] destroy   frees user_data when the options do not use it any more; may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_interrupt(
    options: Option<&mut oauth_request_options>,
    interrupt: oauth_interrupt_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    change(options, |options| {
        options.set_interrupt(interrupt.map(|interrupt| {
            // SAFETY: the program's function with its own user_data (header: Callbacks).
            Arc::new(move || unsafe { interrupt(user_data.pointer()) }) as Arc<Ask>
        }));
    });
}

/// When this call repeats a failed attempt: see oauth_config_set_retry_policy.
///
/// @param[in] options        NULL: nothing is done.
/// @param[in] max_retries    attempts after the first one; 0: none.
/// @param[in] backoff_ms     the first pause, in milliseconds; each further one is twice as long. A
///                           random part makes each up to a half shorter or longer.
/// @param[in] retry_statuses true: also after HTTP 429, 502, 503 and 504; never for a credential
///                           that a server may accept only once, such as a code or a refresh
///                           token.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_retry_policy(
    options: Option<&mut oauth_request_options>,
    max_retries: u32,
    backoff_ms: u32,
    retry_statuses: bool,
) {
    change(options, |options| options.retry = Some(RetryPolicy { max_retries, backoff_ms, retry_statuses }));
}

/// Sets how long the token that a session call returns must at least remain valid, or a tenth of
/// its lifetime if that is less: a greater value has no effect. Only session calls use this.
///
/// @param[in] options        NULL: nothing is done.
/// @param[in] min_validity_s seconds; 0: any token that has not expired; 60 unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_options_set_min_validity_s(
    options: Option<&mut oauth_request_options>,
    min_validity_s: u32,
) {
    change(options, |options| options.min_validity_s = Some(min_validity_s));
}

/// The options of a call; `None` for NULL.
pub(crate) fn of(options: Option<&oauth_request_options>) -> Option<&RequestOptions> {
    options.map(|options| &options.0)
}

fn change(options: Option<&mut oauth_request_options>, change: impl FnOnce(&mut RequestOptions)) {
    guard::value((), || options.map_or((), |options| change(&mut options.0)));
}
