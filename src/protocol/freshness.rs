//! How long an answer may be cached (RFC 9111 sections 4.2 and 5.2), in a cache that is private to one program.

use std::time::{Duration, SystemTime};

use crate::http::Headers;

/// Cached at least so long, whatever the server says: a document is not fetched for every call.
const SHORTEST: Duration = Duration::from_secs(60);
const USUAL: Duration = Duration::from_secs(60 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The freshness lifetime that is left, between a minute and a day; an hour if the server does not state one.
pub fn lifetime(headers: &Headers, now: SystemTime) -> Duration {
    let age = field(headers, "age").and_then(seconds).unwrap_or_default();
    let lifetime = stated(headers, now).map(|lifetime| lifetime.saturating_sub(age));
    lifetime.unwrap_or(USUAL).clamp(SHORTEST, LONGEST)
}

/// The lifetime that the server states: zero if the answer must not be cached, or if it cannot be understood (section
/// 4.2.1).
fn stated(headers: &Headers, now: SystemTime) -> Option<Duration> {
    let mut max_age = None;
    let named = headers.fields().iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"cache-control"));
    for directive in named.flat_map(|(_, value)| value.split(|byte| *byte == b',')) {
        let directive = std::str::from_utf8(directive).unwrap_or_default();
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => {
                max_age = max_age.or(Some(seconds(argument.trim().trim_matches('"')).unwrap_or_default()));
            }
            _ => {}
        }
    }
    max_age.or_else(|| {
        let expires = field(headers, "expires")?;
        let date = field(headers, "date").and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
        let expires = httpdate::parse_http_date(expires).ok();
        Some(expires.and_then(|expires| expires.duration_since(date).ok()).unwrap_or_default())
    })
}

fn field<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    std::str::from_utf8(headers.get(name)?).ok().map(str::trim)
}

/// Plain digits; a number that is too large becomes the largest one.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_follows_the_headers() {
        const DATE: (&str, &str) = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 + 300); // five minutes after that date
        let control = |value| ("Cache-Control", value);
        for (fields, expected) in [
            (&[][..], 3600),
            (&[control("max-age=600")], 600),
            (&[control("public, MAX-AGE=\"600\" , must-revalidate")], 600),
            (&[control("max-age=600"), ("Age", "100")], 500),
            (&[control("max-age=600"), ("Age", "601")], 60),
            (&[control("max-age=600"), ("Age", "old")], 600),
            (&[control("max-age=0")], 60),
            (&[control("max-age=31536000")], 86400),
            (&[control("max-age=99999999999999999999")], 86400),
            (&[control("max-age=soon")], 60),
            (&[control("max-age=600, max-age=700")], 600),
            (&[control("public"), control("max-age=700")], 700),
            (&[control("s-maxage=700")], 3600),
            (&[control("max-age=600, no-cache")], 60),
            (&[control("No-Store")], 60),
            (&[("Expires", "Sun, 06 Nov 1994 08:59:37 GMT"), DATE], 600),
            (&[("Expires", "Sun, 06 Nov 1994 08:59:37 GMT"), DATE, ("Age", "200")], 400),
            (&[("Expires", "Sun, 06 Nov 1994 08:59:37 GMT")], 300),
            (&[("Expires", "Sun, 06 Nov 1994 07:00:00 GMT"), DATE], 60),
            (&[("Expires", "0")], 60),
            (&[control("max-age=700"), ("Expires", "0")], 700),
        ] {
            let mut headers = Headers::default();
            fields.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
            assert_eq!(lifetime(&headers, now).as_secs(), expected, "{fields:?}");
        }
    }
}
