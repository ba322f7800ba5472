//! Starting the other grants.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::options::{self, oauth_request_options};
use crate::ffi::call::params::oauth_params;
use crate::ffi::client::oauth_client;
use crate::ffi::operation::{self, oauth_operation};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::endpoint::arguments;
use crate::operations::Operation;
use crate::protocol::saml_assertion;
use crate::protocol::token_request::{Grant, TokenExchange};

/// Starts oauth_request_client_credentials.
///
/// @code
/// oauth_operation *operation = NULL;
/// oauth_token *fresh = NULL;
/// if (oauth_request_client_credentials_start(client, NULL, NULL, NULL, &operation, &error)
///     == OAUTH_OK) {
///     wait_in_loop(oauth_operation_descriptor(operation));
///     if (oauth_operation_token(operation, &fresh, &error) == OAUTH_OK)
///         use(oauth_token_authorization(fresh));
/// }
/// oauth_token_free(fresh);
/// oauth_operation_free(operation);
/// @endcode
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  scope            NULL: left out.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_client_credentials_start(
    client: Option<&oauth_client>,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::ClientCredentials { scope };
        let arguments = arguments(None, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_request_token_exchange.
///
/// @param[in]  client               not NULL; many threads may call at once.
/// @param[in]  subject_token        not NULL, not empty.
/// @param[in]  subject_token_type   not NULL, not empty.
/// @param[in]  actor_token          NULL: left out.
/// @param[in]  actor_token_type     NULL if, and only if, actor_token is NULL.
/// @param[in]  requested_token_type NULL: the server decides.
/// @param[in]  scope                NULL: left out.
/// @param[in]  field_parameters     NULL: none.
/// @param[in]  options              NULL: the settings of the client.
/// @param[out] operation            its result: oauth_operation_token; free it with
///                                  oauth_operation_free.
/// @param[out] error                NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_token_exchange_start(
    client: Option<&oauth_client>,
    subject_token: *const c_char,
    subject_token_type: *const c_char,
    actor_token: *const c_char,
    actor_token_type: *const c_char,
    requested_token_type: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let subject_token = unsafe { pointer::text(subject_token, "subject_token") }?;
        // SAFETY: as above.
        let subject_token_type = unsafe { pointer::text(subject_token_type, "subject_token_type") }?;
        // SAFETY: as above.
        let actor_token = unsafe { pointer::optional_text(actor_token, "actor_token") }?;
        // SAFETY: as above.
        let actor_token_type = unsafe { pointer::optional_text(actor_token_type, "actor_token_type") }?;
        // SAFETY: as above.
        let requested_token_type = unsafe { pointer::optional_text(requested_token_type, "requested_token_type") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::TokenExchange(TokenExchange {
            subject_token,
            subject_token_type,
            actor_token,
            actor_token_type,
            requested_token_type,
            scope,
        });
        let arguments = arguments(None, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_request_jwt_bearer.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  assertion        not NULL, not empty.
/// @param[in]  scope            NULL: left out.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_jwt_bearer_start(
    client: Option<&oauth_client>,
    assertion: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let assertion = unsafe { pointer::text(assertion, "assertion") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::JwtBearer { assertion, scope };
        let arguments = arguments(None, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_request_saml_bearer.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  assertion        not NULL, not empty.
/// @param[in]  scope            NULL: left out.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_saml_bearer_start(
    client: Option<&oauth_client>,
    assertion: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let assertion = unsafe { pointer::text(assertion, "assertion") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let assertion = saml_assertion::encoded(assertion)?;
        let grant = Grant::SamlBearer { assertion: assertion.as_str(), scope };
        let arguments = arguments(None, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_request_password.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  username         not NULL, not empty.
/// @param[in]  password         not NULL, may be empty.
/// @param[in]  scope            NULL: left out.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_password_start(
    client: Option<&oauth_client>,
    username: *const c_char,
    password: *const c_char,
    scope: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let username = unsafe { pointer::text(username, "username") }?;
        // SAFETY: as above.
        let password = unsafe { pointer::text(password, "password") }?;
        // SAFETY: as above.
        let scope = unsafe { pointer::optional_text(scope, "scope") }?;
        let grant = Grant::Password { username, password, scope };
        let arguments = arguments(None, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}

/// Starts oauth_request_grant.
///
/// @param[in]  client           not NULL; many threads may call at once.
/// @param[in]  grant_type       not NULL, not empty; not authorization_code or refresh_token.
/// @param[in]  field_parameters NULL: none.
/// @param[in]  options          NULL: the settings of the client.
/// @param[out] operation        its result: oauth_operation_token; free it with
///                              oauth_operation_free.
/// @param[out] error            NULL: not wanted; free it with oauth_error_free.
/// @return the statuses of oauth_session_token_start.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_request_grant_start(
    client: Option<&oauth_client>,
    grant_type: *const c_char,
    field_parameters: Option<&oauth_params>,
    options: Option<&oauth_request_options>,
    operation: Option<&mut MaybeUninit<*mut oauth_operation>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(operation, "operation");
    report::status(error, || {
        out.check()?;
        let client = &pointer::handle(client, "client")?.0;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let grant_type = unsafe { pointer::text(grant_type, "grant_type") }?;
        let grant = Grant::Extension { grant_type };
        let arguments = arguments(None, field_parameters);
        operation::fill(out, Operation::token(client, grant, arguments, options::of(options)))
    })
}
