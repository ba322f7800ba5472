//! JSON: what a server sent, member by member and down into objects and arrays.

use std::ffi::c_char;
use std::ptr;

use crate::ffi::boundary::{guard, pointer};
use crate::protocol::json_value::Value;
use crate::secret::Secret;

/// A JSON value. Belongs to the handle that it was got from, and lives as long.
pub struct oauth_json {
    _opaque: [u8; 0],
}

impl oauth_json {
    pub(crate) fn borrow(value: &Value) -> *const Self {
        ptr::from_ref(value).cast()
    }
}

/// # Safety
/// The pointer is NULL or came from [`oauth_json::borrow`], and its owner lives for `'a`.
unsafe fn value<'a>(pointer: *const oauth_json) -> Option<&'a Value> {
    // SAFETY: by the promise above it points to a Value.
    unsafe { pointer.cast::<Value>().as_ref() }
}

/// The member of that name; the value itself for NULL.
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

/// A member as text: what a string holds, a number or boolean as it is written.
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the value itself.
/// @return valid until the owner is freed; NULL when there is none, for null, objects and arrays, and for a string with
///         U+0000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_text(json: *const oauth_json, name: *const c_char) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles), and a string or NULL (header: Strings).
    guard::text(|| unsafe { member(json, name) }?.text().map(Secret::as_ptr))
}

/// A member as a whole number: times, lifetimes. Fractions are dropped.
///
/// @param[in] json    may be NULL.
/// @param[in] name    of the member; NULL: the value itself.
/// @param[in] missing what to return when there is none, or it is no number.
/// @return the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_number(json: *const oauth_json, name: *const c_char, missing: i64) -> i64 {
    // SAFETY: as for oauth_json_text.
    guard::value(missing, || unsafe { member(json, name) }.and_then(Value::whole_number).unwrap_or(missing))
}

/// A member as JSON, as it was written.
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the value itself.
/// @return valid until the owner is freed; NULL when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_raw(json: *const oauth_json, name: *const c_char) -> *const c_char {
    // SAFETY: as for oauth_json_text.
    guard::text(|| Some(unsafe { member(json, name) }?.raw().as_ptr()))
}

/// How many strings a member holds: those of an array; a string counts as an array of one, as in the claim aud.
///
/// @param[in] json may be NULL.
/// @param[in] name of the member; NULL: the value itself.
/// @return 0 when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_string_count(json: *const oauth_json, name: *const c_char) -> usize {
    // SAFETY: as for oauth_json_text.
    guard::value(0, || unsafe { member(json, name) }.map_or(0, |member| member.strings().count()))
}

/// One of the strings that a member holds.
///
/// @param[in] json  may be NULL.
/// @param[in] name  of the member; NULL: the value itself.
/// @param[in] index from 0.
/// @return valid until the owner is freed; NULL beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_string_at(
    json: *const oauth_json,
    name: *const c_char,
    index: usize,
) -> *const c_char {
    // SAFETY: as for oauth_json_text.
    guard::text(|| Some(unsafe { member(json, name) }?.strings().nth(index)?.as_ptr()))
}

/// A member that is an object or an array, to be walked.
///
/// @param[in] json may be NULL.
/// @param[in] name NULL finds nothing.
/// @return valid until the owner is freed; NULL when there is none, or it is neither.
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

/// How many members an object has, or items an array. A member that is null is absent, an item that is null is not.
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
/// @return valid until the owner is freed; NULL beyond the last, and for an array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_name_at(json: *const oauth_json, index: usize) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { value(json) }?.name_at(index)?.as_ptr()))
}

/// The value of a member of an object, or an item of an array, in the order of the JSON.
///
/// @param[in] json  may be NULL.
/// @param[in] index from 0.
/// @return valid until the owner is freed; NULL beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_item_at(json: *const oauth_json, index: usize) -> *const oauth_json {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::borrowed(|| Some(oauth_json::borrow(unsafe { value(json) }?.at(index)?)))
}
