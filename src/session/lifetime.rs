//! Computes how long a token is valid, by a wall clock and a steady clock, and when its renewal may begin.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::clock::Moment;
use crate::protocol::token::Token;
use crate::secret::Secret;

/// Clocks of machines that share a store may differ by this much, in milliseconds. Beyond it, one of them was set back.
const SKEW_MS: i64 = 60_000;
/// A renewal begins at most this long before the token expires, in milliseconds; twice that with the jitter.
const EARLY_MS: i64 = 300_000;

/// When a token expires, and when its renewal may begin.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// On both clocks, so that a jump of the wall clock does not make a token valid for longer. `None` if the server
    /// does not say.
    end: Option<Moment>,
    life_ms: i64,
    early_ms: i64,
}

impl Lifetime {
    pub fn new(token: &Token, now: Moment) -> Self {
        if token.access_token.is_none() {
            return Self { end: Some(Moment { wall_ms: 0, steady_ms: 0 }), life_ms: 0, early_ms: 0 };
        }
        let Some(expires_at_s) = token.expires_at_s else { return Self { end: None, life_ms: 0, early_ms: 0 } };
        let wall_ms = expires_at_s.saturating_mul(1000);
        let left_ms = wall_ms.saturating_sub(now.wall_ms);
        let life_ms = token.expires_in_s.map_or(left_ms, |life_s| life_s.saturating_mul(1000)).max(0);
        // The time left cannot exceed the lifetime. If it does by more than the skew, a clock was set back.
        let believed_ms = if left_ms > life_ms.saturating_add(SKEW_MS) { 0 } else { left_ms.min(life_ms) };
        let usual_ms = (life_ms / 10).min(EARLY_MS);
        Self {
            end: Some(Moment { wall_ms, steady_ms: now.steady_ms.saturating_add(believed_ms) }),
            life_ms,
            early_ms: usual_ms + usual_ms * i64::from(jitter(token)) / i64::from(u16::MAX),
        }
    }

    /// Whether the token is valid for the margin, or for a tenth of its lifetime if that is less.
    pub fn lasts(&self, now: Moment, min_validity_ms: i64) -> bool {
        self.has_left(now, min_validity_ms.min(self.life_ms / 10))
    }

    /// Whether the renewal may begin. The token may still be valid.
    pub fn is_due(&self, now: Moment) -> bool {
        !self.has_left(now, self.early_ms)
    }

    fn has_left(&self, now: Moment, ms: i64) -> bool {
        let lasts = |end: i64, now: i64| now.saturating_add(ms) < end;
        self.end.is_none_or(|end| lasts(end.wall_ms, now.wall_ms) && lasts(end.steady_ms, now.steady_ms))
    }

    /// When its renewal may begin, in milliseconds since the epoch.
    pub fn due_ms(&self) -> Option<i64> {
        self.end.map(|end| end.wall_ms - self.early_ms)
    }
}

/// Derived from the token: the same in every process, and different between tokens, so that not all are due at once.
fn jitter(token: &Token) -> u16 {
    let mut hasher = DefaultHasher::new();
    token.access_token.as_ref().map_or("", Secret::as_str).hash(&mut hasher);
    (hasher.finish() & u64::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::saved_token;

    const NOW: Moment = Moment { wall_ms: 1_000_000_000, steady_ms: 5_000_000 };

    fn token(name: &str, expires_in_s: i64) -> Token {
        let expires_at_s = NOW.wall_ms / 1000 + expires_in_s;
        let mut token = saved_token::from_values(name, None, None, None, Some(expires_at_s)).expect("good values");
        token.expires_in_s = Some(expires_in_s);
        token
    }

    fn later(ms: i64) -> Moment {
        Moment { wall_ms: NOW.wall_ms + ms, steady_ms: NOW.steady_ms + ms }
    }

    #[test]
    fn a_margin_is_never_more_than_a_tenth_of_the_life() {
        for (life_s, min_validity_ms, last_ms) in
            [(3600, 60_000, 3_540_000), (300, 60_000, 270_000), (2, 60_000, 1_800), (3600, 0, 3_600_000)]
        {
            let lifetime = Lifetime::new(&token("AT", life_s), NOW);
            assert!(lifetime.lasts(later(last_ms - 1), min_validity_ms), "{life_s} s, margin {min_validity_ms}");
            assert!(!lifetime.lasts(later(last_ms), min_validity_ms), "{life_s} s, margin {min_validity_ms}");
        }
        assert!(!Lifetime::new(&token("AT", 0), NOW).lasts(NOW, 0));
        let endless = saved_token::from_values("AT", None, None, None, None).expect("good values");
        assert!(Lifetime::new(&endless, NOW).lasts(later(i64::MAX / 2), 60_000));
    }

    #[test]
    fn renewals_begin_early_and_spread() {
        let due: Vec<i64> = (0..200)
            .map(|number| {
                let lifetime = Lifetime::new(&token(&format!("AT{number}"), 3600), NOW);
                lifetime.due_ms().expect("it ends") - NOW.wall_ms
            })
            .collect();
        let (first, last) = (due.iter().min().expect("some"), due.iter().max().expect("some"));
        assert!(*first >= 3_000_000 && *last <= 3_300_000, "between ten and five minutes before: {first} {last}");
        assert!(last - first > 200_000, "spread over most of it: {first} {last}");
        let again = Lifetime::new(&token("AT7", 3600), later(50_000));
        assert_eq!(again.due_ms(), Some(NOW.wall_ms + due[7]), "stable wherever the token is read");
        assert!(again.is_due(later(due[7])) && !again.is_due(later(due[7] - 1)));
    }

    #[test]
    fn a_clock_that_jumps_makes_no_token_longer() {
        let lifetime = Lifetime::new(&token("AT", 600), NOW);
        let back = Moment { wall_ms: NOW.wall_ms - 3_600_000 + 600_000, steady_ms: NOW.steady_ms + 600_000 };
        assert!(!lifetime.lasts(back, 0), "ten minutes have passed, whatever the wall clock says");
        let ahead = Moment { wall_ms: NOW.wall_ms + 3_600_000, steady_ms: NOW.steady_ms + 1000 };
        assert!(!lifetime.lasts(ahead, 0), "a clock that was wrong before: a renewal too early costs little");
        let read_after = Moment { wall_ms: NOW.wall_ms - 3_600_000, ..NOW };
        assert!(!Lifetime::new(&token("AT", 600), read_after).lasts(read_after, 0), "read after the jump");
        let slow = Moment { wall_ms: NOW.wall_ms - 30_000, ..NOW };
        let skewed = Lifetime::new(&token("AT", 600), slow);
        assert!(skewed.lasts(slow, 0), "another machine's clock is a little ahead");
        let end = Moment { wall_ms: slow.wall_ms + 600_000, steady_ms: slow.steady_ms + 600_000 };
        assert!(!skewed.lasts(end, 0), "and it lasts no longer for that");
    }
}
