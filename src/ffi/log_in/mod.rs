//! A log-in in one call
//!
//! For a program that runs where the user is, such as a desktop or command line program.
//! oauth_log_in opens the server's login page in the user's browser, and receives the result on a
//! loopback port of this machine (RFC 8252). The program never sees the user's password.
//!
//! Register the program at the server as a native app with a loopback redirect URI, such as
//! http://127.0.0.1/. If the server compares the whole URI with the registered one, set port and
//! path of that one: oauth_listener_options_set_port, oauth_listener_options_set_path. A web back
//! end uses oauth_authorization_begin, a machine without a browser
//! oauth_device_authorization_begin. Pass the token to oauth_session_adopt to keep it valid.

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

/// Logs a user in through the browser, and gets a token.
///
/// Does the same as oauth_listener_open, oauth_authorization_begin, oauth_browser_open,
/// oauth_listener_wait, oauth_authorization_finish and oauth_listener_finish. Accepts the redirect
/// only from the browser that was opened, see oauth_listener_options_set_check_browser. The browser
/// shows the outcome. With the scope openid, the ID token is checked.
///
/// @code
/// oauth_token *fresh = NULL;
/// oauth_request_options *options = oauth_request_options_new();
/// oauth_request_options_set_deadline_ms(options, 5 * 60 * 1000); // includes the time of the user
/// if (oauth_log_in(client, "openid profile", NULL, NULL, options, &fresh, &error) == OAUTH_OK)
///     use(oauth_token_access_token(fresh));
/// oauth_token_free(fresh);
/// oauth_request_options_free(options);
/// @endcode
///
/// @param[in]  client     not NULL; many threads may call at once. Its config needs a client_id.
/// @param[in]  scope      space-separated; NULL: left out.
/// @param[in]  parameters more parameters of the authorization request; NULL: none.
/// @param[in]  listener   host, port and path of the redirect URI, as registered at the server, how
///                        the URL is shown, the name of the program ...; NULL: 127.0.0.1, any free
///                        port, the path /, and oauth_browser_open.
/// @param[in]  options    NULL: the settings of the client. The deadline bounds the whole call, the
///                        timeout each exchange. Without a deadline, the wait for the user ends
///                        when the authorization expires
///                        (oauth_config_set_authorization_lifetime_s).
/// @param[out] token      free it with oauth_token_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return the same statuses as oauth_authorization_begin and oauth_authorization_finish; also
///         OAUTH_ERROR_SYSTEM: no port or no browser, the message names the next step;
///         OAUTH_ERROR_CALLBACK: the open_url function failed; OAUTH_ERROR_TIMEOUT or _EXPIRED: the
///         user did not come back in time; OAUTH_ERROR_CANCELLED.
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
