//! A native app's log-in: one call from the URL to the token.

use std::ffi::{CString, c_char, c_void};
use std::mem::MaybeUninit;

use crate::client::log_in::{LogInArguments, Show};
use crate::error::{Error, Result, Status};
use crate::ffi::callbacks::UserData;
use crate::ffi::client::oauth_client;
use crate::ffi::error::oauth_error;
use crate::ffi::guard;
use crate::ffi::listener::oauth_listener_options;
use crate::ffi::options::{self, oauth_request_options};
use crate::ffi::params::{self, oauth_params};
use crate::ffi::pointer::{self, Out};
use crate::ffi::status::{OAUTH_OK, oauth_status};
use crate::ffi::token::{self, oauth_token};
use crate::transport::loopback::Options;

/// Shows the user a URL: prints it, opens a web view ... Returns OAUTH_OK, or anything else to stop. Called once, on the
/// thread of oauth_log_in (inside a callback or a Rust runtime: on one that stands in for it), with no lock held and
/// SIGPIPE blocked; url is valid only during the call. Must return before the user has finished: the redirect is waited for
/// afterwards. Must not unwind or longjmp.
pub type oauth_open_url_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, url: *const c_char) -> oauth_status>;

/// Logs a user in from a native app (RFC 8252): listens on loopback, opens the browser, waits for the redirect, exchanges
/// the code, checks the ID token with the scope openid, and shows the user how it went. The same as
/// oauth_listener_open, oauth_authorization_begin, oauth_browser_open, oauth_listener_wait, oauth_authorization_finish and
/// oauth_listener_finish.
///
/// @param[in]  client     not NULL, with a client_id; many threads may call at once.
/// @param[in]  scope      space-separated; NULL: left out.
/// @param[in]  parameters more parameters of the authorization request; NULL: none.
/// @param[in]  listener   the redirect URI as the server wants it registered: host, port, path; NULL: 127.0.0.1, any free
///                        port, "/".
/// @param[in]  open_url   the program's own way to show the URL; NULL: oauth_browser_open.
/// @param[in]  user_data  for open_url.
/// @param[in]  options    NULL: those of the client. The deadline bounds the whole call, the timeout each exchange;
///                        without a deadline the lifetime of the authorization ends the wait.
/// @param[out] token      free it with oauth_token_free.
/// @param[out] error      NULL: not wanted; free it with oauth_error_free.
/// @return as oauth_authorization_begin and oauth_authorization_finish; OAUTH_ERROR_SYSTEM: port or browser, the message
///         names the next step; OAUTH_ERROR_CALLBACK: open_url failed; OAUTH_ERROR_TIMEOUT, _CANCELLED, _EXPIRED: the user
///         did not come back.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_log_in(
    client: Option<&oauth_client>,
    scope: *const c_char,
    parameters: Option<&oauth_params>,
    listener: Option<&oauth_listener_options>,
    open_url: oauth_open_url_fn,
    user_data: *mut c_void,
    options: Option<&oauth_request_options>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    guard::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let program = open_url.map(|open_url| ShowUrl { open_url, user_data: UserData::new(user_data, None) });
        let show = program.as_ref().map(|program| |url: &str| program.call(url));
        let default_listener = Options::default();
        token::fill(
            out,
            client.0.log_in(
                LogInArguments {
                    scope,
                    parameters: params::of(parameters),
                    show: show.as_ref().map_or(Show::Browser, |show| Show::Program(show)),
                    listener: listener.map_or(&default_listener, |listener| &listener.0),
                },
                options::of(options),
            ),
        )
    })
}

/// The program's function, for the time of one call.
struct ShowUrl {
    open_url: unsafe extern "C" fn(user_data: *mut c_void, url: *const c_char) -> oauth_status,
    user_data: UserData,
}

impl ShowUrl {
    fn call(&self, url: &str) -> Result<()> {
        let url = CString::new(url).map_err(|_| Error::new(Status::Internal, "a URL held U+0000"))?;
        // SAFETY: the program's function, called as its documentation says, with its own user_data.
        let status = unsafe { (self.open_url)(self.user_data.pointer(), url.as_ptr()) };
        match status {
            OAUTH_OK => Ok(()),
            _ => Err(Error::new(Status::Callback, &format!("open_url returned {status}"))),
        }
    }
}
