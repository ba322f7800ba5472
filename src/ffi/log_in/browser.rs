//! Browser
//!
//! A native app sends the user to the server in the user's own browser, not in a web view of the
//! program (RFC 8252 section 8.12). oauth_log_in does so unless it has an open_url function. Where
//! no browser can be opened (no display, a container, SSH), print the URL for the user, or use the
//! device flow.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::transport::browser;

/// Opens a URL in the user's own browser (RFC 8252 section 4.1), without a shell.
///
/// Tries the programs that the environment variable BROWSER names, then xdg-open, gio and wslview;
/// on macOS and Windows the system's own way. Programs are found by PATH. Blocks until one of them
/// has succeeded, or has run for 2 s. That one may continue to run as a child of this process; a
/// thread of the library waits for its end.
///
/// BROWSER holds one or more command lines with ':' between them, tried in order. Quotes and \ keep
/// blanks and ':' together, as in a shell. %s stands for the URL, which else comes last, %c for ':'
/// and %% for '%'.
///
/// Other users of the machine can see the URL on the command line of that program. PKCE (RFC 7636)
/// keeps them from using a code that they intercept. It does not keep them from sending the listener
/// a code of their own account: open oauth_listener_browser_url, not oauth_authorization_url.
///
/// @code
/// const char *url = "https://as.example/account";
/// if (oauth_browser_open(url, &error) == OAUTH_ERROR_SYSTEM)
///     printf("Open this URL in a browser: %s\n", url);
/// @endcode
///
/// @param[in]  url   not NULL; an absolute http or https URL without spaces and control characters.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK: a browser was started, as far as the library can tell; OAUTH_ERROR_SYSTEM: no
///         browser, no display, or a set-uid program: show the URL to the user;
///         OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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
