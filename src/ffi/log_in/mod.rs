//! A native app's log-in: one call from the URL to the token.

pub mod authorization;
pub mod browser;
pub mod device;
pub mod listener;

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::client::log_in::{LogInArguments, Show};
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::client::oauth_client;
use crate::ffi::log_in::listener::oauth_listener_options;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::{self, oauth_token};

/// Logs a user in from a native app (RFC 8252): listens on loopback, opens the browser, waits for the redirect, exchanges
/// the code, checks the ID token with the scope openid, and shows the user how it went. The same as
/// oauth_listener_open, oauth_authorization_begin, oauth_browser_open, oauth_listener_wait, oauth_authorization_finish and
/// oauth_listener_finish.
///
/// @param[in]  client     not NULL, with a client_id; many threads may call at once.
/// @param[in]  scope      space-separated; NULL: left out.
/// @param[in]  parameters more parameters of the authorization request; NULL: none.
/// @param[in]  listener   the redirect URI as the server wants it registered (host, port, path), and how the URL is
///                        shown; NULL: 127.0.0.1, any free port, "/", and oauth_browser_open.
/// @param[in]  options    NULL: those of the client. The deadline bounds the whole call, the timeout each exchange;
///                        without a deadline the lifetime of the authorization ends the wait.
/// @param[out] token      free it with oauth_token_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_authorization_begin and oauth_authorization_finish; OAUTH_ERROR_SYSTEM: port or browser, the message
///         names the next step; OAUTH_ERROR_CALLBACK: the open_url function failed; OAUTH_ERROR_TIMEOUT, _CANCELLED, _EXPIRED: the user
///         did not come back.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_log_in(
    client: Option<&oauth_client>,
    scope: *const c_char,
    parameters: Option<&oauth_params>,
    listener: Option<&oauth_listener_options>,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let default_listener = oauth_listener_options::default();
        let listener = listener.unwrap_or(&default_listener);
        let show = listener.open_url.as_ref().map(|open_url| |url: &str| open_url.call(url));
        token::fill(
            out,
            client.0.log_in(
                LogInArguments {
                    scope,
                    parameters: params::of(parameters),
                    show: show.as_ref().map_or(Show::Browser, |show| Show::Program(show)),
                    listener: &listener.options,
                },
                options::of(options),
            ),
        )
    })
}
