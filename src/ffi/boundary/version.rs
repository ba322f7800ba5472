//! The version of the library, and what belongs to no noun: owned strings.

use std::ffi::c_char;

use crate::ffi::boundary::{guard, pointer};

/// The version of the library that is loaded; OAUTH_VERSION_STRING is that of the header.
///
/// @return "MAJOR.MINOR.PATCH". Static: never NULL, never freed.
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn oauth_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Wipes and frees a string that the library gave away: those whose documentation names this function.
///
/// @param[in] string may be NULL.
/// @since 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_string_free(string: *mut c_char) {
    // SAFETY: NULL or a string of ours that has not been freed (header: Handles).
    guard::value((), || unsafe { pointer::wipe_string(string) });
}
