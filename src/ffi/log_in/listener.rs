//! Loopback listener
//!
//! A native app receives the redirect on a loopback port of its machine (RFC 8252 section 7.3).
//! oauth_listener_options also set up oauth_log_in; the listener itself is for programs that do its
//! own steps. The order is: oauth_listener_open, oauth_authorization_begin with
//! oauth_listener_redirect_uri, oauth_browser_open with oauth_listener_browser_url,
//! oauth_listener_wait, oauth_authorization_finish, oauth_listener_finish.
//!
//! Every program on the machine, and every page in the browser, can connect to the port. Other
//! users see in the process list which URL a browser was opened with, and could send a redirect of
//! their own account. So the browser is opened with a one-time address of the listener. That sets a
//! cookie and sends the browser on to the server. The listener accepts one request: the one with
//! the state of the authorization and this cookie. It refuses all others.

use std::ffi::{CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking;
use crate::error::{Advice, Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::log_in::authorization::oauth_authorization;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};
use crate::secret::Secret;
use crate::text::has_control;
use crate::transport::loopback::listener::Listener;
use crate::transport::loopback::{Host, Options};

/// Host, port and path of the redirect URI, the last page, how oauth_log_in shows the URL, and
/// whether the browser is checked. A builder; free it with oauth_listener_options_free.
#[derive(Default)]
pub struct oauth_listener_options {
    pub(crate) options: Options,
    pub(crate) open_url: Option<Arc<OpenUrl>>,
}

/// Shows a URL to the user of oauth_log_in: prints it, opens a browser of the program's choice ...
///
/// Called once, on the thread that called oauth_log_in (inside a callback: on another thread, while
/// that one waits); after oauth_log_in_start, on the client's thread. SIGPIPE may be blocked. The
/// function must not wait for the user: the library waits for the redirect after it.
///
/// @param[in] user_data as passed to oauth_listener_options_set_open_url.
/// @param[in] url       the one-time address that oauth_listener_browser_url describes; the URL of
///                      the server itself after oauth_listener_options_set_check_browser(options,
///                      false). Valid only during the call.
/// @return OAUTH_OK; any other status ends the log-in with OAUTH_ERROR_CALLBACK.
pub type oauth_open_url_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, url: *const c_char) -> oauth_status>;

pub(crate) struct OpenUrl {
    open_url: unsafe extern "C" fn(user_data: *mut c_void, url: *const c_char) -> oauth_status,
    user_data: UserData,
}

impl OpenUrl {
    pub(crate) fn call(&self, url: &str) -> Result<()> {
        let url = CString::new(url).map_err(|_| Error::new(Status::Internal, "a URL held U+0000"))?;
        // SAFETY: a function of the program, called with its user_data (header: Callbacks); the URL lives during the call.
        let status = unsafe { (self.open_url)(self.user_data.pointer(), url.as_ptr()) };
        match status {
            OAUTH_OK => Ok(()),
            _ => Err(Error::new(Status::Callback, &format!("open_url returned {status}")).with_advice(Advice::None)),
        }
    }
}

/// Waits on a loopback port for the redirect of one authorization. One thread at a time; free it
/// with oauth_listener_free.
pub struct oauth_listener(Listener);

/// Makes options for 127.0.0.1, any free port, the path /, the library's own pages, and a check of
/// the browser.
///
/// @return never NULL; free it with oauth_listener_options_free.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_new() -> Box<oauth_listener_options> {
    Box::default()
}

/// Frees the options. Listeners that were opened with them stay open.
///
/// @param[in] options may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_free(options: Option<Box<oauth_listener_options>>) {
    guard::value((), || drop(options));
}

/// Sets the host of the redirect URI, as registered at the server.
///
/// RFC 8252 section 8.3 advises against localhost.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] host    not NULL; "127.0.0.1", "::1" or "localhost": then on both addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_listener_options_set_host(
    options: Option<&mut oauth_listener_options>,
    host: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(host) } {
            Ok(host) => match Host::from_text(host.as_str()) {
                Some(host) => options.host = host,
                None => options.reject("host is none of 127.0.0.1, ::1 and localhost"),
            },
            Err(why) => options.reject(&format!("host {why}")),
        }
    });
}

/// Sets the port of the redirect URI.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] port    0: any free port, which servers must accept (RFC 8252 section 7.3); 0 unless
///                    set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_set_port(options: Option<&mut oauth_listener_options>, port: u16) {
    change(options, |options| options.port = port);
}

/// Sets the path of the redirect URI.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] path    not NULL; begins with / and is written as a browser sends it
///                    (percent-encoded); empty: the redirect URI has no path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_listener_options_set_path(
    options: Option<&mut oauth_listener_options>,
    path: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::required(path) } {
            Ok(path) => options.path = path.as_str().to_owned(),
            Err(why) => options.reject(&format!("path {why}")),
        }
    });
}

/// Sets the pages that the browser shows at the end.
///
/// @param[in] options      NULL: nothing is done.
/// @param[in] success_html a whole HTML document; NULL: the library's own page.
/// @param[in] failure_html the same for a log-in that failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_listener_options_set_pages(
    options: Option<&mut oauth_listener_options>,
    success_html: *const c_char,
    failure_html: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or NUL-terminated strings (header: Strings).
        let pages = unsafe { (pointer::copied(success_html), pointer::copied(failure_html)) };
        let owned = |page: Option<Secret>| page.map(|page| page.as_str().to_owned());
        match pages {
            (Ok(success), Ok(failure)) => {
                (options.success_page, options.failure_page) = (owned(success), owned(failure))
            }
            (Err(why), _) => options.reject(&format!("success_html {why}")),
            (_, Err(why)) => options.reject(&format!("failure_html {why}")),
        }
    });
}

/// Sets the name of the program, which the library's own pages show.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] name    plain text without control characters; NULL or empty: "the program".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_listener_options_set_program_name(
    options: Option<&mut oauth_listener_options>,
    name: *const c_char,
) {
    change(options, |options| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        match unsafe { pointer::copied(name) } {
            Ok(Some(name)) if has_control(name.as_str()) => options.reject("name has a control character"),
            Ok(name) => {
                options.program_name =
                    name.filter(|name| !name.as_str().is_empty()).map(|name| name.as_str().to_owned());
            }
            Err(why) => options.reject(&format!("name {why}")),
        }
    });
}

/// Sets whether only the browser that was opened may bring the redirect.
///
/// That browser has a cookie, see oauth_listener_browser_url. Without this check, another user of
/// the machine who learns the URL can log the program in to an account of theirs. Switch it off
/// where the URL is opened on another device or by another user, or where the log-in ends in
/// another browser than it began in.
///
/// @param[in] options       NULL: nothing is done.
/// @param[in] check_browser true unless set.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_set_check_browser(
    options: Option<&mut oauth_listener_options>,
    check_browser: bool,
) {
    change(options, |options| options.check_browser = check_browser);
}

/// Sets a function that shows the URL in oauth_log_in, in place of oauth_browser_open.
///
/// @param[in] options   NULL: only destroy is called.
/// @param[in] open_url  NULL: oauth_browser_open, and destroy is called at once.
/// @param[in] user_data passed to open_url; may be NULL.
/// @param[in] destroy   frees user_data when the options are freed or get another function, and no
///                      log-in that was started with it is under way; may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_set_open_url(
    options: Option<&mut oauth_listener_options>,
    open_url: oauth_open_url_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
) {
    let user_data = UserData::new(user_data, destroy);
    guard::value((), || {
        if let Some(options) = options {
            options.open_url = open_url.map(|open_url| Arc::new(OpenUrl { open_url, user_data }));
        }
    });
}

fn change(options: Option<&mut oauth_listener_options>, change: impl FnOnce(&mut Options)) {
    guard::value((), || options.map_or((), |options| change(&mut options.options)));
}

/// Listens for the redirect from now on. Call it right before the browser opens.
///
/// Do not keep the listener longer than needed: the port is open to all programs of the machine.
///
/// @param[in]  options  NULL: the defaults of oauth_listener_options_new. May be freed after the
///                      call.
/// @param[out] listener free it with oauth_listener_free.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_SYSTEM: the port is in use or not permitted, or the machine does
///         not have the address, which the message names; OAUTH_ERROR_INVALID_ARGUMENT;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_open(
    options: Option<&oauth_listener_options>,
    listener: Option<&mut MaybeUninit<*mut oauth_listener>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(listener, "listener");
    report::status(error, || {
        out.check()?;
        let opened =
            options.map_or_else(|| Listener::open(&Options::default()), |options| Listener::open(&options.options))?;
        out.fill(Box::into_raw(Box::new(oauth_listener(opened))));
        Ok(())
    })
}

/// Closes the port and frees the listener.
///
/// A browser that still waits for the last page is shown that the log-in failed.
///
/// @param[in] listener may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_free(listener: Option<Box<oauth_listener>>) {
    guard::value((), || drop(listener));
}

/// Waits for the redirect of an authorization.
///
/// Sends a browser that opens oauth_listener_browser_url on to the URL of the authorization. Accepts
/// only a request on the path of the listener with the state of the authorization and the cookie
/// that this browser got (without the cookie after oauth_listener_options_set_check_browser(options,
/// false)); refuses all others, tells a person why, and continues to wait. A form_post comes from
/// another site, where browsers leave the cookie out: its sender is asked to fetch the last page
/// with the cookie, and is accepted when it does. After the redirect the port is closed, and the
/// browser waits for the page of oauth_listener_finish.
///
/// @code
/// oauth_listener *listener = NULL;
/// oauth_authorization *authorization = NULL;
/// char *redirect = NULL;
/// if (oauth_listener_open(NULL, &listener, &error) == OAUTH_OK
///     && oauth_authorization_begin(client, oauth_listener_redirect_uri(listener), "profile", NULL,
///                                  NULL, &authorization, &error) == OAUTH_OK
///     && oauth_browser_open(oauth_listener_browser_url(listener), &error) == OAUTH_OK
///     && oauth_listener_wait(listener, authorization, NULL, &redirect, &error) == OAUTH_OK)
///     use(redirect); // for oauth_authorization_finish; then call oauth_listener_finish
/// oauth_string_free(redirect);
/// oauth_authorization_free(authorization);
/// oauth_listener_free(listener);
/// @endcode
///
/// @param[in]  listener not NULL.
/// @param[in]  expected the authorization; not NULL, not changed.
/// @param[in]  options  deadline and cancel end the wait, as does the expiry of the authorization;
///                      other options have no effect. NULL: none. After OAUTH_ERROR_TIMEOUT or
///                      _CANCELLED, the call may be repeated.
/// @param[out] redirect for oauth_authorization_finish; free it with oauth_string_free, which wipes
///                      it.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_TIMEOUT, _CANCELLED; OAUTH_ERROR_EXPIRED: the authorization has
///         expired; OAUTH_ERROR_INVALID_STATE: the listener has had its redirect;
///         OAUTH_ERROR_SYSTEM; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_wait(
    listener: Option<&mut oauth_listener>,
    expected: Option<&oauth_authorization>,
    options: Option<&oauth_request_options>,
    redirect: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(redirect, "redirect");
    report::status(error, || {
        out.check()?;
        let listener = pointer::handle_mut(listener, "listener")?;
        let request = &pointer::handle(expected, "expected")?.request;
        let redirect = blocking::redirect_to(&mut listener.0, request, options::of(options))?;
        pointer::fill_string(out, redirect.as_str())
    })
}

/// Shows the last page in the browser that brought the redirect. Call it when the outcome is known.
///
/// Does nothing if no browser waits. Blocks for 2 s at most.
///
/// @param[in] listener  NULL: nothing is done.
/// @param[in] succeeded true: the success page; false: the failure page.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_finish(listener: Option<&mut oauth_listener>, succeeded: bool) {
    guard::value((), || listener.map_or((), |listener| listener.0.finish(succeeded)));
}

/// The redirect URI for oauth_authorization_begin: "http://127.0.0.1:PORT/".
///
/// @param[in] listener may be NULL.
/// @return valid until the listener is freed; NULL if listener is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_redirect_uri(listener: Option<&oauth_listener>) -> *const c_char {
    guard::text(|| listener.map(|listener| listener.0.redirect_uri().as_ptr()))
}

/// The one-time address to open the browser with: "http://127.0.0.1:PORT/..." with 43 random
/// characters.
///
/// It answers during oauth_listener_wait, to the first who opens it: with a cookie (HttpOnly,
/// SameSite=Lax, of a name that no other log-in has), and with a redirect to the URL of the
/// authorization. Afterwards it answers only to who brings the cookie. On Linux it does not answer
/// to other users of the machine at all, except root, and with sudo the user who called it.
///
/// @param[in] listener may be NULL.
/// @return valid until the listener is freed; NULL if listener is NULL, or after
///         oauth_listener_options_set_check_browser(options, false): open oauth_authorization_url.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_browser_url(listener: Option<&oauth_listener>) -> *const c_char {
    guard::text(|| listener?.0.browser_url().map(Secret::as_ptr))
}
