//! What operations give.

use std::mem::MaybeUninit;

use crate::error::{Error, Status};
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::client::metadata::oauth_metadata;
use crate::ffi::log_in::authorization::{self, oauth_authorization};
use crate::ffi::log_in::device::{self, oauth_device_authorization};
use crate::ffi::operation::oauth_operation;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::token::introspection::oauth_introspection;
use crate::ffi::token::userinfo::oauth_userinfo;
use crate::ffi::token::{self, oauth_token};
use crate::operations::Outcome;

/// Gets the result of an operation that gives a token.
///
/// @param[in]  operation not NULL.
/// @param[out] token     free it with oauth_token_free. Each call gives another handle.
/// @param[out] error     NULL: not wanted; free it with oauth_error_free. The HTTP response of a
///                       failure comes with the first call alone.
/// @return the statuses of the function that was started; also OAUTH_ERROR_BUSY: it is not done;
///         OAUTH_ERROR_INVALID_ARGUMENT: it gives something else.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_token(
    operation: Option<&mut oauth_operation>,
    token: Option<&mut MaybeUninit<*mut oauth_token>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(token, "token");
    report::status(error, || {
        out.check()?;
        let operation = pointer::handle_mut(operation, "operation")?;
        token::fill_shared(
            out,
            operation.0.result("token", |outcome| match outcome {
                Outcome::Token(token) => Some(token.clone()),
                _ => None,
            }),
        )
    })
}

/// Gets the result of oauth_request_metadata_start.
///
/// @param[in]  operation not NULL.
/// @param[out] metadata  free it with oauth_metadata_free. Each call gives another handle.
/// @param[out] error     as for oauth_operation_token.
/// @return the statuses of oauth_operation_token.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_metadata(
    operation: Option<&mut oauth_operation>,
    metadata: Option<&mut MaybeUninit<*mut oauth_metadata>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(metadata, "metadata");
    report::status(error, || {
        out.check()?;
        let operation = pointer::handle_mut(operation, "operation")?;
        let given = operation.0.result("metadata", |outcome| match outcome {
            Outcome::Metadata(given) => Some(given.clone()),
            _ => None,
        })?;
        out.fill(Box::into_raw(Box::new(oauth_metadata(given))));
        Ok(())
    })
}

/// Gets the result of oauth_request_userinfo_start.
///
/// @param[in]  operation not NULL.
/// @param[out] userinfo  free it with oauth_userinfo_free. Each call gives another handle.
/// @param[out] error     as for oauth_operation_token.
/// @return the statuses of oauth_operation_token.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_userinfo(
    operation: Option<&mut oauth_operation>,
    userinfo: Option<&mut MaybeUninit<*mut oauth_userinfo>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(userinfo, "userinfo");
    report::status(error, || {
        out.check()?;
        let operation = pointer::handle_mut(operation, "operation")?;
        let given = operation.0.result("userinfo", |outcome| match outcome {
            Outcome::Userinfo(given) => Some(given.clone()),
            _ => None,
        })?;
        out.fill(Box::into_raw(Box::new(oauth_userinfo(given))));
        Ok(())
    })
}

/// Gets the result of oauth_introspect_start.
///
/// @param[in]  operation     not NULL.
/// @param[out] introspection free it with oauth_introspection_free. Each call gives another handle.
/// @param[out] error         as for oauth_operation_token.
/// @return the statuses of oauth_operation_token.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_introspection(
    operation: Option<&mut oauth_operation>,
    introspection: Option<&mut MaybeUninit<*mut oauth_introspection>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(introspection, "introspection");
    report::status(error, || {
        out.check()?;
        let operation = pointer::handle_mut(operation, "operation")?;
        let given = operation.0.result("introspection", |outcome| match outcome {
            Outcome::Introspection(given) => Some(given.clone()),
            _ => None,
        })?;
        out.fill(Box::into_raw(Box::new(oauth_introspection(given))));
        Ok(())
    })
}

/// Gets the result of oauth_authorization_begin_start, once.
///
/// @param[in]  operation     not NULL.
/// @param[out] authorization free it with oauth_authorization_free.
/// @param[out] error         as for oauth_operation_token.
/// @return the statuses of oauth_operation_token; also OAUTH_ERROR_INVALID_STATE: it was given
///         already.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_authorization(
    operation: Option<&mut oauth_operation>,
    authorization: Option<&mut MaybeUninit<*mut oauth_authorization>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(authorization, "authorization");
    report::status(error, || {
        out.check()?;
        let operation = pointer::handle_mut(operation, "operation")?;
        let given = operation.0.result("authorization", |outcome| match outcome {
            Outcome::Authorization(given) => Some(given.take()),
            _ => None,
        })?;
        authorization::fill(out, operation.0.client(), *given.ok_or_else(given_already)?);
        Ok(())
    })
}

/// Gets the result of oauth_device_authorization_begin_start, once.
///
/// @param[in]  operation not NULL.
/// @param[out] device    free it with oauth_device_authorization_free.
/// @param[out] error     as for oauth_operation_token.
/// @return the statuses of oauth_operation_token; also OAUTH_ERROR_INVALID_STATE: it was given
///         already.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_device_authorization(
    operation: Option<&mut oauth_operation>,
    device: Option<&mut MaybeUninit<*mut oauth_device_authorization>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(device, "device");
    report::status(error, || {
        out.check()?;
        let operation = pointer::handle_mut(operation, "operation")?;
        let given = operation.0.result("device authorization", |outcome| match outcome {
            Outcome::Device(given) => Some(given.take()),
            _ => None,
        })?;
        device::fill(out, operation.0.client(), *given.ok_or_else(given_already)?);
        Ok(())
    })
}

/// Gets the status of any operation; for those that give nothing else, it is the whole result.
///
/// @code
/// oauth_operation *operation = NULL;
/// if (oauth_revoke_start(client, refresh_token, "refresh_token", NULL, &operation, &error)
///     == OAUTH_OK) {
///     wait_in_loop(oauth_operation_descriptor(operation)); // beside all else
///     if (oauth_operation_result(operation, &error) != OAUTH_OK)
///         fprintf(stderr, "the token is still valid: %s\n", oauth_error_message(error));
/// }
/// oauth_operation_free(operation);
/// @endcode
///
/// @param[in]  operation not NULL.
/// @param[out] error     as for oauth_operation_token.
/// @return the statuses of the function that was started; also OAUTH_ERROR_BUSY: it is not done.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_operation_result(
    operation: Option<&mut oauth_operation>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    report::status(error, || pointer::handle_mut(operation, "operation")?.0.result("", |_| Some(())))
}

fn given_already() -> Error {
    Error::new(Status::InvalidState, "the operation has given its result already")
}
