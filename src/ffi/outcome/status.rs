//! Status codes: what happened.

use std::ffi::c_char;

/// What happened. 0 is success; numbers are never reused or renumbered, and later versions may add some.
pub type oauth_status = i32;

/// It worked.
pub const OAUTH_OK: oauth_status = 0;
/// An argument, named in the message; nothing was sent.
pub const OAUTH_ERROR_INVALID_ARGUMENT: oauth_status = 1;
/// A setting of the config, named in the message; nothing was sent.
pub const OAUTH_ERROR_INVALID_CONFIG: oauth_status = 2;
/// A second use, or a handle that is finished.
pub const OAUTH_ERROR_INVALID_STATE: oauth_status = 3;
/// Re-entered from its own callback.
pub const OAUTH_ERROR_BUSY: oauth_status = 4;
/// The buffer was too small; the size needed is in the length.
pub const OAUTH_ERROR_BUFFER_TOO_SMALL: oauth_status = 5;
/// A defect of the library, caught. Please report it.
pub const OAUTH_ERROR_INTERNAL: oauth_status = 6;
/// A callback of the program failed.
pub const OAUTH_ERROR_CALLBACK: oauth_status = 7;
/// The call was cancelled with an oauth_cancel.
pub const OAUTH_ERROR_CANCELLED: oauth_status = 8;
/// No complete answer came in time.
pub const OAUTH_ERROR_TIMEOUT: oauth_status = 9;
/// Name, route or refusal: nothing was sent.
pub const OAUTH_ERROR_CONNECT: oauth_status = 10;
/// Certificate or handshake: nothing was sent.
pub const OAUTH_ERROR_TLS: oauth_status = 11;
/// The connection was lost after something was sent.
pub const OAUTH_ERROR_CONNECTION_LOST: oauth_status = 12;
/// The server answered with a redirect, which is never followed with credentials.
pub const OAUTH_ERROR_REDIRECT: oauth_status = 13;
/// The answer was larger than allowed.
pub const OAUTH_ERROR_RESPONSE_TOO_LARGE: oauth_status = 14;
/// Not 200, and no OAuth error in it.
pub const OAUTH_ERROR_HTTP: oauth_status = 15;
/// Not what the RFC, or HTTP, says.
pub const OAUTH_ERROR_INVALID_RESPONSE: oauth_status = 16;
/// An OAuth error (RFC 6749 section 5.2): see oauth_error_provider_code.
pub const OAUTH_ERROR_PROVIDER: oauth_status = 17;
/// The user has not decided yet (RFC 8628 section 3.5): ask again when the next poll is due.
pub const OAUTH_ERROR_AUTHORIZATION_PENDING: oauth_status = 18;
/// A device code, or an authorization request, is too old: begin again.
pub const OAUTH_ERROR_EXPIRED: oauth_status = 19;
/// A redirect does not belong to this authorization request (RFC 6749 section 10.12); nothing was sent.
pub const OAUTH_ERROR_STATE_MISMATCH: oauth_status = 20;
/// Metadata or a redirect came from another issuer than the one asked (RFC 8414 section 3.3, RFC 9207 section 2.4).
pub const OAUTH_ERROR_ISSUER_MISMATCH: oauth_status = 21;
/// The ID token is missing, or does not prove this log-in (OpenID Connect Core 3.1.3.7); its token is refused.
pub const OAUTH_ERROR_ID_TOKEN: oauth_status = 22;
/// The operating system refused: a port in use, no browser. The message names the next step.
pub const OAUTH_ERROR_SYSTEM: oauth_status = 23;
/// There is no login, or the server refused its refresh token for good: only the user can help.
pub const OAUTH_ERROR_LOGIN_REQUIRED: oauth_status = 24;
/// A store could not be opened, read, locked or written; nothing that it keeps was lost.
pub const OAUTH_ERROR_STORE: oauth_status = 25;

/// The name of a status, for logs.
///
/// @param[in] status any number.
/// @return "OAUTH_OK", "OAUTH_ERROR_TIMEOUT" ...; "OAUTH_ERROR_UNKNOWN" for a number that this version does not know.
///         Static: never NULL, never freed.
/// @since 0.1
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
};
