//! What the server says of itself.

use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::ffi::boundary::guard;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::protocol::metadata::Metadata;

/// The server's metadata (RFC 8414, OpenID Connect Discovery). Immutable; free it with oauth_metadata_free.
pub struct oauth_metadata(Arc<Metadata>);

/// The metadata of the client's issuer: from memory when they are fresh, else asked for, once for all threads.
///
/// @param[in]  client   not NULL; its config has an issuer. Many threads may call at once.
/// @param[in]  options  NULL: those of the client.
/// @param[out] metadata free it with oauth_metadata_free.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_CONFIG without an issuer, or when it has no metadata anywhere;
///         OAUTH_ERROR_ISSUER_MISMATCH when they are of another issuer; OAUTH_ERROR_INVALID_RESPONSE, _HTTP, _REDIRECT,
///         _RESPONSE_TOO_LARGE; _CONNECT, _TLS, _TIMEOUT, _CANCELLED, _CONNECTION_LOST; _CALLBACK; _INTERNAL; _BUSY in a
///         callback of the call that is fetching them.
/// @since 0.1
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_metadata(
    client: Option<&oauth_client>,
    options: Option<&oauth_request_options>,
    metadata: Option<&mut MaybeUninit<*mut oauth_metadata>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(metadata, "metadata");
    report::status(error, || {
        out.check()?;
        let client = pointer::handle(client, "client")?;
        let metadata = client.0.metadata(options::of(options))?;
        out.fill(Box::into_raw(Box::new(oauth_metadata(metadata))));
        Ok(())
    })
}

/// Frees a handle.
///
/// @param[in] metadata may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_metadata_free(metadata: Option<Box<oauth_metadata>>) {
    guard::value((), || drop(metadata));
}

/// What the metadata say: "token_endpoint", "scopes_supported", "grant_types_supported" ... (RFC 8414 section 2).
///
/// @param[in] metadata may be NULL.
/// @return valid until this handle is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_metadata_json(metadata: Option<&oauth_metadata>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&metadata?.0.json)))
}
