//! JSON
//!
//! An oauth_json is a value that a server sent as JSON: metadata, claims, introspection, userinfo,
//! error responses, and the members of a token response that have no getter of their own. The
//! handle that gave it is its owner: a const oauth_json is never freed, and valid until the owner
//! is freed.
//!
//! Most getters take the name of a member, or NULL for the value itself. A missing member, a NULL
//! handle or a value of another type gives NULL, 0 or a default, so that getters can be nested
//! without checks. A member that is null counts as missing. If a name occurs twice, the first
//! member is found.
//!
//! Read strings, numbers and booleans ("true", "false") with oauth_json_text, integers with
//! oauth_json_number. The first character of oauth_json_raw tells the type. Walk objects and arrays
//! with oauth_json_object, oauth_json_count, oauth_json_name_at and oauth_json_item_at. What stands
//! more than 32 levels deep, the members of a nested object with more than 1,000, and what follows
//! the first 10,000 items of an array cannot be walked; oauth_json_raw has their text.

use std::ffi::c_char;
use std::ptr;

use crate::ffi::boundary::{guard, pointer};
use crate::protocol::json_value::Value;
use crate::secret::Secret;

/// A JSON value. Valid until the handle that gave it is freed, and never freed itself, except by
/// oauth_json_free where a function says so.
pub struct oauth_json {
    _opaque: [u8; 0],
}

impl oauth_json {
    pub(crate) fn borrow(value: &Value) -> *const Self {
        ptr::from_ref(value).cast()
    }

    /// For [`oauth_json_free`].
    pub(crate) fn own(value: Value) -> *mut Self {
        Box::into_raw(Box::new(value)).cast()
    }
}

/// The value behind a handle.
///
/// # Safety
/// The pointer is NULL or came from [`oauth_json::borrow`], and its owner lives for `'a`.
unsafe fn value<'a>(pointer: *const oauth_json) -> Option<&'a Value> {
    // SAFETY: by the promise above it points to a Value.
    unsafe { pointer.cast::<Value>().as_ref() }
}

/// The member of that name; for a NULL name, the value itself.
///
/// # Safety
/// As for [`value()`]; the name is NULL or a NUL-terminated string.
unsafe fn member<'a>(pointer: *const oauth_json, name: *const c_char) -> Option<&'a Value> {
    // SAFETY: the same promise.
    let (value, name) = unsafe { (value(pointer)?, pointer::optional_text(name, "name")) };
    match name.ok()? {
        None => Some(value),
        Some(name) => value.get(name),
    }
}

/// Frees a JSON value that a function has handed over, such as oauth_store_keys.
///
/// @param[in] json not a const one, which belongs to another handle; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_free(json: *mut oauth_json) {
    guard::value((), || {
        if !json.is_null() {
            // SAFETY: it came from `own`, and nobody uses it again (documented above; header: Handles).
            drop(unsafe { Box::from_raw(json.cast::<Value>()) });
        }
    });
}

/// A member as text: the content of a string, or a number or boolean as it is written in JSON.
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the value itself.
/// @return valid until the owner is freed; NULL if there is no such member, for null, objects and
///         arrays, and for a string that cannot be a C string (U+0000 or a lone surrogate in it).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_text(json: *const oauth_json, name: *const c_char) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles), and a string or NULL (header: Strings).
    guard::text(|| unsafe { member(json, name) }?.text().map(Secret::as_ptr))
}

/// A member that is a number, as an integer: the fraction is dropped, and the range is that of
/// int64_t.
///
/// @param[in] json    may be NULL.
/// @param[in] name    of the member; NULL: the value itself.
/// @param[in] missing the result if there is no such member, or it is not a number.
/// @return the number, or missing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_number(json: *const oauth_json, name: *const c_char, missing: i64) -> i64 {
    // SAFETY: as for oauth_json_text.
    guard::value(missing, || unsafe { member(json, name) }.and_then(Value::whole_number).unwrap_or(missing))
}

/// A member as JSON text.
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the value itself.
/// @return valid until the owner is freed; NULL if there is no such member.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_raw(json: *const oauth_json, name: *const c_char) -> *const c_char {
    // SAFETY: as for oauth_json_text.
    guard::text(|| Some(unsafe { member(json, name) }?.raw().as_ptr()))
}

/// The number of strings in an array. A string counts as an array of one, as in the claim aud
/// (RFC 7519 section 4.1.3). Items that are not strings do not count.
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the value itself.
/// @return 0 if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_string_count(json: *const oauth_json, name: *const c_char) -> usize {
    // SAFETY: as for oauth_json_text.
    guard::value(0, || unsafe { member(json, name) }.map_or(0, Value::string_count))
}

/// One of the strings that oauth_json_string_count counts.
///
/// @param[in] json  may be NULL.
/// @param[in] name  of the member; NULL: the value itself.
/// @param[in] index from 0.
/// @return valid until the owner is freed; NULL if index is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_string_at(
    json: *const oauth_json,
    name: *const c_char,
    index: usize,
) -> *const c_char {
    // SAFETY: as for oauth_json_text.
    guard::text(|| Some(unsafe { member(json, name) }?.string_at(index)?.as_ptr()))
}

/// A member that is an object or an array.
///
/// @code
/// const oauth_json *details = oauth_json_object(oauth_token_json(token), "authorization_details");
///
/// for (size_t i = 0; i < oauth_json_count(details); i++) {
///     const oauth_json *detail = oauth_json_item_at(details, i);
///
///     use(oauth_json_text(detail, "type"));
///     if (oauth_json_string_count(detail, "actions") > 0)
///         use(oauth_json_string_at(detail, "actions", 0));
/// }
/// @endcode
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the result is NULL.
/// @return valid until the owner is freed; NULL if there is no such member, or it is neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_object(json: *const oauth_json, name: *const c_char) -> *const oauth_json {
    guard::borrowed(|| {
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let name = unsafe { pointer::text(name, "name") }.ok()?;
        // SAFETY: a valid handle or NULL (header: Handles).
        let member = unsafe { value(json) }?.get(name)?;
        member.is_nested().then(|| oauth_json::borrow(member))
    })
}

/// The number of members of an object, or of items of an array. A member that is null does not
/// count; an item that is null does. A name that occurs twice counts twice.
///
/// @param[in] json may be NULL.
/// @return 0 for other values, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_count(json: *const oauth_json) -> usize {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::value(0, || unsafe { value(json) }.map_or(0, Value::len))
}

/// The name of a member of an object, in the order of the JSON.
///
/// @param[in] json  may be NULL.
/// @param[in] index from 0.
/// @return valid until the owner is freed; NULL if index is too large, and for an array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_name_at(json: *const oauth_json, index: usize) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { value(json) }?.name_at(index)?.as_ptr()))
}

/// The value of a member of an object, or an item of an array, in the order of the JSON.
///
/// @param[in] json  may be NULL.
/// @param[in] index from 0.
/// @return valid until the owner is freed; NULL if index is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_item_at(json: *const oauth_json, index: usize) -> *const oauth_json {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::borrowed(|| Some(oauth_json::borrow(unsafe { value(json) }?.at(index)?)))
}
