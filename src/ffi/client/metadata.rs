//! Metadata
//!
//! A server publishes its endpoints and what it supports as a JSON document (RFC 8414, OpenID
//! Connect Discovery). Calls that need an endpoint fetch it by themselves. oauth_request_metadata
//! is for a program that reads it, or wants the fetch to happen early.
//!
//! One fetch serves all threads of a process. The metadata are kept as long as the response's
//! Cache-Control or Expires allows, but at least a minute and at most a day; an hour without them.
//! If the server then cannot be reached, or fails, the old metadata stay in use, and the log warns.
//!
//! Many servers publish two documents, one of OpenID Connect and one of OAuth. The first that is
//! found is used. Only a call whose endpoint is missing there (device authorization, revocation,
//! introspection, userinfo) looks into the other one, which must name the same issuer.

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

/// The server's metadata (RFC 8414). Immutable; free it with oauth_metadata_free.
pub struct oauth_metadata(pub(crate) Arc<Metadata>);

/// Gives the metadata of the client's issuer: from memory while they are fresh, else from the
/// server.
///
/// @code
/// oauth_metadata *metadata = NULL;
/// if (oauth_request_metadata(client, NULL, &metadata, &error) == OAUTH_OK)
///     use(oauth_json_text(oauth_metadata_json(metadata), "token_endpoint"));
/// oauth_metadata_free(metadata);
/// @endcode
///
/// @param[in]  client   not NULL; many threads may call at once. Its config has an issuer.
/// @param[in]  options  NULL: the settings of the client.
/// @param[out] metadata free it with oauth_metadata_free.
/// @param[out] error    NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INVALID_CONFIG: there is no issuer,
///         or its metadata were not found; OAUTH_ERROR_ISSUER_MISMATCH: the metadata name another
///         issuer; OAUTH_ERROR_INVALID_RESPONSE, _HTTP, _REDIRECT, _RESPONSE_TOO_LARGE; _CONNECT,
///         _TLS, _TIMEOUT, _CANCELLED, _CONNECTION_LOST; _CALLBACK; _INTERNAL; OAUTH_ERROR_BUSY:
///         called from a callback of the call that fetches them.
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
#[unsafe(no_mangle)]
pub extern "C" fn oauth_metadata_free(metadata: Option<Box<oauth_metadata>>) {
    guard::value((), || drop(metadata));
}

/// The members of the metadata: "token_endpoint", "scopes_supported", "grant_types_supported" ...
/// (RFC 8414 section 2).
///
/// @param[in] metadata may be NULL.
/// @return valid until the metadata is freed; NULL if metadata is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_metadata_json(metadata: Option<&oauth_metadata>) -> *const oauth_json {
    guard::borrowed(|| Some(oauth_json::borrow(&metadata?.0.json)))
}
