//! When something expires, as servers say it where `expires_in` is missing.

use std::time::{SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::protocol::json_value::{Member, find};

/// A smaller number is no moment of this century; as a duration, this one is 31 years.
const FIRST_MOMENT_S: i64 = 1_000_000_000;
/// A moment from here on is in milliseconds.
const FIRST_MOMENT_MS: i64 = 100_000_000_000;

/// Members that say when an access token expires: in seconds from now or at a moment, and (twice) at a moment.
const ACCESS_TOKEN: [&str; 3] = ["expires", "expires_at", "expires_on"];
/// Members that say when a refresh token, or the login, expires.
const REFRESH_TOKEN: [&str; 5] = [
    "refresh_token_expires_in",
    "refresh_expires_in",
    "x_refresh_token_expires_in",
    "refresh_token_timeout",
    "authorization_expires_in",
];

/// What a member says about a lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Seconds since the epoch, later than the request.
    ExpiresAtS(i64),
    /// Not a moment in the future: as if it had not been said.
    Nothing,
}

/// What the members say about the access token; `None` if none of them speaks of it.
pub fn of_access_token(members: &[Member], sent_at: SystemTime) -> Option<Said> {
    let said = || ACCESS_TOKEN.iter().filter_map(|name| said(members, name, sent_at));
    said().find(|said| *said != Said::Nothing).or_else(|| said().next())
}

/// When the refresh token expires, in seconds since the epoch. Servers send zero for "never".
pub fn of_refresh_token(members: &[Member], sent_at: SystemTime) -> Option<i64> {
    REFRESH_TOKEN.iter().find_map(|name| match said(members, name, sent_at)? {
        Said::ExpiresAtS(expires_at_s) => Some(expires_at_s),
        Said::Nothing => None,
    })
}

/// Seconds since the epoch.
pub fn seconds(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(since).unwrap_or(i64::MAX)
}

fn said(members: &[Member], name: &str, sent_at: SystemTime) -> Option<Said> {
    let text = find(members, name)?.text()?.as_str().trim();
    let sent_at_s = seconds(sent_at);
    let expires_at_s = match text.parse::<f64>() {
        Ok(number) if number.is_finite() => {
            let number = number as i64; // floors, and saturates
            match number {
                FIRST_MOMENT_MS.. => Some(number / 1000),
                FIRST_MOMENT_S.. => Some(number),
                1.. if !matches!(name, "expires_at" | "expires_on") => Some(sent_at_s.saturating_add(number)),
                _ => None,
            }
        }
        _ => date_s(text),
    };
    Some(expires_at_s.filter(|expires_at_s| *expires_at_s > sent_at_s).map_or(Said::Nothing, Said::ExpiresAtS))
}

/// A date of ISO 8601, in UTC unless it says otherwise, or of HTTP.
fn date_s(text: &str) -> Option<i64> {
    let iso = text.replacen(' ', "T", 1);
    if let Ok(date) = OffsetDateTime::parse(&iso, &Iso8601::PARSING) {
        return Some(date.unix_timestamp());
    }
    if let Ok(date) = PrimitiveDateTime::parse(&iso, &Iso8601::PARSING) {
        return Some(date.assume_utc().unix_timestamp());
    }
    httpdate::parse_http_date(text).ok().map(seconds)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::json_value::Value;
    use crate::secret::Secret;

    const SENT_S: u64 = 1_700_000_000;

    fn members(members: &[(&str, &str)]) -> Vec<Member> {
        let member = |(name, raw): &(&str, &str)| Member {
            name: Secret::new(name).expect("text"),
            value: Value::new(raw).expect("text"),
        };
        members.iter().map(member).collect()
    }

    #[test]
    fn a_lifetime_is_understood_however_it_is_said() {
        let sent_at = UNIX_EPOCH + Duration::from_secs(SENT_S);
        let at = |expires_at_s| Some(Said::ExpiresAtS(expires_at_s));
        for (name, raw, expected) in [
            ("expires", "86400", at(1_700_086_400)),
            ("expires", "\"86400\"", at(1_700_086_400)),
            ("expires", "1893553445", at(1_893_553_445)),
            ("expires", "1893553445123", at(1_893_553_445)),
            ("expires", "59.9", at(1_700_000_059)),
            ("expires", "\"2030-01-02T03:04:05Z\"", at(1_893_553_445)),
            ("expires", "\"Wed, 02 Jan 2030 03:04:05 GMT\"", at(1_893_553_445)),
            ("expires_at", "1893553445", at(1_893_553_445)),
            ("expires_at", "\"2030-01-02T03:04:05Z\"", at(1_893_553_445)),
            ("expires_at", "\"2030-01-02T03:04:05.678Z\"", at(1_893_553_445)),
            ("expires_at", "\"2030-01-02T04:04:05+01:00\"", at(1_893_553_445)),
            ("expires_at", "\"2030-01-02T04:04:05+0100\"", at(1_893_553_445)),
            ("expires_at", "\"2030-01-02 03:04:05\"", at(1_893_553_445)),
            ("expires_at", "\"20300102T030405Z\"", at(1_893_553_445)),
            // no moment to come
            ("expires_on", "\"1893553445\"", at(1_893_553_445)),
            ("expires_on", "\"3600\"", Some(Said::Nothing)),
            ("expires_at", "3600", Some(Said::Nothing)),
            ("expires_at", "\"2020-01-02T03:04:05Z\"", Some(Said::Nothing)),
            ("expires_at", "\"9999-99-99T99:99:99Z\"", Some(Said::Nothing)),
            ("expires", "0", Some(Said::Nothing)),
            ("expires", "-5", Some(Said::Nothing)),
            ("expires", "\"never\"", Some(Said::Nothing)),
            ("expires", "\"infinity\"", Some(Said::Nothing)),
            ("expires", "\"\u{e9}\"", Some(Said::Nothing)),
            ("expires", "true", Some(Said::Nothing)),
            ("expires", "null", None),
            ("expires", "{}", None),
            ("expiry", "5", None),
        ] {
            assert_eq!(of_access_token(&members(&[(name, raw)]), sent_at), expected, "{name} {raw}");
        }
    }

    #[test]
    fn a_moment_wins_over_a_member_that_says_nothing() {
        let sent_at = UNIX_EPOCH + Duration::from_secs(SENT_S);
        let both = members(&[("expires", "0"), ("expires_at", "1893553445")]);
        assert_eq!(of_access_token(&both, sent_at), Some(Said::ExpiresAtS(1_893_553_445)));
    }

    #[test]
    fn the_lifetime_of_a_refresh_token_has_five_names() {
        let sent_at = UNIX_EPOCH + Duration::from_secs(SENT_S);
        for name in REFRESH_TOKEN {
            assert_eq!(of_refresh_token(&members(&[(name, "60")]), sent_at), Some(1_700_000_060), "{name}");
            assert_eq!(of_refresh_token(&members(&[(name, "0")]), sent_at), None, "{name}: never");
        }
        let both = members(&[("refresh_expires_in", "0"), ("refresh_token_timeout", "60")]);
        assert_eq!(of_refresh_token(&both, sent_at), Some(1_700_000_060));
    }
}
