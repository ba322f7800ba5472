//! How soon a failed renewal is tried again. Every failure expires, and growing pauses prevent a storm of retries.

use crate::error::{Advice, Error};

/// The longest pause between two tries, in milliseconds, before the jitter. The server may ask for more.
const LONGEST_MS: i64 = 60_000;
const FIRST_MS: i64 = 1000;
/// How often the store is read for a token of another session during a pause, in milliseconds.
const LOOK_MS: i64 = 1000;

/// The failures since the last success.
#[derive(Default)]
pub struct Pace {
    failures: u32,
    /// On the steady clock.
    not_before_ms: i64,
    look_at_ms: i64,
    /// When a renewal may be tried while the token is still valid: another session was renewing.
    early_at_ms: i64,
    last: Option<Error>,
}

impl Pace {
    pub fn succeeded(&mut self) {
        *self = Self { early_at_ms: self.early_at_ms, ..Self::default() };
    }

    /// Records a failure. `hurry`: the callers have no valid token, so the first failure causes no pause, unless a new
    /// login is needed.
    pub fn failed(&mut self, error: &Error, hurry: bool, now_ms: i64, random: u32) {
        self.failures = self.failures.saturating_add(1);
        let pauses = self.failures - u32::from(hurry && error.advice != Advice::LogInAgain);
        let usual_ms = match pauses {
            0 => 0,
            pauses => FIRST_MS.saturating_mul(1 << (pauses - 1).min(16)).min(LONGEST_MS),
        };
        // From half to one and a half of the pause: callers that failed together do not retry together.
        let jittered_ms = usual_ms / 2 + usual_ms * i64::from(random >> 16) / i64::from(u16::MAX);
        let asked_ms = error.retry_after_s.map_or(0, |seconds| i64::from(seconds.min(3600)) * 1000);
        self.not_before_ms = now_ms.saturating_add(jittered_ms.max(asked_ms));
        self.look_at_ms = now_ms.saturating_add(LOOK_MS);
        self.learned(error);
    }

    /// Records what is wrong, without a pause: a renewal that goes on takes longer than a call waited, or the store says
    /// that the login is over.
    pub fn learned(&mut self, what: &Error) {
        let mut last = what.repeated();
        last.attempts = what.attempts; // of the renewal itself
        self.last = Some(last);
    }

    /// The last failure, while its pause lasts, with the time left.
    pub fn stops(&self, now_ms: i64) -> Option<Error> {
        let left_ms = self.not_before_ms.saturating_sub(now_ms);
        let last = self.last.as_ref().filter(|_| left_ms > 0)?;
        let mut error = last.repeated();
        error.retry_after_s = u32::try_from((left_ms + 999).div_euclid(1000)).ok();
        if matches!(error.advice, Advice::None | Advice::Retry) {
            error.advice = Advice::RetryLater; // what the program has to mend stays: it will not pass
        }
        Some(error)
    }

    /// Whether the store may be read now; if so, the next read may follow after `LOOK_MS`.
    pub fn may_look(&mut self, now_ms: i64) -> bool {
        let may_look = now_ms >= self.look_at_ms;
        if may_look {
            self.look_at_ms = now_ms.saturating_add(LOOK_MS);
        }
        may_look
    }

    /// Another session is renewing, and the token is still valid.
    pub fn look_later(&mut self, now_ms: i64) {
        self.early_at_ms = now_ms.saturating_add(LOOK_MS);
    }

    pub fn may_renew_early(&self, now_ms: i64) -> bool {
        now_ms >= self.early_at_ms
    }

    pub fn last(&self) -> Option<&Error> {
        self.last.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    fn stopped_for_ms(pace: &Pace) -> i64 {
        (0..10_000_000).step_by(500).find(|now_ms| pace.stops(*now_ms).is_none()).expect("it ends")
    }

    #[test]
    fn pauses_grow_and_end_with_a_success() {
        let error = Error::new(Status::Connect, "down");
        let mut pace = Pace::default();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            pace.failed(&error, true, 0, u32::MAX / 2);
            pauses.push(stopped_for_ms(&pace));
        }
        assert_eq!(pauses, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(pace.stops(0).map(|error| error.advice), Some(Advice::RetryLater));
        pace.succeeded();
        assert!(pace.stops(0).is_none() && pace.last().is_none());
    }

    #[test]
    fn the_first_failure_pauses_early_renewals_and_retry_after_counts() {
        let mut pace = Pace::default();
        pace.failed(&Error::new(Status::Connect, "down"), false, 0, u32::MAX / 2);
        assert_eq!(stopped_for_ms(&pace), 1000);
        let mut busy = Error::new(Status::Http, "busy");
        busy.retry_after_s = Some(7);
        let mut pace = Pace::default();
        pace.failed(&busy, true, 0, 0);
        assert_eq!(stopped_for_ms(&pace), 7000);
        assert_eq!(pace.stops(2500).and_then(|error| error.retry_after_s), Some(5));
    }
}
