//! Deviations from the RFCs in answers that were accepted nevertheless: one bit each, part of the ABI.

/// The body was form-encoded, not JSON.
pub const FORM_ENCODED: u32 = 1;
/// JSON came with a content type other than `application/json`.
pub const CONTENT_TYPE: u32 = 1 << 1;
/// The body began with a UTF-8 byte order mark.
pub const BYTE_ORDER_MARK: u32 = 1 << 2;
/// `token_type` was missing or null; the token is used as Bearer.
pub const TOKEN_TYPE_MISSING: u32 = 1 << 3;
/// `token_type` is unknown to this library.
pub const TOKEN_TYPE_UNKNOWN: u32 = 1 << 4;
/// `expires_in` was a string or a float.
pub const EXPIRES_IN_TYPE: u32 = 1 << 5;
/// A lifetime was zero, negative, over or no number, and counts as absent.
pub const EXPIRES_IN_INVALID: u32 = 1 << 6;
/// `scope` was an array.
pub const SCOPE_ARRAY: u32 = 1 << 7;
/// A value held U+0000: the getters do not return it, the JSON holds it.
pub const NUL_IN_VALUE: u32 = 1 << 8;
/// The body of an error was not UTF-8; invalid bytes are replaced by U+FFFD.
pub const INVALID_UTF8: u32 = 1 << 9;
/// The error was no text: an object, an array or a number; or it stood in `errors` or `message`.
pub const ERROR_OBJECT: u32 = 1 << 10;
/// An OAuth error came with an HTTP status other than 400 or 401.
pub const ERROR_STATUS: u32 = 1 << 11;
/// A member had a type that its RFC does not allow, and counts as absent.
pub const MEMBER_TYPE: u32 = 1 << 12;
/// A success came with an HTTP status other than 200.
pub const STATUS: u32 = 1 << 13;
/// The lifetime was not in `expires_in`, but in `expires` or `expires_at`.
pub const LIFETIME_NAME: u32 = 1 << 14;
/// The description of an error was not in `error_description`.
pub const DESCRIPTION_NAME: u32 = 1 << 15;
/// The body was compressed, although `identity` was asked for.
pub const CONTENT_CODING: u32 = 1 << 16;
/// TLS ended without close_notify after a body that was one complete JSON object.
pub const NO_CLOSE_NOTIFY: u32 = 1 << 17;
/// A log-in gave an ID token that checks, and no access token.
pub const ACCESS_TOKEN_MISSING: u32 = 1 << 18;
