//! Starting questions to the server
//!
//! Metadata, userinfo, introspection and revocation.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::client::oauth_client;
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::oauth_token;
use crate::operations::Operation;

/// Starts oauth_request_metadata.
///
/// @code
/// oauth_operation *operation = NULL;
/// oauth_metadata *metadata = NULL;
/// if (oauth_request_metadata_start(client, NULL, &operation, &error) == OAUTH_OK) {
///     wait_in_loop(oauth_operation_descriptor(operation));
///     if (oauth_operation_metadata(operation, &metadata, &error) == OAUTH_OK)
///         use(oauth_json_text(oauth_metadata_json(metadata), "token_endpoint"));
/// }
/// oauth_metadata_free(metadata);
/// oauth_operation_free(operation);
/// @endcode
///
/// @param[in]  client    not NULL; many threads may call at once. Its config has an issuer.
/// @param[in]  options   NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_metadata; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_metadata_start(
    client: Option<&oauth_client>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        operation::fill(out, Operation::metadata(client, options::of(options)))
    })
}

/// Starts oauth_request_userinfo.
///
/// @param[in]  client    not NULL; many threads may call at once.
/// @param[in]  token     not NULL.
/// @param[in]  options   NULL: the settings of the client.
/// @param[out] operation its result: oauth_operation_userinfo; free it with oauth_operation_free.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_request_userinfo_start(
    client: Option<&oauth_client>,
    token: Option<&oauth_token>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        let token = &pointer::handle(token, "token")?.0;
        operation::fill(out, Operation::userinfo(client, token, options::of(options)))
    })
}

/// Starts oauth_introspect.
///
/// @param[in]  client          not NULL; many threads may call at once. Its config has a client id.
/// @param[in]  token           not NULL, not empty.
/// @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
/// @param[in]  options         NULL: the settings of the client.
/// @param[out] operation       its result: oauth_operation_introspection; free it with
///                             oauth_operation_free.
/// @param[out] error           NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_introspect_start(
    client: Option<&oauth_client>,
    token: *const c_char,
    token_type_hint: *const c_char,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let token = unsafe { pointer::text(token, "token") }?;
        // SAFETY: as above.
        let token_type_hint = unsafe { pointer::optional_text(token_type_hint, "token_type_hint") }?;
        operation::fill(out, Operation::introspect(client, token, token_type_hint, options::of(options)))
    })
}

/// Starts oauth_revoke.
///
/// @param[in]  client          not NULL; many threads may call at once. Its config has a client id.
/// @param[in]  token           not NULL, not empty.
/// @param[in]  token_type_hint "access_token", "refresh_token"; NULL: left out.
/// @param[in]  options         NULL: the settings of the client.
/// @param[out] operation       its result: oauth_operation_result; free it with
///                             oauth_operation_free.
/// @param[out] error           NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_revoke_start(
    client: Option<&oauth_client>,
    token: *const c_char,
    token_type_hint: *const c_char,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let token = unsafe { pointer::text(token, "token") }?;
        // SAFETY: as above.
        let token_type_hint = unsafe { pointer::optional_text(token_type_hint, "token_type_hint") }?;
        operation::fill(out, Operation::revoke(client, token, token_type_hint, options::of(options)))
    })
}
