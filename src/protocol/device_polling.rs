//! When a device polls for its token (RFC 8628 section 3.5), by the caller's clock.

use std::time::Duration;

/// What `slow_down` adds to the interval of all further polls.
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// The longest pause while the server is unreachable, unless the interval is longer.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The state between two polls. All times count from the device authorization response.
#[derive(Clone, Debug)]
pub struct Polling {
    interval: Duration,
    /// The interval, or more while the server is unreachable.
    pause: Duration,
    next_at: Duration,
    expires_at: Duration,
}

/// How a poll ended that brought neither a token nor a final error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `authorization_pending`
    Pending,
    /// `slow_down`, with the interval that its answer names.
    SlowDown(Option<Duration>),
    /// No answer, or one that reports a server problem.
    Unreachable,
}

impl Polling {
    /// The first poll is due one interval after the beginning.
    pub fn new(interval: Duration, expires_in: Duration) -> Self {
        Self { interval, pause: interval, next_at: interval, expires_at: expires_in }
    }

    /// When the next poll is due, or the expiry if that comes first.
    pub fn next_at(&self) -> Duration {
        self.next_at.min(self.expires_at)
    }

    pub fn expires_at(&self) -> Duration {
        self.expires_at
    }

    /// Whether to poll now: the pause is over, and the codes have not expired.
    pub fn is_due(&self, now: Duration) -> bool {
        now >= self.next_at && !self.is_expired(now)
    }

    pub fn is_expired(&self, now: Duration) -> bool {
        now >= self.expires_at
    }

    /// Schedules the next poll by the outcome of the last one, and by the `Retry-After` of its answer.
    pub fn note(&mut self, now: Duration, outcome: Outcome, retry_after: Option<Duration>) {
        if let Outcome::SlowDown(asked) = outcome {
            let slower = self.interval.saturating_add(SLOW_DOWN);
            self.interval = asked.map_or(slower, |asked| asked.max(slower));
        }
        self.pause = match outcome {
            Outcome::Unreachable => self.pause.saturating_mul(2).min(LONGEST_BACKOFF).max(self.interval),
            Outcome::Pending | Outcome::SlowDown(_) => self.interval,
        };
        self.next_at = now.saturating_add(self.pause.max(retry_after.unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::*;
    use super::*;

    /// Plays outcomes, each with the seconds of its Retry-After (0: none), one second after its poll. Returns the
    /// seconds of all polls, and of the next poll or expiry.
    fn play(interval: u64, expires_in: u64, outcomes: &[(Outcome, u64)]) -> Vec<u64> {
        let mut polling = Polling::new(Duration::from_secs(interval), Duration::from_secs(expires_in));
        let mut seen = Vec::new();
        for (outcome, retry_after) in outcomes {
            let now = polling.next_at();
            seen.push(now.as_secs());
            if !polling.is_due(now) {
                break;
            }
            assert!(!polling.is_due(now - Duration::from_nanos(1)), "not before its time");
            let retry_after = Some(Duration::from_secs(*retry_after)).filter(|pause| !pause.is_zero());
            polling.note(now + Duration::from_secs(1), *outcome, retry_after);
        }
        let next = polling.next_at();
        assert_eq!(polling.is_due(next), !polling.is_expired(next), "what is next is a poll or the end");
        seen.push(next.as_secs());
        seen
    }

    #[test]
    fn polls_are_due_as_the_server_asks() {
        let (pending, slow, lost) = ((Pending, 0), (SlowDown(None), 0), (Unreachable, 0));
        let slow_to = |seconds| (SlowDown(Some(Duration::from_secs(seconds))), 0);
        for (why, outcomes, expected) in [
            ("steady", &[pending, pending][..], &[5, 11, 17][..]),
            ("slower for good", &[pending, slow, slow, pending], &[5, 11, 22, 38, 54]),
            ("doubled, then back", &[lost, lost, lost, pending, pending], &[5, 16, 37, 78, 84, 90]),
            ("doubled again from the interval", &[lost, pending, lost], &[5, 16, 22, 33]),
            ("no longer than a minute", &[lost, lost, lost, lost, lost], &[5, 16, 37, 78, 139, 200]),
            ("slow_down counts after an outage, too", &[lost, slow, lost, pending], &[5, 16, 27, 48, 59]),
            ("a longer Retry-After", &[(Pending, 30), pending], &[5, 36, 42]),
            ("a shorter Retry-After", &[(Pending, 2), (SlowDown(None), 9), (SlowDown(None), 16)], &[5, 11, 22, 39]),
            ("an interval beside slow_down, for good", &[slow_to(20), pending, slow], &[5, 26, 47, 73]),
            ("an interval shorter than five seconds more", &[slow_to(9), pending], &[5, 16, 27]),
            ("Retry-After of a busy server", &[(Unreachable, 20), lost, pending], &[5, 26, 47, 53]),
        ] {
            assert_eq!(play(5, 900, outcomes), expected, "{why}");
        }
        assert_eq!(play(120, 900, &[lost, pending]), [120, 241, 362], "an interval above a minute stays");
    }

    #[test]
    fn no_poll_once_expired() {
        let pending = (Pending, 0);
        assert_eq!(play(5, 20, &[pending; 9]), [5, 11, 17, 20, 20], "the pause would end after the expiry");
        assert_eq!(play(5, 17, &[pending; 9]), [5, 11, 17, 17], "a poll at the expiry is one too late");
        assert_eq!(play(5, 900, &[(Unreachable, 3600), pending]), [5, 900, 900]);
        assert_eq!(play(5, 3, &[pending]), [3, 3]);
    }

    #[test]
    fn no_time_overflows() {
        let mut polling = Polling::new(Duration::MAX, Duration::MAX);
        for outcome in [SlowDown(None), SlowDown(Some(Duration::MAX)), Unreachable, Pending] {
            polling.note(Duration::MAX, outcome, Some(Duration::MAX));
        }
        assert!(polling.is_expired(polling.next_at()));
    }
}
