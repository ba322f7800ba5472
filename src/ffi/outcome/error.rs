//! Error handles: all that is known of a failure.

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
use crate::secret::Secret;
use crate::text::Text;

/// All that is known of a failure. Immutable; free it with oauth_error_free.
pub struct oauth_error(Arc<Failure>);

struct Failure {
    error: Error,
    /// The server's JSON, read when it is first asked for.
    provider_json: OnceBox<Option<Value>>,
}

impl oauth_error {
    pub(crate) fn new(error: Error) -> Self {
        Self(Arc::new(Failure { error, provider_json: OnceBox::new() }))
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        self.0.error.message.as_str()
    }
}

/// An OAuth error as a number.
pub type oauth_provider_code = i32;

/// No OAuth error, or one that this version does not know: see oauth_error_provider_error.
pub const OAUTH_PROVIDER_UNKNOWN: oauth_provider_code = 0;
/// RFC 6749 section 5.2: a parameter is missing, repeated or wrong.
pub const OAUTH_PROVIDER_INVALID_REQUEST: oauth_provider_code = 1;
/// RFC 6749 section 5.2: client authentication failed.
pub const OAUTH_PROVIDER_INVALID_CLIENT: oauth_provider_code = 2;
/// RFC 6749 section 5.2: the code or refresh token is invalid, expired, revoked or somebody else's.
pub const OAUTH_PROVIDER_INVALID_GRANT: oauth_provider_code = 3;
/// RFC 6749 section 5.2: this client may not use this grant.
pub const OAUTH_PROVIDER_UNAUTHORIZED_CLIENT: oauth_provider_code = 4;
/// RFC 6749 section 5.2: the server does not know this grant.
pub const OAUTH_PROVIDER_UNSUPPORTED_GRANT_TYPE: oauth_provider_code = 5;
/// RFC 6749 section 5.2: the scope is invalid, or more than was granted.
pub const OAUTH_PROVIDER_INVALID_SCOPE: oauth_provider_code = 6;
/// RFC 6749 section 4.1.2.1.
pub const OAUTH_PROVIDER_SERVER_ERROR: oauth_provider_code = 7;
/// RFC 6749 section 4.1.2.1.
pub const OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE: oauth_provider_code = 8;
/// RFC 6749 section 4.1.2.1: the user or the server said no.
pub const OAUTH_PROVIDER_ACCESS_DENIED: oauth_provider_code = 9;
/// RFC 6749 section 4.1.2.1.
pub const OAUTH_PROVIDER_UNSUPPORTED_RESPONSE_TYPE: oauth_provider_code = 10;
/// RFC 8628 section 3.5.
pub const OAUTH_PROVIDER_AUTHORIZATION_PENDING: oauth_provider_code = 11;
/// RFC 8628 section 3.5.
pub const OAUTH_PROVIDER_SLOW_DOWN: oauth_provider_code = 12;
/// RFC 8628 section 3.5.
pub const OAUTH_PROVIDER_EXPIRED_TOKEN: oauth_provider_code = 13;
/// RFC 8707 section 2.
pub const OAUTH_PROVIDER_INVALID_TARGET: oauth_provider_code = 14;
/// RFC 7009 section 2.2.1.
pub const OAUTH_PROVIDER_UNSUPPORTED_TOKEN_TYPE: oauth_provider_code = 15;
/// RFC 9449 section 8.
pub const OAUTH_PROVIDER_USE_DPOP_NONCE: oauth_provider_code = 16;
/// RFC 9449 section 5.
pub const OAUTH_PROVIDER_INVALID_DPOP_PROOF: oauth_provider_code = 17;
/// OpenID Connect Core 1.0 section 3.1.2.6.
pub const OAUTH_PROVIDER_LOGIN_REQUIRED: oauth_provider_code = 18;
/// OpenID Connect Core 1.0 section 3.1.2.6.
pub const OAUTH_PROVIDER_INTERACTION_REQUIRED: oauth_provider_code = 19;
/// OpenID Connect Core 1.0 section 3.1.2.6.
pub const OAUTH_PROVIDER_CONSENT_REQUIRED: oauth_provider_code = 20;
/// OpenID Connect Core 1.0 section 3.1.2.6.
pub const OAUTH_PROVIDER_ACCOUNT_SELECTION_REQUIRED: oauth_provider_code = 21;
/// RFC 6750 section 3.1.
pub const OAUTH_PROVIDER_INVALID_TOKEN: oauth_provider_code = 22;
/// RFC 6750 section 3.1.
pub const OAUTH_PROVIDER_INSUFFICIENT_SCOPE: oauth_provider_code = 23;
/// RFC 9396 section 5.
pub const OAUTH_PROVIDER_INVALID_AUTHORIZATION_DETAILS: oauth_provider_code = 24;
/// RFC 9470 section 3.
pub const OAUTH_PROVIDER_INSUFFICIENT_USER_AUTHENTICATION: oauth_provider_code = 25;

/// What the program can do next.
pub type oauth_advice = i32;

/// Nothing in particular.
pub const OAUTH_ADVICE_NONE: oauth_advice = 0;
/// Call again: the server has not acted.
pub const OAUTH_ADVICE_RETRY: oauth_advice = 1;
/// Call again later: see oauth_error_retry_after_s.
pub const OAUTH_ADVICE_RETRY_LATER: oauth_advice = 2;
/// Only the user can help: start a new authorization.
pub const OAUTH_ADVICE_LOG_IN_AGAIN: oauth_advice = 3;
/// The request is wrong; the same one will fail again.
pub const OAUTH_ADVICE_FIX_REQUEST: oauth_advice = 4;
/// The configuration of the client, or its registration at the server, is wrong.
pub const OAUTH_ADVICE_FIX_CONFIG: oauth_advice = 5;
/// The server may have acted, but no whole answer came: a code may be used up, a refresh token rotated.
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

/// Frees an error and everything borrowed from it.
///
/// @param[in] error may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_free(error: Option<Box<oauth_error>>) {
    guard::value((), || drop(error));
}

/// What happened.
///
/// @param[in] error may be NULL.
/// @return the status that the call returned; OAUTH_OK for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_status(error: Option<&oauth_error>) -> oauth_status {
    guard::value(OAUTH_OK, || error.map_or(OAUTH_OK, |error| error.0.error.status as oauth_status))
}

/// One line for people: what went wrong and with which value. At most 512 bytes, no control characters, no secrets.
///
/// @param[in] error may be NULL.
/// @return never empty; valid until the error is freed; NULL only for a NULL error.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_message(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| Some(error?.0.error.message.as_ptr()))
}

/// The OAuth error as the server sent it: "invalid_grant" (RFC 6749 section 5.2).
/// What a hostile server sent may hold anything, a secret that it was sent included.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL when the server sent none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_error(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| provider(error)?.error.as_ref().map(Secret::as_ptr))
}

/// The OAuth error as a number.
///
/// @param[in] error may be NULL.
/// @return OAUTH_PROVIDER_...; OAUTH_PROVIDER_UNKNOWN when there is none, or it is not a registered one.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_code(error: Option<&oauth_error>) -> oauth_provider_code {
    let code = || provider(error).map_or(OAUTH_PROVIDER_UNKNOWN, |provider| provider.code as oauth_provider_code);
    guard::value(OAUTH_PROVIDER_UNKNOWN, code)
}

/// The server's own description, as sent (RFC 6749 section 5.2). Meant for developers; a hostile server may have put
/// anything in it, a secret that it was sent included: show oauth_error_message instead.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL when the server sent none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_description(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| provider(error)?.description.as_ref().map(Secret::as_ptr))
}

/// The address of a page about the error, as sent (RFC 6749 section 5.2).
/// What a hostile server sent may hold anything, a secret that it was sent included.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL when the server sent none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_uri(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| provider(error)?.uri.as_ref().map(Secret::as_ptr))
}

/// All that the server said with its error: its whole answer, where that was one JSON object.
/// What a hostile server sent may hold anything, a secret that it was sent included.
///
/// @param[in] error may be NULL.
/// @return valid until this handle is freed; NULL when the answer was no JSON object, or there was none.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_provider_json(error: Option<&oauth_error>) -> *const oauth_json {
    guard::borrowed(|| {
        let Failure { error, provider_json } = &*error?.0;
        let read = || {
            let body = error.response.as_ref().and_then(|response| response.body.as_str());
            Box::new(body.and_then(|body| Value::parse_answer(body)))
        };
        provider_json.get_or_init(read).as_ref().map(oauth_json::borrow)
    })
}

/// What the program can do next.
///
/// @param[in] error may be NULL.
/// @return OAUTH_ADVICE_...; OAUTH_ADVICE_NONE for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_advice(error: Option<&oauth_error>) -> oauth_advice {
    guard::value(OAUTH_ADVICE_NONE, || error.map_or(OAUTH_ADVICE_NONE, |error| error.0.error.advice as oauth_advice))
}

/// How long the server asks to wait (Retry-After, RFC 9110 section 10.2.3).
///
/// @param[in] error may be NULL.
/// @return seconds, at most 3600; -1 when the server did not say.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_retry_after_s(error: Option<&oauth_error>) -> i64 {
    guard::value(-1, || error.and_then(|error| error.0.error.retry_after_s).map_or(-1, i64::from))
}

/// Whether a byte of the request may have left: then the server may have acted.
///
/// @param[in] error may be NULL.
/// @return false for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_request_sent(error: Option<&oauth_error>) -> bool {
    guard::value(false, || error.is_some_and(|error| error.0.error.request_sent))
}

/// How often the exchange was tried.
///
/// @param[in] error may be NULL.
/// @return 0 when nothing was tried.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_attempts(error: Option<&oauth_error>) -> u32 {
    guard::value(0, || error.map_or(0, |error| error.0.error.attempts))
}

/// The URL of the exchange that failed, without its query.
///
/// @param[in] error may be NULL.
/// @return valid until the error is freed; NULL when no exchange was begun.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_endpoint(error: Option<&oauth_error>) -> *const c_char {
    guard::text(|| error?.0.error.endpoint.as_ref().map(Text::as_ptr))
}

/// What the error answer did otherwise than its RFC says.
///
/// @param[in] error may be NULL.
/// @return OAUTH_DEVIATION_... bits; 0 for none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_deviations(error: Option<&oauth_error>) -> oauth_deviations {
    guard::value(0, || error.map_or(0, |error| error.0.error.deviations))
}

/// The HTTP answer behind the error.
///
/// @param[in] error may be NULL.
/// @return borrowed, valid until the error is freed; NULL when there was none.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_error_response(error: Option<&oauth_error>) -> *const oauth_response {
    guard::borrowed(|| error?.0.error.response.as_ref().map(oauth_response::borrow))
}

fn provider(error: Option<&oauth_error>) -> Option<&ProviderError> {
    error?.0.error.provider.as_ref()
}
