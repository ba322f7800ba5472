//! Sources
//!
//! A source gives a credential that comes from outside and changes: the token that Kubernetes
//! mounts, what a metadata service or a CI hands out, what a helper prints, a password that is
//! replaced every day, or the token of another session. It is read anew for each use, and serves as
//! - the client's own proof (oauth_config_set_client_assertion);
//! - the subject or actor token of a session (oauth_session_options_set_token_exchange);
//! - the assertion of a session (oauth_session_options_set_jwt_bearer);
//! - the token of a session itself (oauth_session_options_set_source);
//! - the password at a Redis server (oauth_store_options_set_redis_password).
//!
//! A source gives at most 1 MiB of UTF-8, not empty, without U+0000. Anything else is
//! OAUTH_ERROR_SOURCE: a missing file, an HTTP status, a command that failed, no JSON, nothing at
//! the JSON pointer. The message names the source and never shows what it gave.
//!
//! Time. A call waits for a source until its deadline or its timeout, or until it is cancelled; for
//! a URL or a command at most 10 s. What may wait is read on a short-lived thread of the library.

mod built_in;

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking;
use crate::error::{Error, Result, Status};
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, IS_NULL, Out};
use crate::ffi::boundary::user_data::{UserData, oauth_destroy_fn};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};
use crate::secret::Secret;
use crate::source::Source;

/// Gives a credential that comes from outside. Many threads may use it at once; free it with
/// oauth_source_free.
pub struct oauth_source(pub(crate) Arc<dyn Source>);

/// The result of a source's function. Valid only during that call.
pub struct oauth_source_value(std::result::Result<Secret, &'static str>);

/// Gives the credential as it is now, by oauth_source_value_set.
///
/// It runs on a short-lived thread of the library, or on the thread of the call that needs the
/// credential, and may be called by several at once. It may block: calls keep their deadlines
/// meanwhile. It may use the library, but not the session that needs the credential
/// (OAUTH_ERROR_BUSY).
///
/// @code
/// oauth_status read_password(void *user_data, oauth_source_value *value)
/// {
///     char password[256];
///     if (!read_from_vault(user_data, password, sizeof password)) // the program's function
///         return OAUTH_ERROR_CALLBACK;
///     oauth_source_value_set(value, password);
///     return OAUTH_OK;
/// }
/// @endcode
///
/// @param[in] user_data as passed to oauth_source_from_callback.
/// @param[in] value     not NULL.
/// @return OAUTH_OK; any other status is an error, and so is OAUTH_OK without a value.
pub type oauth_source_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, value: *mut oauth_source_value) -> oauth_status>;

type Read = unsafe extern "C" fn(*mut c_void, *mut oauth_source_value) -> oauth_status;

struct Program {
    read: Read,
    user_data: UserData,
}

impl Source for Program {
    fn read(&self) -> Result<Secret> {
        let failed = |how: &str| Error::new(Status::Callback, &format!("the source's function {how}"));
        let mut value = oauth_source_value(Err("set no value"));
        // SAFETY: a function of the program, called with its user_data (header: Callbacks); the value lives during the call.
        match unsafe { (self.read)(self.user_data.pointer(), &raw mut value) } {
            OAUTH_OK => value.0.map_err(failed),
            status => Err(failed(&format!("returned {status}"))),
        }
    }
}

/// Makes a source of a function of the program.
///
/// @param[in]  read      not NULL.
/// @param[in]  user_data passed to read; may be NULL.
/// @param[in]  destroy   frees user_data when the source is no longer used; NULL: nothing does.
/// @param[out] source    free it with oauth_source_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_source_from_callback(
    read: oauth_source_fn,
    user_data: *mut c_void,
    destroy: oauth_destroy_fn,
    source: Option<&mut MaybeUninit<*mut oauth_source>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let user_data = UserData::new(user_data, destroy);
    let out = Out::new(source, "source");
    report::status(error, || {
        out.check()?;
        let read = read.ok_or_else(|| Error::argument("read", IS_NULL))?;
        out.fill(Box::into_raw(Box::new(oauth_source(Arc::new(Program { read, user_data })))));
        Ok(())
    })
}

/// Sets the credential, in a source's function. The last call counts.
///
/// @param[in] value NULL: nothing is done.
/// @param[in] text  copied; NULL, bad UTF-8 and the empty string make the use of the source fail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_source_value_set(value: Option<&mut oauth_source_value>, text: *const c_char) {
    guard::value((), || {
        let Some(value) = value else { return };
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        value.0 = match unsafe { pointer::required(text) } {
            Ok(text) if text.as_str().is_empty() => Err("set an empty value"),
            Ok(text) => Ok(text),
            Err(IS_NULL) => Err("set NULL"),
            Err(_) => Err("set a value that is not valid UTF-8"),
        };
    });
}

/// Reads a source now: to try it when a program starts, or for a use of its own.
///
/// @param[in]  source  not NULL; many threads may read it at once.
/// @param[in]  options only its deadline, timeout, cancel and interrupt count; NULL: 30 s.
/// @param[out] text    the credential; free it with oauth_string_free, which wipes it.
/// @param[out] error   NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_SOURCE: there is none; OAUTH_ERROR_CALLBACK: its function failed;
///         OAUTH_ERROR_TIMEOUT; OAUTH_ERROR_CANCELLED; OAUTH_ERROR_INVALID_ARGUMENT;
///         OAUTH_ERROR_BUSY: it is a session, and the call was made in a callback of that session;
///         OAUTH_ERROR_SYSTEM; OAUTH_ERROR_INTERNAL. Of a session also what oauth_session_token
///         returns.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_source_read(
    source: Option<&oauth_source>,
    options: Option<&oauth_request_options>,
    text: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(text, "text");
    report::status(error, || {
        out.check()?;
        let source = &pointer::handle(source, "source")?.0;
        pointer::fill_string(out, blocking::source::read(source, options::of(options))?.as_str())
    })
}

/// Makes another handle to the same source.
///
/// @param[in] source may be NULL.
/// @return free it with oauth_source_free; NULL if source is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_source_ref(source: Option<&oauth_source>) -> Option<Box<oauth_source>> {
    guard::value(None, || source.map(|source| Box::new(oauth_source(source.0.clone()))))
}

/// Frees a source handle. What was made with the source keeps it.
///
/// @param[in] source may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_source_free(source: Option<Box<oauth_source>>) {
    guard::value((), || drop(source));
}
