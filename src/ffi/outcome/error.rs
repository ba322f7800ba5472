//! Errors
//!
//! An oauth_error holds all that is known about a failed call. It does not change. Its getters
//! accept NULL.
//!
//! oauth_error_message is for people: log it or show it. It never holds a secret, even if the
//! server sent one back. oauth_error_advice is for the program: it says what to do next. The
//! oauth_error_provider_ values and the HTTP response are the server's own words. They may hold
//! anything, also secrets that the server was sent: do not show them to users.
//!
//! An error that is not freed before its place is used again leaks. Joining calls with && is safe:
//! the second one runs only if the first one set no error.
//!
//! An error has no HTTP response if none came (connection, timeout, cancelling), if it came in a
//! redirect, or if another call received the response (so OAUTH_ERROR_LOGIN_REQUIRED of a session
//! has it once).
//!
//! Where a message would hold a secret of the call, it has [redacted] instead.

use std::ffi::c_char;
use std::sync::Arc;

use once_cell::race::OnceBox;

use crate::error::{Error, ProviderError};
use crate::ffi::boundary::guard;
use crate::ffi::outcome::deviations::oauth_deviations;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::response::oauth_response;
use crate::ffi::outcome::status::{OAUTH_OK, oauth_status};
use crate::protocol::json_value::Value;
use crate::secret::{Secret, SecretBytes};
use crate::text::Text;

/// All that is known about a failed call. Immutable; free it with oauth_error_free.
pub struct oauth_error(Arc<Failure>);

struct Failure {
    error: Error,
    /// The server's JSON, parsed by the first call that asks for it.
    provider_json: OnceBox<Option<Value>>,
}

impl oauth_error {
    pub(crate) fn new(error: Error) -> Self {
        Self(Arc::new(Failure { error, provider_json: OnceBox::new() }))
    }

    /// The error, without its response if the program has made another handle.
    pub(crate) fn into_error(self) -> Error {
        Arc::try_unwrap(self.0).map_or_else(|shared| shared.error.repeated(), |failure| failure.error)
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        self.0.error.message.as_str()
    }
}

/// The OAuth error code of the server as a number.
pub type oauth_provider_code = i32;

/// No OAuth error, or an unknown code: see oauth_error_provider_error.
pub const OAUTH_PROVIDER_UNKNOWN: oauth_provider_code = 0;
/// A parameter is missing, repeated or invalid (RFC 6749 section 5.2).
pub const OAUTH_PROVIDER_INVALID_REQUEST: oauth_provider_code = 1;
/// Client authentication failed (RFC 6749 section 5.2).
pub const OAUTH_PROVIDER_INVALID_CLIENT: oauth_provider_code = 2;
/// Code or refresh token invalid, expired, revoked or not this client's (RFC 6749 section 5.2).
pub const OAUTH_PROVIDER_INVALID_GRANT: oauth_provider_code = 3;
/// This client may not use this grant type (RFC 6749 section 5.2).
pub const OAUTH_PROVIDER_UNAUTHORIZED_CLIENT: oauth_provider_code = 4;
/// The server does not support this grant type (RFC 6749 section 5.2).
pub const OAUTH_PROVIDER_UNSUPPORTED_GRANT_TYPE: oauth_provider_code = 5;
/// The scope is invalid, unknown, or more than was granted (RFC 6749 section 5.2).
pub const OAUTH_PROVIDER_INVALID_SCOPE: oauth_provider_code = 6;
/// The server failed (RFC 6749 section 4.1.2.1).
pub const OAUTH_PROVIDER_SERVER_ERROR: oauth_provider_code = 7;
/// The server is overloaded or under maintenance (RFC 6749 section 4.1.2.1).
pub const OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE: oauth_provider_code = 8;
/// The user or the server denied the request (RFC 6749 section 4.1.2.1).
pub const OAUTH_PROVIDER_ACCESS_DENIED: oauth_provider_code = 9;
/// The server does not support this response type (RFC 6749 section 4.1.2.1).
pub const OAUTH_PROVIDER_UNSUPPORTED_RESPONSE_TYPE: oauth_provider_code = 10;
/// The user has not decided yet (RFC 8628 section 3.5).
pub const OAUTH_PROVIDER_AUTHORIZATION_PENDING: oauth_provider_code = 11;
/// The user has not decided yet; polling is too fast (RFC 8628 section 3.5).
pub const OAUTH_PROVIDER_SLOW_DOWN: oauth_provider_code = 12;
/// The device code has expired (RFC 8628 section 3.5).
pub const OAUTH_PROVIDER_EXPIRED_TOKEN: oauth_provider_code = 13;
/// The resource or audience is invalid, unknown or not allowed (RFC 8707 section 2).
pub const OAUTH_PROVIDER_INVALID_TARGET: oauth_provider_code = 14;
/// The server cannot revoke tokens of this type (RFC 7009 section 2.2.1).
pub const OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE: oauth_provider_code = 15;
/// The DPoP proof needs a nonce of the server (RFC 9449 section 8).
pub const OAUTH_PROVIDER_USE_DPOP_NONCE: oauth_provider_code = 16;
/// The DPoP proof is invalid (RFC 9449 section 5).
pub const OAUTH_PROVIDER_INVALID_DPOP_PROOF: oauth_provider_code = 17;
/// The user must log in at the server (OpenID Connect Core 3.1.2.6).
pub const OAUTH_PROVIDER_LOGIN_REQUIRED: oauth_provider_code = 18;
/// The server must show the user a page (OpenID Connect Core 3.1.2.6).
pub const OAUTH_PROVIDER_INTERACTION_REQUIRED: oauth_provider_code = 19;
/// The user must consent (OpenID Connect Core 3.1.2.6).
pub const OAUTH_PROVIDER_CONSENT_REQUIRED: oauth_provider_code = 20;
/// The user must select an account (OpenID Connect Core 3.1.2.6).
pub const OAUTH_PROVIDER_ACCOUNT_SELECTION_REQUIRED: oauth_provider_code = 21;
/// The access token is expired, revoked or invalid (RFC 6750 section 3.1).
pub const OAUTH_PROVIDER_INVALID_TOKEN: oauth_provider_code = 22;
/// The request needs more scope than the access token has (RFC 6750 section 3.1).
pub const OAUTH_PROVIDER_INSUFFICIENT_SCOPE: oauth_provider_code = 23;
/// authorization_details are invalid or unknown (RFC 9396 section 5).
pub const OAUTH_PROVIDER_INVALID_AUTHORIZATION_DETAILS: oauth_provider_code = 24;
/// The user must authenticate again or in a stronger way (RFC 9470 section 3).
pub const OAUTH_PROVIDER_INSUFFICIENT_USER_AUTHENTICATION: oauth_provider_code = 25;

/// What the program can do next.
pub type oauth_advice = i32;

/// No advice.
pub const OAUTH_ADVICE_NONE: oauth_advice = 0;
/// Call again now. Repeating the call does no harm.
pub const OAUTH_ADVICE_RETRY: oauth_advice = 1;
/// Call again later: see oauth_error_retry_after_s.
pub const OAUTH_ADVICE_RETRY_LATER: oauth_advice = 2;
/// Only the user can help: start a new log-in.
pub const OAUTH_ADVICE_LOG_IN_AGAIN: oauth_advice = 3;
/// The request is wrong. The same request will fail again.
pub const OAUTH_ADVICE_FIX_REQUEST: oauth_advice = 4;
/// The configuration, the registration at the server, or this machine's set-up is wrong.
pub const OAUTH_ADVICE_FIX_CONFIG: oauth_advice = 5;
/// The server may have acted, but no complete response arrived: a code may be used up, a refresh
/// token rotated.
pub const OAUTH_ADVICE_OUTCOME_UNKNOWN: oauth_advice = 6;

const _: () = {
    use crate::error::{Advice, ProviderCode};
    assert!(OAUTH_ADVICE_NONE == Advice::None as i32 && OAUTH_ADVICE_RETRY == Advice::Retry as i32);
    assert!(OAUTH_ADVICE_RETRY_LATER == Advice::RetryLater as i32);
    assert!(OAUTH_ADVICE_LOG_IN_AGAIN == Advice::LogInAgain as i32);
    assert!(OAUTH_ADVICE_FIX_REQUEST == Advice::FixRequest as i32);
    assert!(OAUTH_ADVICE_FIX_CONFIG == Advice::FixConfig as i32);
    assert!(OAUTH_ADVICE_OUTCOME_UNKNOWN == Advice::OutcomeUnknown as i32);
    assert!(OAUTH_PROVIDER_UNKNOWN == ProviderCode::Unknown as i32);
    assert!(OAUTH_PROVIDER_INVALID_REQUEST == ProviderCode::InvalidRequest as i32);
    assert!(OAUTH_PROVIDER_INVALID_CLIENT == ProviderCode::InvalidClient as i32);
    assert!(OAUTH_PROVIDER_INVALID_GRANT == ProviderCode::InvalidGrant as i32);
    assert!(OAUTH_PROVIDER_UNAUTHORIZED_CLIENT == ProviderCode::UnauthorizedClient as i32);
    assert!(OAUTH_PROVIDER_UNSUPPORTED_GRANT_TYPE == ProviderCode::UnsupportedGrantType as i32);
    assert!(OAUTH_PROVIDER_INVALID_SCOPE == ProviderCode::InvalidScope as i32);
    assert!(OAUTH_PROVIDER_SERVER_ERROR == ProviderCode::ServerError as i32);
    assert!(OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE == ProviderCode::TemporarilyUnavailable as i32);
    assert!(OAUTH_PROVIDER_ACCESS_DENIED == ProviderCode::AccessDenied as i32);
    assert!(OAUTH_PROVIDER_UNSUPPORTED_RESPONSE_TYPE == ProviderCode::UnsupportedResponseType as i32);
    assert!(OAUTH_PROVIDER_AUTHORIZATION_PENDING == ProviderCode::AuthorizationPending as i32);
    assert!(OAUTH_PROVIDER_SLOW_DOWN == ProviderCode::SlowDown as i32);
    assert!(OAUTH_PROVIDER_EXPIRED_TOKEN == ProviderCode::ExpiredToken as i32);
    assert!(OAUTH_PROVIDER_INVALID_TARGET == ProviderCode::InvalidTarget as i32);
    assert!(OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE == ProviderCode::UnsupportedTokenType as i32);
    assert!(OAUTH_PROVIDER_USE_DPOP_NONCE == ProviderCode::UseDpopNonce as i32);
    assert!(OAUTH_PROVIDER_INVALID_DPOP_PROOF == ProviderCode::InvalidDpopProof as i32);
    assert!(OAUTH_PROVIDER_LOGIN_REQUIRED == ProviderCode::LoginRequired as i32);
    assert!(OAUTH_PROVIDER_INTERACTION_REQUIRED == ProviderCode::InteractionRequired as i32);
    assert!(OAUTH_PROVIDER_CONSENT_REQUIRED == ProviderCode::ConsentRequired as i32);
    assert!(OAUTH_PROVIDER_ACCOUNT_SELECTION_REQUIRED == ProviderCode::AccountSelectionRequired as i32);
    assert!(OAUTH_PROVIDER_INVALID_TOKEN == ProviderCode::InvalidToken as i32);
    assert!(OAUTH_PROVIDER_INSUFFICIENT_SCOPE == ProviderCode::InsufficientScope as i32);
    assert!(OAUTH_PROVIDER_INVALID_AUTHORIZATION_DETAILS == ProviderCode::InvalidAuthorizationDetails as i32);
    assert!(OAUTH_PROVIDER_INSUFFICIENT_USER_AUTHENTICATION == ProviderCode::InsufficientUserAuthentication as i32);
};

/// Another handle to the same error.
///
/// @param[in] error may be NULL.
/// @return free it with oauth_error_free; NULL for NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_ref(error: Option<&oauth_error>) -> Option<Box<oauth_error>> {
    guard::value(None, || error.map(|error| Box::new(oauth_error(error.0.clone()))))
}

/// Frees the error handle, and with it all that was borrowed from it.
///
/// @param[in] error may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_free(error: Option<Box<oauth_error>>) {
    guard::value((), || drop(error));
}

/// The status that the call returned.
///
/// @param[in] error may be NULL.
/// @return OAUTH_OK for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_status(error: Option<&oauth_error>) -> oauth_status {
    guard::value(OAUTH_OK, || error.map_or(OAUTH_OK, |error| error.0.error.status as oauth_status))
}

/// One line for people: what went wrong, and with which value. UTF-8, at most 512 bytes, no control
/// characters, no secrets.
///
/// @param[in] error may be NULL.
/// @return never empty; valid until the error is freed; NULL if error is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_message(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| Some(error?.0.error.message.as_ptr()))
}

/// The OAuth error code as the server sent it, such as "invalid_grant" (RFC 6749 section 5.2). It
/// may hold secrets.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL if the server sent none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_error(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| provider(error)?.error.as_ref().map(Secret::as_ptr))
}

/// The OAuth error code as a number.
///
/// @param[in] error may be NULL.
/// @return OAUTH_PROVIDER_...; OAUTH_PROVIDER_UNKNOWN if there is none, or this version does not
///         know it.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_code(error: Option<&oauth_error>) -> oauth_provider_code {
    let code = || provider(error).map_or(OAUTH_PROVIDER_UNKNOWN, |provider| provider.code as oauth_provider_code);
    guard::value(OAUTH_PROVIDER_UNKNOWN, code)
}

/// The server's description of its error (RFC 6749 section 5.2), for developers. It may hold
/// secrets: show oauth_error_message instead. Servers without OAuth errors have it in other
/// members, such as message or detail; those are read too (OAUTH_DEVIATION_DESCRIPTION_NAME).
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL if the server sent none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_description(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| provider(error)?.description.as_ref().map(Secret::as_ptr))
}

/// The URI of a web page about the error, as the server sent it (RFC 6749 section 5.2). It may hold
/// secrets.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL if the server sent none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_uri(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| provider(error)?.uri.as_ref().map(Secret::as_ptr))
}

/// The whole JSON object of the server's error response. It may hold secrets.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL if there is no response, or it is no JSON object.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_json(error: Option<&oauth_error>) -> *const oauth_json {
    guard::borrowed(|| {
        let Failure { error, provider_json } = &*error?.0;
        let read = || {
            let body = error.response.as_ref().map(|response| SecretBytes::from_utf8_lossy(&response.body));
            Box::new(body.as_ref().and_then(|body| Value::parse_answer(body.as_str()?)))
        };
        provider_json.get_or_init(read).as_ref().map(oauth_json::borrow)
    })
}

/// What the program can do next.
///
/// @code
/// oauth_token *fresh = NULL;
///
/// if (oauth_session_token(session, NULL, &fresh, &error) != OAUTH_OK) {
///     fprintf(stderr, "%s\n", oauth_error_message(error));
///     if (oauth_error_advice(error) == OAUTH_ADVICE_LOG_IN_AGAIN)
///         puts("please log in");
///     else if (oauth_error_advice(error) == OAUTH_ADVICE_RETRY_LATER)
///         printf("try again in %ld s\n", (long)oauth_error_retry_after_s(error)); // -1: unknown
/// }
/// oauth_token_free(fresh);
/// @endcode
///
/// @param[in] error may be NULL.
/// @return OAUTH_ADVICE_...; OAUTH_ADVICE_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_advice(error: Option<&oauth_error>) -> oauth_advice {
    guard::value(OAUTH_ADVICE_NONE, || error.map_or(OAUTH_ADVICE_NONE, |error| error.0.error.advice as oauth_advice))
}

/// How long to wait before the next call: the server's Retry-After (RFC 9110 section 10.2.3). For
/// an error of a session call, this can also be the session's own pause before its next renewal:
/// until then it tries none.
///
/// @param[in] error may be NULL.
/// @return seconds, at most 3600; -1 if neither is known.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_retry_after_s(error: Option<&oauth_error>) -> i64 {
    guard::value(-1, || error.and_then(|error| error.0.error.retry_after_s).map_or(-1, i64::from))
}

/// Whether any byte of the request was sent, or may have been: then the server may have acted.
/// Earlier requests of the same call, such as those for metadata and earlier polls, do not count.
///
/// @param[in] error may be NULL.
/// @return false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_request_sent(error: Option<&oauth_error>) -> bool {
    guard::value(false, || error.is_some_and(|error| error.0.error.request_sent))
}

/// The number of attempts to send the request.
///
/// @param[in] error may be NULL.
/// @return 0 if there was none, or another call made them.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_attempts(error: Option<&oauth_error>) -> u32 {
    guard::value(0, || error.map_or(0, |error| error.0.error.attempts))
}

/// The URL of the request that failed, without its query.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL if there was no attempt to send one.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_endpoint(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| error?.0.error.endpoint.as_ref().map(Text::as_ptr))
}

/// How the error response differs from its RFC.
///
/// @param[in] error may be NULL.
/// @return OAUTH_DEVIATION_... bits; 0 for none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_deviations(error: Option<&oauth_error>) -> oauth_deviations {
    guard::value(0, || error.map_or(0, |error| error.0.error.deviations))
}

/// The HTTP response that caused the error.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL if there is none: see the beginning of this
///         section.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_response(error: Option<&oauth_error>) -> *const oauth_response {
    guard::borrowed(|| error?.0.error.response.as_ref().map(oauth_response::borrow))
}

fn provider(error: Option<&oauth_error>) -> Option<&ProviderError> {
    error?.0.error.provider.as_ref()
}
