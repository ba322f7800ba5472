//! Version and owned strings
//!
//! Most strings that the library returns are borrowed: a handle owns them, and the program does not
//! free them. A few functions return an owned string, such as oauth_token_to_json. Their comments
//! say so; free these strings with oauth_string_free.
//!
//! oauth_destroy_fn is the type of every destroy function (see Callbacks above).

use std::ffi::c_char;

use crate::ffi::boundary::{guard, pointer};

/// The version of the library that is loaded. OAUTH_VERSION_STRING is the version of the header.
///
/// @code
/// const char *loaded = oauth_version();
///
/// if (strcmp(loaded, OAUTH_VERSION_STRING) != 0)
///     printf("built with %s, running with %s\n", OAUTH_VERSION_STRING, loaded);
/// @endcode
///
/// @return "MAJOR.MINOR.PATCH". Static: never NULL, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn oauth_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Overwrites an owned string with zeros and frees it.
///
/// @param[in] string may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_string_free(string: *mut c_char) {
    // SAFETY: NULL or an owned string that has not been freed (header: Strings).
    guard::value((), || unsafe { pointer::wipe_string(string) });
}
