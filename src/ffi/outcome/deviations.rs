//! Deviations
//!
//! Some servers send responses that differ from the RFCs. If the meaning is clear, the library
//! accepts the response and sets one bit for each difference. Programs can ignore these bits; they
//! help to report the defect to the operator of the server. See oauth_token_deviations and
//! oauth_error_deviations.

/// A set of OAUTH_DEVIATION_... bits.
pub type oauth_deviations = u32;

/// The body was form-encoded, not JSON.
pub const OAUTH_DEVIATION_FORM_ENCODED: oauth_deviations = 0x1;
/// The body was JSON, but its content type was not application/json.
pub const OAUTH_DEVIATION_CONTENT_TYPE: oauth_deviations = 0x2;
/// The body began with a UTF-8 byte order mark.
pub const OAUTH_DEVIATION_BYTE_ORDER_MARK: oauth_deviations = 0x4;
/// token_type was missing, null or empty; the token is used as Bearer.
pub const OAUTH_DEVIATION_TOKEN_TYPE_MISSING: oauth_deviations = 0x8;
/// token_type is unknown to this library; the token is used as Bearer.
pub const OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN: oauth_deviations = 0x10;
/// expires_in was a string, or a number that is not an integer.
pub const OAUTH_DEVIATION_EXPIRES_IN_TYPE: oauth_deviations = 0x20;
/// A lifetime was zero, negative, in the past or not a number, and is treated as missing.
pub const OAUTH_DEVIATION_EXPIRES_IN_INVALID: oauth_deviations = 0x40;
/// scope was an array, not a string.
pub const OAUTH_DEVIATION_SCOPE_ARRAY: oauth_deviations = 0x80;
/// A string held U+0000 or a lone surrogate. Getters treat it as missing; it is in the JSON.
pub const OAUTH_DEVIATION_NUL_IN_VALUE: oauth_deviations = 0x100;
/// The body of an error was not UTF-8; invalid bytes are replaced by U+FFFD.
pub const OAUTH_DEVIATION_INVALID_UTF8: oauth_deviations = 0x200;
/// error was an object, an array or a number; or the error code was in errors or message.
pub const OAUTH_DEVIATION_ERROR_OBJECT: oauth_deviations = 0x400;
/// An OAuth error came with an HTTP status other than 400 or 401.
pub const OAUTH_DEVIATION_ERROR_STATUS: oauth_deviations = 0x800;
/// A member had a type that its RFC does not allow, and is treated as missing.
pub const OAUTH_DEVIATION_MEMBER_TYPE: oauth_deviations = 0x1000;
/// A successful response had an HTTP status other than 200.
pub const OAUTH_DEVIATION_STATUS: oauth_deviations = 0x2000;
/// The lifetime was not in expires_in, but in expires or expires_at.
pub const OAUTH_DEVIATION_LIFETIME_NAME: oauth_deviations = 0x4000;
/// The description of an error was not in error_description, but in message, detail, or the like.
pub const OAUTH_DEVIATION_DESCRIPTION_NAME: oauth_deviations = 0x8000;
/// The body was compressed, although the request asked for no compression.
pub const OAUTH_DEVIATION_CONTENT_CODING: oauth_deviations = 0x10000;
/// TLS ended without close_notify; the body was one complete JSON object.
pub const OAUTH_DEVIATION_NO_CLOSE_NOTIFY: oauth_deviations = 0x20000;
/// The response to a log-in had a checked ID token, but no access token.
pub const OAUTH_DEVIATION_ACCESS_TOKEN_MISSING: oauth_deviations = 0x40000;

const _: () = {
    use crate::protocol::deviation::*;
    assert!(OAUTH_DEVIATION_FORM_ENCODED == FORM_ENCODED && OAUTH_DEVIATION_CONTENT_TYPE == CONTENT_TYPE);
    assert!(OAUTH_DEVIATION_BYTE_ORDER_MARK == BYTE_ORDER_MARK);
    assert!(OAUTH_DEVIATION_TOKEN_TYPE_MISSING == TOKEN_TYPE_MISSING);
    assert!(OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN == TOKEN_TYPE_UNKNOWN);
    assert!(OAUTH_DEVIATION_EXPIRES_IN_TYPE == EXPIRES_IN_TYPE);
    assert!(OAUTH_DEVIATION_EXPIRES_IN_INVALID == EXPIRES_IN_INVALID && OAUTH_DEVIATION_SCOPE_ARRAY == SCOPE_ARRAY);
    assert!(OAUTH_DEVIATION_NUL_IN_VALUE == NUL_IN_VALUE && OAUTH_DEVIATION_INVALID_UTF8 == INVALID_UTF8);
    assert!(OAUTH_DEVIATION_ERROR_OBJECT == ERROR_OBJECT && OAUTH_DEVIATION_ERROR_STATUS == ERROR_STATUS);
    assert!(OAUTH_DEVIATION_MEMBER_TYPE == MEMBER_TYPE && OAUTH_DEVIATION_STATUS == STATUS);
    assert!(OAUTH_DEVIATION_CONTENT_CODING == CONTENT_CODING && OAUTH_DEVIATION_NO_CLOSE_NOTIFY == NO_CLOSE_NOTIFY);
    assert!(OAUTH_DEVIATION_ACCESS_TOKEN_MISSING == ACCESS_TOKEN_MISSING);
    assert!(OAUTH_DEVIATION_LIFETIME_NAME == LIFETIME_NAME && OAUTH_DEVIATION_DESCRIPTION_NAME == DESCRIPTION_NAME);
};
