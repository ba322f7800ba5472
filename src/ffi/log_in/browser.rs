//! Opening the browser.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::transport::browser;

/// Shows a URL in the user's own browser (RFC 8252 section 4.1), without a shell: by BROWSER, if that names one program,
/// xdg-open, gio or wslview; on macOS and Windows by the system's own way. Programs are found by PATH. Blocks until one
/// has succeeded, or has run for 2 s; it may run on as a child of this process, and is waited for by a thread. Other users
/// of the machine can see the URL in its command line; PKCE is why that gives them nothing.
///
/// @param[in]  url   not NULL; an absolute http or https URL without spaces and control characters.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK: a browser was started, for all that can be known; OAUTH_ERROR_SYSTEM: there is none, or no display,
///         or the program is set-uid: show the URL to the user; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_browser_open(
    url: *const c_char,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        browser::open(unsafe { pointer::text(url, "url") }?)
    })
}
