//! The `Retry-After` header (RFC 9110 section 10.2.3): seconds or a date.

use std::time::SystemTime;

/// The longest wait that a program is told by one header, in seconds.
pub const LONGEST_S: u32 = 3600;

/// Seconds to wait, at most [`LONGEST_S`]; `None` if the value is neither a number nor a date.
pub fn parse(value: &[u8], now: SystemTime) -> Option<u32> {
    let text = std::str::from_utf8(value).ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse::<u32>().unwrap_or(LONGEST_S).min(LONGEST_S));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(now).unwrap_or_default(); // a date in the past means now
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Some(u32::try_from(seconds).unwrap_or(LONGEST_S).min(LONGEST_S))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn seconds_and_dates() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(LONGEST_S)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Wed, 21 Oct 2065 07:28:00 GMT", Some(LONGEST_S)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse(value.as_bytes(), now), expected, "{value:?}");
        }
    }
}
