//! The loopback listener, to which the browser brings the redirect.

use std::ffi::{CString, c_char, c_void};
use std::mem::MaybeUninit;

use crate::blocking;
use crate::error::{Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::log_in::authorization::oauth_authorization;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};
use crate::secret::Secret;
use crate::transport::loopback::listener::Listener;
use crate::transport::loopback::{Host, Options};

/// Where to listen, and what to show at the end. A builder; free it with oauth_listener_options_free.
#[derive(Default)]
pub struct oauth_listener_options {
    pub(crate) options: Options,
    pub(crate) open_url: Option<OpenUrl>,
}

/// Shows the user a URL: prints it, opens a web view ... Returns OAUTH_OK, or anything else to stop. Called once, on the
/// thread of oauth_log_in (inside a callback or a Rust runtime: on one that stands in for it), with no lock held and
/// SIGPIPE blocked; url is valid only during the call. Must return before the user has finished: the redirect is waited for
/// afterwards. Must not unwind or longjmp.
pub type oauth_open_url_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, url: *const c_char) -> oauth_status>;

/// The program's function.
pub(crate) struct OpenUrl {
    open_url: unsafe extern "C" fn(user_data: *mut c_void, url: *const c_char) -> oauth_status,
    user_data: UserData,
}

impl OpenUrl {
    pub(crate) fn call(&self, url: &str) -> Result<()> {
        let url = CString::new(url).map_err(|_| Error::new(Status::Internal, "a URL held U+0000"))?;
        // SAFETY: a function of the program with the data it asked for; the URL lives during the call.
        let status = unsafe { (self.open_url)(self.user_data.pointer(), url.as_ptr()) };
        match status {
            OAUTH_OK => Ok(()),
            _ => Err(Error::new(Status::Callback, &format!("open_url returned {status}"))),
        }
    }
}

/// Waits on this machine for the one redirect that ends an authorization (RFC 8252 section 7.3). Free it with
/// oauth_listener_free.
pub struct oauth_listener(Listener);

/// Options for any free port of 127.0.0.1, the path / and the library's own pages.
///
/// @return free them with oauth_listener_options_free; never NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_new() -> Box<oauth_listener_options> {
    Box::default()
}

/// Frees the options; listeners opened with them live on.
///
/// @param[in] options may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_free(options: Option<Box<oauth_listener_options>>) {
    guard::value((), || drop(options));
}

/// The host of the redirect URI, as it is registered at the server (RFC 8252 section 8.3 advises against localhost).
///
/// @param[in] options NULL: nothing is done.
/// @param[in] host    not NULL; "127.0.0.1", "::1" or "localhost", for which both addresses are listened on.
/// @since 0.1
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

/// The port of the redirect URI.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] port    0: any free one, which servers have to accept (RFC 8252 section 7.3).
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_options_set_port(options: Option<&mut oauth_listener_options>, port: u16) {
    change(options, |options| options.port = port);
}

/// The path of the redirect URI.
///
/// @param[in] options NULL: nothing is done.
/// @param[in] path    not NULL; begins with /, as a browser writes it, or empty for a redirect URI without one. Copied.
/// @since 0.1
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

/// The pages that the browser shows at the end, in place of the library's own.
///
/// @param[in] options      NULL: nothing is done.
/// @param[in] success_html a whole HTML page; NULL: the library's own. Copied.
/// @param[in] failure_html the same.
/// @since 0.1
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

/// The program's own way to show the user the URL in oauth_log_in, in place of oauth_browser_open.
///
/// @param[in] options   NULL: nothing is done, but destroy is called.
/// @param[in] open_url  NULL: oauth_browser_open, and destroy is called.
/// @param[in] user_data passed to open_url; may be NULL.
/// @param[in] destroy   frees user_data when the options no longer need it; NULL: nothing to free.
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
            options.open_url = open_url.map(|open_url| OpenUrl { open_url, user_data });
        }
    });
}

fn change(options: Option<&mut oauth_listener_options>, change: impl FnOnce(&mut Options)) {
    guard::value((), || options.map_or((), |options| change(&mut options.options)));
}

/// Listens, from now on, for the redirect; open it right before the browser, and do not keep it longer than needed.
///
/// @param[in]  options  NULL: the defaults. May be freed afterwards.
/// @param[out] listener free it with oauth_listener_free.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_SYSTEM: the port is in use, or the machine does not have the address; the message names
///         it; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
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

/// Closes and frees the listener. A browser that still waits for its page is shown that signing in did not work.
///
/// @param[in] listener may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_free(listener: Option<Box<oauth_listener>>) {
    guard::value((), || drop(listener));
}

/// Waits for the redirect that answers an authorization. Only a request on the listener's path with that authorization's
/// state counts; everything else is refused and waited past. Once it has come, nothing listens any more, and the browser
/// waits for oauth_listener_finish.
///
/// @param[in]  listener not NULL.
/// @param[in]  expected not NULL; stays as it is.
/// @param[in]  options  NULL: none. The deadline bounds the wait, and so does the authorization's lifetime; a wait that was
///                      cancelled or timed out may be called again.
/// @param[out] redirect for oauth_authorization_finish; free it with oauth_string_free, which wipes it.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_TIMEOUT, _CANCELLED, _EXPIRED; OAUTH_ERROR_INVALID_STATE: the redirect has come before;
///         OAUTH_ERROR_SYSTEM; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
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
        let request = &pointer::handle(expected, "expected")?.authorization.request;
        let redirect = blocking::redirect_to(&mut listener.0, request, options::of(options))?;
        pointer::fill_string(out, redirect.as_str())
    })
}

/// Shows the last page in the browser that brought the redirect; call it when the outcome is known. Without such a
/// browser nothing is done. Blocks for 2 s at most.
///
/// @param[in] listener  NULL: nothing is done.
/// @param[in] succeeded which page: that the user is signed in, or that signing in did not work.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_finish(listener: Option<&mut oauth_listener>, succeeded: bool) {
    guard::value((), || listener.map_or((), |listener| listener.0.finish(succeeded)));
}

/// The redirect URI to begin the authorization with: "http://127.0.0.1:PORT/".
///
/// @param[in] listener may be NULL.
/// @return valid until the listener is freed; NULL only for a NULL listener.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_listener_redirect_uri(listener: Option<&oauth_listener>) -> *const c_char {
    guard::text(|| listener.map(|listener| listener.0.redirect_uri().as_ptr()))
}
