//! What an answer did otherwise than its RFC says, and was accepted all the same: one bit each, part of the ABI.

/// The body was form-encoded, not JSON.
pub const FORM_ENCODED: u32 = 1;
/// JSON came under another content type than `application/json`.
pub const CONTENT_TYPE: u32 = 1 << 1;
/// The body began with a UTF-8 byte order mark.
pub const BYTE_ORDER_MARK: u32 = 1 << 2;
/// `token_type` was missing or null; the token is used as Bearer.
pub const TOKEN_TYPE_MISSING: u32 = 1 << 3;
/// `token_type` is none that this library knows.
pub const TOKEN_TYPE_UNKNOWN: u32 = 1 << 4;
/// `expires_in` was a string or a float.
pub const EXPIRES_IN_TYPE: u32 = 1 << 5;
/// `expires_in` was junk or negative, and is taken as absent.
pub const EXPIRES_IN_INVALID: u32 = 1 << 6;
/// `scope` was an array.
pub const SCOPE_ARRAY: u32 = 1 << 7;
/// A value held U+0000; it is absent from the getters, and still in the JSON.
pub const NUL_IN_VALUE: u32 = 1 << 8;
/// The body of an error was not UTF-8; what was wrong is replaced by U+FFFD.
pub const INVALID_UTF8: u32 = 1 << 9;
/// `error` was an object.
pub const ERROR_OBJECT: u32 = 1 << 10;
/// An OAuth error came with another HTTP status than 400 or 401.
pub const ERROR_STATUS: u32 = 1 << 11;
/// A member had a type that its RFC does not allow, and is taken as absent.
pub const MEMBER_TYPE: u32 = 1 << 12;
