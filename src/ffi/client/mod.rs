//! Client handles.

pub mod config;
pub mod connections;
pub mod log;
pub mod metadata;
pub mod server;
pub mod transport;

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::blocking::Client;
use crate::error::Error;
use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::client::config::oauth_config;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::protocol::client_authentication::{BasicEncoding, basic};

/// A client: a checked configuration, and connections that are kept between calls. For all threads at once, and usable
/// after fork in parent and child. Free it with oauth_client_free.
pub struct oauth_client(pub(crate) Arc<Client>);

/// Makes a client. Everything in the config is checked, and copied: the config may be changed or freed afterwards.
/// Certificates and, unless switched off, the environment are read here, once. No connection is opened.
///
/// @param[in]  config not NULL.
/// @param[out] client free it with oauth_client_free.
/// @param[out] error  NULL: not wanted; free it with oauth_error_free. Its message begins with the offending setting.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_CONFIG; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_client_new(
    config: Option<&oauth_config>,
    client: Option<&mut MaybeUninit<*mut oauth_client>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(client, "client");
    report::status(error, || {
        out.check()?;
        let (config, route) = pointer::handle(config, "config")?.0.build()?;
        out.fill(Box::into_raw(Box::new(oauth_client(Arc::new(Client::new(config, route))))));
        Ok(())
    })
}

/// Another handle to the same client.
///
/// @param[in] client may be NULL.
/// @return free it with oauth_client_free; NULL for NULL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_client_ref(client: Option<&oauth_client>) -> Option<Box<oauth_client>> {
    guard::value(None, || client.map(|client| Box::new(oauth_client(client.0.clone()))))
}

/// Frees a handle. With the last one connections are closed; it returns at once, even while a name is being looked up.
/// In a forked child the connections of the parent stay as they are.
///
/// @param[in] client may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_client_free(client: Option<Box<oauth_client>>) {
    guard::value((), || drop(client));
}

/// What goes before the base64 of a Basic header.
pub type oauth_basic_encoding = i32;

/// Form-encode identifier and secret first, as RFC 6749 section 2.3.1 says.
pub const OAUTH_BASIC_FORM_ENCODED: oauth_basic_encoding = 0;
/// Take them as they are (RFC 7617), as many servers want it.
pub const OAUTH_BASIC_RAW: oauth_basic_encoding = 1;

/// Builds the value of a Basic Authorization header: "Basic ...".
///
/// @param[in]  client_id     not NULL; no control characters.
/// @param[in]  client_secret not NULL, may be empty; no control characters.
/// @param[in]  encoding      OAUTH_BASIC_FORM_ENCODED or OAUTH_BASIC_RAW.
/// @param[out] header        free it with oauth_string_free, which wipes it.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for a raw identifier with a colon; OAUTH_ERROR_INTERNAL.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_basic_authorization(
    client_id: *const c_char,
    client_secret: *const c_char,
    encoding: oauth_basic_encoding,
    header: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(header, "header");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let client_id = unsafe { pointer::text(client_id, "client_id") }?;
        // SAFETY: as above.
        let client_secret = unsafe { pointer::text(client_secret, "client_secret") }?;
        let encoding = match encoding {
            OAUTH_BASIC_FORM_ENCODED => BasicEncoding::Form,
            OAUTH_BASIC_RAW => BasicEncoding::Raw,
            _ => return Err(Error::argument("encoding", "is none of OAUTH_BASIC_...")),
        };
        pointer::fill_string(out, basic(client_id, client_secret, encoding)?.as_str())
    })
}
