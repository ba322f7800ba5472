//! Deviations: what an answer did otherwise than its RFC says, and was accepted all the same.

/// OAUTH_DEVIATION_... bits.
pub type oauth_deviations = u32;

/// The body was form-encoded, not JSON.
pub const OAUTH_DEVIATION_FORM_ENCODED: oauth_deviations = 0x1;
/// JSON came under another content type than application/json.
pub const OAUTH_DEVIATION_CONTENT_TYPE: oauth_deviations = 0x2;
/// The body began with a UTF-8 byte order mark.
pub const OAUTH_DEVIATION_BYTE_ORDER_MARK: oauth_deviations = 0x4;
/// token_type was missing or null; the token is used as Bearer.
pub const OAUTH_DEVIATION_TOKEN_TYPE_MISSING: oauth_deviations = 0x8;
/// token_type is none that this library knows; the token is used as Bearer.
pub const OAUTH_DEVIATION_TOKEN_TYPE_UNKNOWN: oauth_deviations = 0x10;
/// expires_in was a string or a float.
pub const OAUTH_DEVIATION_EXPIRES_IN_TYPE: oauth_deviations = 0x20;
/// expires_in was junk or negative, and is taken as absent.
pub const OAUTH_DEVIATION_EXPIRES_IN_INVALID: oauth_deviations = 0x40;
/// scope was an array.
pub const OAUTH_DEVIATION_SCOPE_ARRAY: oauth_deviations = 0x80;
/// A value held U+0000; it is absent from the getters, and still in the JSON.
pub const OAUTH_DEVIATION_NUL_IN_VALUE: oauth_deviations = 0x100;
/// The body of an error was not UTF-8; what was wrong is replaced by U+FFFD.
pub const OAUTH_DEVIATION_INVALID_UTF8: oauth_deviations = 0x200;
/// error was an object.
pub const OAUTH_DEVIATION_ERROR_OBJECT: oauth_deviations = 0x400;
/// An OAuth error came with another HTTP status than 400 or 401.
pub const OAUTH_DEVIATION_ERROR_STATUS: oauth_deviations = 0x800;
/// A member had a type that its RFC does not allow, and is taken as absent.
pub const OAUTH_DEVIATION_MEMBER_TYPE: oauth_deviations = 0x1000;

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
    assert!(OAUTH_DEVIATION_MEMBER_TYPE == MEMBER_TYPE);
};
