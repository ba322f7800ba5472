//! What operations give.

use std::mem::MaybeUninit;

use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::operation::oauth_operation;
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
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
