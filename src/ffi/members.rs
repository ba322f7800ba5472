//! The members of a JSON object that a server sent: claims, metadata, what introspection and userinfo say.

use std::ffi::c_char;
use std::ptr;

use crate::ffi::{guard, pointer};
use crate::protocol::members::{Member, Members};
use crate::secret::Secret;

/// A JSON object of the server's, member by member; members that are null are absent. Belongs to the handle that it was
/// got from, and lives as long.
pub struct oauth_members {
    _opaque: [u8; 0],
}

impl oauth_members {
    pub(super) fn borrow(members: &Members) -> *const Self {
        ptr::from_ref(members).cast()
    }
}

/// # Safety
/// The pointer is NULL or came from [`oauth_members::borrow`], and its owner lives for `'a`.
unsafe fn members<'a>(pointer: *const oauth_members) -> Option<&'a Members> {
    // SAFETY: by the promise above it points to Members.
    unsafe { pointer.cast::<Members>().as_ref() }
}

/// # Safety
/// As for [`members()`]; the name is NULL or a NUL-terminated string.
unsafe fn member<'a>(pointer: *const oauth_members, name: *const c_char) -> Option<&'a Member> {
    // SAFETY: the same promise.
    let (members, name) = unsafe { (members(pointer)?, pointer::text(name, "name")) };
    members.get(name.ok()?)
}

/// The whole object, as it was written.
///
/// @param[in] members may be NULL.
/// @return valid until the owner is freed; NULL only for NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_members_json(members: *const oauth_members) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles).
    guard::text(|| Some(unsafe { self::members(members) }?.json().as_ptr()))
}

/// A member as text: what a string holds, a number or boolean as it is written.
///
/// @param[in] members may be NULL.
/// @param[in] name    NULL finds nothing.
/// @return valid until the owner is freed; NULL when there is none, for objects and arrays, and for a string with U+0000.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_members_text(members: *const oauth_members, name: *const c_char) -> *const c_char {
    // SAFETY: a valid handle or NULL (header: Handles), and a string or NULL (header: Strings).
    guard::text(|| unsafe { member(members, name) }?.text.as_ref().map(Secret::as_ptr))
}

/// A member as JSON, as it was written.
///
/// @param[in] members may be NULL.
/// @param[in] name    NULL finds nothing.
/// @return valid until the owner is freed; NULL when there is none.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_members_member_json(
    members: *const oauth_members,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: as for oauth_members_text.
    guard::text(|| Some(unsafe { member(members, name) }?.json.as_ptr()))
}

/// A member as a whole number: times, lifetimes. Fractions are dropped.
///
/// @param[in] members may be NULL.
/// @param[in] name    NULL finds nothing.
/// @param[in] missing what to return when there is none, or it is no number.
/// @return the number.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_members_number(members: *const oauth_members, name: *const c_char, missing: i64) -> i64 {
    // SAFETY: as for oauth_members_text.
    guard::value(missing, || unsafe { member(members, name) }.and_then(Member::number).unwrap_or(missing))
}

/// How many strings a member holds: those of an array; a string counts as an array of one, as in the claim aud.
///
/// @param[in] members may be NULL.
/// @param[in] name    NULL finds nothing.
/// @return 0 when there is none.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_members_item_count(members: *const oauth_members, name: *const c_char) -> usize {
    // SAFETY: as for oauth_members_text.
    guard::value(0, || unsafe { member(members, name) }.map_or(0, |member| member.items().len()))
}

/// One of the strings that a member holds.
///
/// @param[in] members may be NULL.
/// @param[in] name    NULL finds nothing.
/// @param[in] index   from 0.
/// @return valid until the owner is freed; NULL beyond the last.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_members_item_at(
    members: *const oauth_members,
    name: *const c_char,
    index: usize,
) -> *const c_char {
    // SAFETY: as for oauth_members_text.
    guard::text(|| Some(unsafe { member(members, name) }?.items().get(index)?.as_ptr()))
}
