//! JSON of the program's own.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::error::Error;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::json::oauth_json;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::protocol::json_value::Value;

/// Reads a JSON value of the program's own, such as a file of settings.
///
/// @code
/// oauth_json *json = NULL;
/// if (oauth_json_from_text("{\"source\":{\"file\":\"/x\"}}", &json, &error) == OAUTH_OK)
///     printf("%s\n", oauth_json_text(oauth_json_object(json, "source"), "file"));
/// oauth_json_free(json);
/// @endcode
///
/// @param[in]  text  not NULL; copied.
/// @param[out] json  free it with oauth_json_free.
/// @param[out] error NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT: it is not one JSON value; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_json_from_text(
    text: *const c_char,
    json: Option<&mut MaybeUninit<*mut oauth_json>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(json, "json");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let value = Value::parse(unsafe { pointer::text(text, "text") }?);
        out.fill(oauth_json::own(value.ok_or_else(|| Error::argument("text", "is not one JSON value"))?));
        Ok(())
    })
}
