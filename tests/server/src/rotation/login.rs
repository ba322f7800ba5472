//! The rules of one login: which of its refresh tokens is good, and what comes of one that is not.

use std::time::{Duration, Instant};

/// What comes of a refresh token that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The login ends, as RFC 9700 section 4.14.2 wants it.
    Revoke,
    /// The last one used is taken for so long again, and gets a token of its own: both are good until one is used. Any
    /// other ends the login.
    Fresh(Duration),
    /// The same, but the first answer comes again.
    Same(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The refresh token was used for the first time.
    Renewed,
    /// It was used again, in time.
    Replayed,
    /// invalid_grant.
    Refused,
    /// 503: nobody looked at it.
    Unavailable,
}

/// A user's login. Its refresh tokens are numbered as they were issued, from 0.
pub(super) struct Login {
    pub newest: u64,
    pub revoked: bool,
    good: Vec<u64>,
    last_used: Option<(u64, Instant)>,
}

impl Login {
    pub fn new() -> Self {
        Self { newest: 0, revoked: false, good: vec![0], last_used: None }
    }

    /// Takes a refresh token; unless it is refused, the newest one is the answer.
    pub fn take(&mut self, sequence: u64, reuse: Reuse) -> Outcome {
        if !self.revoked && self.good.contains(&sequence) {
            self.last_used = Some((sequence, Instant::now()));
            self.newest += 1;
            self.good = vec![self.newest];
            return Outcome::Renewed;
        }
        let last_used = self.last_used.filter(|(last, _)| *last == sequence && !self.revoked);
        let in_time = |window| last_used.is_some_and(|(_, at)| at.elapsed() <= window);
        match reuse {
            Reuse::Fresh(window) if in_time(window) => {
                self.newest += 1;
                self.good.push(self.newest);
                Outcome::Replayed
            }
            Reuse::Same(window) if in_time(window) => Outcome::Replayed,
            _ => {
                self.revoked = true;
                Outcome::Refused
            }
        }
    }
}
