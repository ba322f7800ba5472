//! Checks of arguments from C: NULL, UTF-8, places for results.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use zeroize::Zeroize;

use crate::error::{Error, Result, Status};
use crate::secret::Secret;

/// Why a string of the program cannot be used; the end of a message.
pub const NOT_UTF8: &str = "is not valid UTF-8";
pub const IS_NULL: &str = "is NULL";

/// A string that may be NULL.
///
/// # Safety
/// The pointer is NULL or a NUL-terminated string, unchanged during `'a` (header: Strings).
#[inline(never)]
pub unsafe fn optional_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and NUL-terminated by the promise above.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| Error::argument(name, NOT_UTF8))
}

/// A string that may be NULL and need not be UTF-8, such as what a server sent.
///
/// # Safety
/// As for [`optional_text`].
pub unsafe fn optional_bytes<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: not NULL, and NUL-terminated by the promise above.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// A string that must not be NULL.
///
/// # Safety
/// As for [`optional_text`].
#[inline(never)]
pub unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: the same promise.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| Error::argument(name, IS_NULL))
}

/// Strings, none of which may be NULL.
///
/// # Safety
/// The pointer is NULL or points to `count` pointers; for each, as for [`optional_text`].
pub unsafe fn texts<'a>(pointer: *const *const c_char, count: usize, name: &str) -> Result<Vec<&'a str>> {
    if pointer.is_null() {
        return Err(Error::argument(name, IS_NULL));
    }
    // SAFETY: not NULL, and `count` pointers long by the promise above.
    let each = (0..count).map(|index| unsafe { text(*pointer.add(index), name) });
    each.collect()
}

/// A copy of a string for a builder, or what is wrong with it.
///
/// # Safety
/// As for [`optional_text`].
#[inline(never)]
pub unsafe fn copied(pointer: *const c_char) -> std::result::Result<Option<Secret>, &'static str> {
    // SAFETY: the same promise.
    let text = unsafe { optional_text(pointer, "") }.map_err(|_| NOT_UTF8)?;
    Ok(text.and_then(Secret::new)) // a C string holds no NUL
}

/// A copy of a string for a builder that must not be NULL, or what is wrong with it.
///
/// # Safety
/// As for [`optional_text`].
#[inline(never)]
pub unsafe fn required(pointer: *const c_char) -> std::result::Result<Secret, &'static str> {
    // SAFETY: the same promise.
    unsafe { copied(pointer) }?.ok_or(IS_NULL)
}

/// Bytes; the pointer may be NULL only if the length is 0.
///
/// # Safety
/// The pointer is NULL or points to `length` bytes that do not change during `'a` (header: Bytes).
pub unsafe fn bytes<'a>(pointer: *const u8, length: usize) -> std::result::Result<&'a [u8], &'static str> {
    match (pointer.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(IS_NULL),
        (false, length) if length > isize::MAX as usize => Err("has an impossible length"),
        // SAFETY: not NULL, and `length` bytes long by the promise above.
        (false, length) => Ok(unsafe { std::slice::from_raw_parts(pointer, length) }),
    }
}

/// A handle that must not be NULL.
pub fn handle<'a, T>(handle: Option<&'a T>, name: &str) -> Result<&'a T> {
    handle.ok_or_else(|| Error::argument(name, IS_NULL))
}

/// A handle that must not be NULL, and that the call changes.
pub fn handle_mut<'a, T>(handle: Option<&'a mut T>, name: &str) -> Result<&'a mut T> {
    handle.ok_or_else(|| Error::argument(name, IS_NULL))
}

/// A place for a handle or an owned string: set to NULL first, filled on success.
pub struct Out<'a, T>(Option<&'a mut *mut T>, &'static str);

impl<'a, T> Out<'a, T> {
    pub fn new(slot: Option<&'a mut MaybeUninit<*mut T>>, name: &'static str) -> Self {
        Self(slot.map(|slot| slot.write(ptr::null_mut())), name)
    }

    /// Refuses a NULL place, before the call does anything.
    pub fn check(&self) -> Result<()> {
        if self.0.is_none() {
            return Err(Error::argument(self.1, IS_NULL));
        }
        Ok(())
    }

    pub fn fill(self, value: *mut T) {
        if let Some(slot) = self.0 {
            *slot = value;
        }
    }
}

/// Puts an owned string into its place; `oauth_string_free` wipes and frees it.
#[inline(never)]
pub fn fill_string(out: Out<'_, c_char>, text: &str) -> Result<()> {
    let mut owned = Vec::with_capacity(text.len() + 1); // exact: no reallocation leaves a copy
    owned.extend_from_slice(text.as_bytes());
    let owned = CString::new(owned).map_err(|_| Error::new(Status::Internal, "an owned string held U+0000"))?;
    out.fill(owned.into_raw());
    Ok(())
}

/// Wipes and frees an owned string.
///
/// # Safety
/// The pointer is NULL or came from [`fill_string`], and is not used again.
pub unsafe fn wipe_string(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: by the promise above it came from CString::into_raw, and has not been freed.
        let owned = unsafe { CString::from_raw(text) };
        owned.into_bytes_with_nul().zeroize();
    }
}

/// Copies of the name and value of a header field, or what is wrong with them.
///
/// # Safety
/// As for [`optional_text`], both.
#[inline(never)]
pub unsafe fn header_field(name: *const c_char, value: *const c_char) -> std::result::Result<(Secret, Secret), String> {
    // SAFETY: the same promise.
    let name = unsafe { required(name) }.map_err(|why| format!("name {why}"))?;
    // SAFETY: the same promise.
    let value = unsafe { required(value) }.map_err(|why| format!("value {why}"))?;
    Ok((name, value))
}
