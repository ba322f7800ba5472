//! Client and Basic header
//!
//! A client is what the calls are made with: a checked config, connections that are kept between
//! calls, and the server's metadata. Make one for each server and client id, keep it as long as the
//! program runs, and use it from all threads.
//!
//! A client authenticates as its config says. oauth_basic_authorization is for a program that
//! passes the Authorization header itself, to oauth_request_token or oauth_refresh_token.

pub mod authorization_request;
pub mod config;
pub mod connections;
pub mod log;
pub mod metadata;
pub mod proof;
pub mod security_profile;
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

/// A checked config and its connections. Free it with oauth_client_free.
pub struct oauth_client(pub(crate) Arc<Client>);

/// Makes a client. The config needs an issuer or at least one endpoint. It is checked and copied:
/// it may be changed or freed afterwards. Certificates and, unless switched off, the environment
/// are read here. No connection is opened.
///
/// @code
/// oauth_client *client = NULL;
/// if (oauth_client_new(config, &client, &error) != OAUTH_OK)
///     fprintf(stderr, "%s\n", oauth_error_message(error));
/// oauth_client_free(client);
/// @endcode
///
/// @param[in]  config not NULL.
/// @param[out] client free it with oauth_client_free.
/// @param[out] error  NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_CONFIG: the message begins with the name of the setting;
///         OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
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
/// @return free it with oauth_client_free; NULL if client is NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_client_ref(client: Option<&oauth_client>) -> Option<Box<oauth_client>> {
    guard::value(None, || client.map(|client| Box::new(oauth_client(client.0.clone()))))
}

/// Frees a handle. The last one closes the connections, without waiting even for a name lookup that
/// runs. In a forked child it leaves the connections of the parent alone.
///
/// @param[in] client may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_client_free(client: Option<Box<oauth_client>>) {
    guard::value((), || drop(client));
}

/// How client id and secret are encoded before the base64 of a Basic header.
pub type oauth_basic_encoding = i32;

/// Both are form-encoded (RFC 6749 section 2.3.1), but only what decoding would change: percent
/// sign, plus sign, space (as %20), a colon in the id, and characters that are not ASCII. The rest
/// is sent as it is, so that servers that do not decode understand most secrets, too.
pub const OAUTH_BASIC_FORM_ENCODED: oauth_basic_encoding = 0;
/// Both are used as they are (RFC 7617), as many servers expect.
pub const OAUTH_BASIC_RAW: oauth_basic_encoding = 1;

/// Builds the value of a Basic Authorization header: "Basic ...".
///
/// @code
/// char *header = NULL;
/// if (oauth_basic_authorization("my-client-id", "my-secret", OAUTH_BASIC_FORM_ENCODED, &header,
///                               &error) == OAUTH_OK)
///     use(header);
/// oauth_string_free(header);
/// @endcode
///
/// @param[in]  client_id     not NULL; no control characters.
/// @param[in]  client_secret not NULL, may be empty; no control characters.
/// @param[in]  encoding      OAUTH_BASIC_FORM_ENCODED or OAUTH_BASIC_RAW.
/// @param[out] header        free it with oauth_string_free, which wipes it.
/// @param[out] error         NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT, also for a client id with a colon and
///         OAUTH_BASIC_RAW; OAUTH_ERROR_INTERNAL.
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
