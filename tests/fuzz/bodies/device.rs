//! Any device authorization response is one that a user can be shown and a device can poll with, or is refused; and
//! whatever the polls bring (the first line), none is too early and none too late.

use std::time::Duration;

use oauthclient::protocol::answer;
use oauthclient::protocol::device_authorization::{interval, read};
use oauthclient::protocol::device_polling::{Outcome, Polling};

use crate::checks;

pub fn run(input: &[u8]) {
    let line = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (outcomes, json) = (&input[..line], input.get(line + 1..).unwrap_or_default());
    let Ok(text) = std::str::from_utf8(json) else { return };
    let Some(members) = answer::value(text) else { return };
    assert!(interval(&members).is_none_or(|interval| (1..=3600).contains(&interval.as_secs())));
    match read(members) {
        Ok(device) => {
            let shown = device.verification_uri_complete.iter().chain([&device.verification_uri]);
            shown.for_each(|uri| {
                let uri = uri.as_str();
                let scheme = uri.split(':').next().unwrap_or_default();
                assert!(["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)), "{uri}");
                assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
            });
            for code in [&device.device_code, &device.user_code] {
                assert!(!code.as_str().is_empty() && !code.as_str().chars().any(char::is_control));
            }
            assert!((1..=3600).contains(&device.interval.as_secs()));
            assert!((1..=86400).contains(&device.expires_in.as_secs()));
            poll(device.interval, device.expires_in, outcomes);
        }
        Err(why) => checks::line(why),
    }
}

/// Each outcome is a letter: its kind, and in capitals with a Retry-After of its number in seconds.
fn poll(interval: Duration, expires_in: Duration, outcomes: &[u8]) {
    let mut polling = Polling::new(interval, expires_in);
    let (mut now, mut slow_downs) = (Duration::ZERO, 0);
    for letter in outcomes {
        let next = polling.next_at();
        let pause = next.saturating_sub(now);
        assert!(pause >= interval + Duration::from_secs(5 * slow_downs) || next == polling.expires_at());
        assert!(next <= polling.expires_at());
        if polling.is_expired(next) {
            break;
        }
        assert!(polling.is_due(next) && !polling.is_due(now));
        now = next;
        let asked = letter.is_ascii_digit().then(|| Duration::from_secs(u64::from(*letter)));
        let outcome = [Outcome::Pending, Outcome::SlowDown(asked), Outcome::Unreachable][usize::from(letter % 3)];
        slow_downs += u64::from(matches!(outcome, Outcome::SlowDown(_)));
        let retry_after = letter.is_ascii_uppercase().then(|| Duration::from_secs(u64::from(*letter)));
        polling.note(now, outcome, retry_after);
        assert!(retry_after.is_none_or(|wait| !polling.is_due(now + wait - Duration::from_nanos(1))));
    }
}
