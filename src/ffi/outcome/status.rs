//! Status
//!
//! An oauth_status says whether a call succeeded, and if not, which kind of failure it was. The
//! error handle says the rest: what was the cause, and what to do next.
//!
//! Few programs need a branch for each status. These matter most: OAUTH_ERROR_LOGIN_REQUIRED (the
//! user must log in), OAUTH_ERROR_AUTHORIZATION_PENDING (poll again later) and OAUTH_ERROR_PROVIDER
//! (the server refused: see oauth_error_provider_code). For the rest oauth_error_advice is enough.
//! Most callbacks of the program return a status too.

use std::ffi::c_char;

/// The result of a call; 0 is success. Numbers are never reused or renumbered. Later versions may
/// add statuses: handle an unknown one as a failure.
pub type oauth_status = i32;

/// Success.
pub const OAUTH_OK: oauth_status = 0;
/// An argument is wrong; the message names it. Nothing was sent.
pub const OAUTH_ERROR_INVALID_ARGUMENT: oauth_status = 1;
/// A setting is wrong or missing; the message names it. At most metadata was requested.
pub const OAUTH_ERROR_INVALID_CONFIG: oauth_status = 2;
/// The handle is used up: its redirect was accepted, or its device log-in has ended.
pub const OAUTH_ERROR_INVALID_STATE: oauth_status = 3;
/// The call was made in a callback of a call that it would have to wait for.
pub const OAUTH_ERROR_BUSY: oauth_status = 4;
/// The buffer is too small. The length output is the size needed.
pub const OAUTH_ERROR_BUFFER_TOO_SMALL: oauth_status = 5;
/// A defect of the library was caught (please report it), or the system gave no randomness.
pub const OAUTH_ERROR_INTERNAL: oauth_status = 6;
/// A callback of the program failed, or its result cannot be used.
pub const OAUTH_ERROR_CALLBACK: oauth_status = 7;
/// The call was cancelled with an oauth_cancel, or a callback returned this status.
pub const OAUTH_ERROR_CANCELLED: oauth_status = 8;
/// The timeout or the deadline passed before the call was complete.
pub const OAUTH_ERROR_TIMEOUT: oauth_status = 9;
/// DNS lookup failed, no route, or connection refused. Nothing was sent.
pub const OAUTH_ERROR_CONNECT: oauth_status = 10;
/// The TLS handshake failed, or a certificate was refused, the server's or the client's. Nothing
/// was sent, or the server has not taken it.
pub const OAUTH_ERROR_TLS: oauth_status = 11;
/// The connection was lost after the request, or part of it, was sent.
pub const OAUTH_ERROR_CONNECTION_LOST: oauth_status = 12;
/// The server answered with an HTTP redirect. The library does not follow redirects.
pub const OAUTH_ERROR_REDIRECT: oauth_status = 13;
/// The response is larger than oauth_config_set_max_response_bytes allows.
pub const OAUTH_ERROR_RESPONSE_TOO_LARGE: oauth_status = 14;
/// The HTTP status is not 200, and the response holds no OAuth error.
pub const OAUTH_ERROR_HTTP: oauth_status = 15;
/// The response or redirect is not valid HTTP, or not what its RFC requires.
pub const OAUTH_ERROR_INVALID_RESPONSE: oauth_status = 16;
/// The server sent an OAuth error (RFC 6749 section 5.2): see oauth_error_provider_code.
pub const OAUTH_ERROR_PROVIDER: oauth_status = 17;
/// The user has not decided yet (RFC 8628 section 3.5): poll again when the next poll is due.
pub const OAUTH_ERROR_AUTHORIZATION_PENDING: oauth_status = 18;
/// The device code or the authorization has expired: begin a new one.
pub const OAUTH_ERROR_EXPIRED: oauth_status = 19;
/// The redirect is not for this authorization (RFC 6749 section 10.12). Nothing was sent.
pub const OAUTH_ERROR_STATE_MISMATCH: oauth_status = 20;
/// Metadata or redirect name another issuer (RFC 8414 section 3.3, RFC 9207 section 2.4).
pub const OAUTH_ERROR_ISSUER_MISMATCH: oauth_status = 21;
/// The ID token is missing or not valid (OpenID Connect Core 3.1.3.7), or userinfo is about another
/// subject (5.3.2). The token or userinfo is not returned.
pub const OAUTH_ERROR_ID_TOKEN: oauth_status = 22;
/// The operating system refused: a port in use, no browser, no thread. See the message.
pub const OAUTH_ERROR_SYSTEM: oauth_status = 23;
/// There is no login, or the server refused its refresh token permanently: the user must log in.
pub const OAUTH_ERROR_LOGIN_REQUIRED: oauth_status = 24;
/// A store could not be opened, read, locked or written. Stored logins were not lost.
pub const OAUTH_ERROR_STORE: oauth_status = 25;
/// oauth_session_forget deleted the login, but did not revoke it: its tokens may still be valid.
pub const OAUTH_ERROR_NOT_REVOKED: oauth_status = 26;
/// A source gave no credential. The message names the source, and never shows what it gave.
pub const OAUTH_ERROR_SOURCE: oauth_status = 27;

/// The name of a status, for logs.
///
/// @code
/// oauth_token *fresh = NULL;
/// oauth_status status = oauth_session_token(session, NULL, &fresh, &error);
///
/// if (status == OAUTH_ERROR_LOGIN_REQUIRED)
///     puts("please log in");
/// else if (status != OAUTH_OK)
///     fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(error));
/// oauth_token_free(fresh);
/// @endcode
///
/// @param[in] status any number.
/// @return "OAUTH_OK", "OAUTH_ERROR_TIMEOUT" ...; "OAUTH_ERROR_UNKNOWN" for a number that this
///         version does not know. Static: never NULL, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_status_name(status: oauth_status) -> *const c_char {
    let name = match status {
        OAUTH_OK => c"OAUTH_OK",
        OAUTH_ERROR_INVALID_ARGUMENT => c"OAUTH_ERROR_INVALID_ARGUMENT",
        OAUTH_ERROR_INVALID_CONFIG => c"OAUTH_ERROR_INVALID_CONFIG",
        OAUTH_ERROR_INVALID_STATE => c"OAUTH_ERROR_INVALID_STATE",
        OAUTH_ERROR_BUSY => c"OAUTH_ERROR_BUSY",
        OAUTH_ERROR_BUFFER_TOO_SMALL => c"OAUTH_ERROR_BUFFER_TOO_SMALL",
        OAUTH_ERROR_INTERNAL => c"OAUTH_ERROR_INTERNAL",
        OAUTH_ERROR_CALLBACK => c"OAUTH_ERROR_CALLBACK",
        OAUTH_ERROR_CANCELLED => c"OAUTH_ERROR_CANCELLED",
        OAUTH_ERROR_TIMEOUT => c"OAUTH_ERROR_TIMEOUT",
        OAUTH_ERROR_CONNECT => c"OAUTH_ERROR_CONNECT",
        OAUTH_ERROR_TLS => c"OAUTH_ERROR_TLS",
        OAUTH_ERROR_CONNECTION_LOST => c"OAUTH_ERROR_CONNECTION_LOST",
        OAUTH_ERROR_REDIRECT => c"OAUTH_ERROR_REDIRECT",
        OAUTH_ERROR_RESPONSE_TOO_LARGE => c"OAUTH_ERROR_RESPONSE_TOO_LARGE",
        OAUTH_ERROR_HTTP => c"OAUTH_ERROR_HTTP",
        OAUTH_ERROR_INVALID_RESPONSE => c"OAUTH_ERROR_INVALID_RESPONSE",
        OAUTH_ERROR_PROVIDER => c"OAUTH_ERROR_PROVIDER",
        OAUTH_ERROR_AUTHORIZATION_PENDING => c"OAUTH_ERROR_AUTHORIZATION_PENDING",
        OAUTH_ERROR_EXPIRED => c"OAUTH_ERROR_EXPIRED",
        OAUTH_ERROR_STATE_MISMATCH => c"OAUTH_ERROR_STATE_MISMATCH",
        OAUTH_ERROR_ISSUER_MISMATCH => c"OAUTH_ERROR_ISSUER_MISMATCH",
        OAUTH_ERROR_ID_TOKEN => c"OAUTH_ERROR_ID_TOKEN",
        OAUTH_ERROR_SYSTEM => c"OAUTH_ERROR_SYSTEM",
        OAUTH_ERROR_LOGIN_REQUIRED => c"OAUTH_ERROR_LOGIN_REQUIRED",
        OAUTH_ERROR_STORE => c"OAUTH_ERROR_STORE",
        OAUTH_ERROR_NOT_REVOKED => c"OAUTH_ERROR_NOT_REVOKED",
        OAUTH_ERROR_SOURCE => c"OAUTH_ERROR_SOURCE",
        _ => c"OAUTH_ERROR_UNKNOWN",
    };
    name.as_ptr()
}

const _: () = {
    use crate::error::Status;
    assert!(OAUTH_ERROR_INVALID_ARGUMENT == Status::InvalidArgument as i32);
    assert!(OAUTH_ERROR_INVALID_CONFIG == Status::InvalidConfig as i32);
    assert!(OAUTH_ERROR_INVALID_STATE == Status::InvalidState as i32);
    assert!(OAUTH_ERROR_BUSY == Status::Busy as i32);
    assert!(OAUTH_ERROR_BUFFER_TOO_SMALL == Status::BufferTooSmall as i32);
    assert!(OAUTH_ERROR_INTERNAL == Status::Internal as i32);
    assert!(OAUTH_ERROR_CALLBACK == Status::Callback as i32);
    assert!(OAUTH_ERROR_CANCELLED == Status::Cancelled as i32);
    assert!(OAUTH_ERROR_TIMEOUT == Status::Timeout as i32);
    assert!(OAUTH_ERROR_CONNECT == Status::Connect as i32);
    assert!(OAUTH_ERROR_TLS == Status::Tls as i32);
    assert!(OAUTH_ERROR_CONNECTION_LOST == Status::ConnectionLost as i32);
    assert!(OAUTH_ERROR_REDIRECT == Status::Redirect as i32);
    assert!(OAUTH_ERROR_RESPONSE_TOO_LARGE == Status::ResponseTooLarge as i32);
    assert!(OAUTH_ERROR_HTTP == Status::Http as i32);
    assert!(OAUTH_ERROR_INVALID_RESPONSE == Status::InvalidResponse as i32);
    assert!(OAUTH_ERROR_PROVIDER == Status::Provider as i32);
    assert!(OAUTH_ERROR_AUTHORIZATION_PENDING == Status::AuthorizationPending as i32);
    assert!(OAUTH_ERROR_EXPIRED == Status::Expired as i32);
    assert!(OAUTH_ERROR_STATE_MISMATCH == Status::StateMismatch as i32);
    assert!(OAUTH_ERROR_ISSUER_MISMATCH == Status::IssuerMismatch as i32);
    assert!(OAUTH_ERROR_ID_TOKEN == Status::IdToken as i32);
    assert!(OAUTH_ERROR_SYSTEM == Status::System as i32);
    assert!(OAUTH_ERROR_LOGIN_REQUIRED == Status::LoginRequired as i32);
    assert!(OAUTH_ERROR_STORE == Status::Store as i32);
    assert!(OAUTH_ERROR_NOT_REVOKED == Status::NotRevoked as i32);
    assert!(OAUTH_ERROR_SOURCE == Status::Source as i32);
};
