//! The header fields that a program may add (RFC 9110 section 5); some names belong to the library.

use crate::error::{Error, Result};
use crate::text::may_have_control;

/// Names that only the library sets: they frame or authenticate the request.
const RESERVED: [&str; 7] =
    ["authorization", "connection", "content-length", "content-type", "dpop", "host", "transfer-encoding"];

/// Checks an extra field; `whose` names the setting in the error.
pub fn check(whose: &str, name: &str, value: &str) -> Result<()> {
    check_unless(whose, name, value, "")
}

/// The same for a request whose `Authorization` the program sets.
pub fn check_with_authorization(whose: &str, name: &str, value: &str) -> Result<()> {
    check_unless(whose, name, value, "authorization")
}

fn check_unless(whose: &str, name: &str, value: &str, free: &str) -> Result<()> {
    if name.is_empty() || !name.bytes().all(is_token_byte) {
        return Err(Error::argument(whose, "has a name that is no HTTP header name"));
    }
    if RESERVED.iter().any(|reserved| *reserved != free && name.eq_ignore_ascii_case(reserved)) {
        return Err(Error::argument(whose, &format!("may not set {name}: the library does")));
    }
    check_value(whose, value)
}

/// Checks a field value: no control characters but tab. CR and LF would begin another field.
pub fn check_value(whose: &str, value: &str) -> Result<()> {
    if may_have_control(value.as_bytes()) && value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(Error::argument(whose, "has a control character in a header value"));
    }
    Ok(())
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_and_values_are_checked() {
        for (name, value, ok) in [
            ("X-Tenant", "a\tb \u{e9}", true),
            ("Accept", "text/json", true),
            ("", "a", false),
            ("X Y", "a", false),
            ("X:", "a", false),
            ("hOsT", "a", false),
            ("Authorization", "a", false),
            ("transfer-encoding", "a", false),
            ("X", "a\r\nY: b", false),
            ("X", "a\nb", false),
            ("X", "\u{7f}", false),
        ] {
            assert_eq!(check("headers", name, value).is_ok(), ok, "{name:?}: {value:?}");
        }
    }
}
