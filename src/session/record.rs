//! The record of a login in its store: locked, read and written.

use std::time::Duration;

use tokio::time::sleep;

use crate::client::options::jittered;
use crate::error::{Error, Result};
use crate::protocol::saved_session::{SavedSession, Unreadable};
use crate::session::Login;
use crate::store::{Attempt, Lock, Number, Written};

/// Most rounds of one change. A round is lost if the stored login changed meanwhile.
pub(super) const ROUNDS: usize = 5;

/// Pauses between two tries to take a lock: each is twice as long, up to a limit, and jittered.
struct Pauses(Duration);

const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl Default for Pauses {
    fn default() -> Self {
        Self(Duration::from_millis(2))
    }
}

impl Pauses {
    async fn next(&mut self) {
        sleep(jittered(self.0)).await;
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
    }
}

impl Login {
    /// Takes the lock of the key; waits for it without limit.
    pub(super) async fn lock(&self) -> Result<Box<dyn Lock>> {
        let mut pauses = Pauses::default();
        loop {
            match self.store.try_lock(&self.place)? {
                Some(lock) => return Ok(lock),
                None => pauses.next().await,
            }
        }
    }

    /// Takes the lock of the key, or looks at what is kept, in turn: `None` once `is_enough` says so after a look.
    pub(super) async fn lock_unless(&self, is_enough: impl Fn() -> bool) -> Result<Option<Box<dyn Lock>>> {
        let mut pauses = Pauses::default();
        loop {
            let before = self.before();
            let kept = match self.store.attempt(&self.place)? {
                Attempt::Locked(lock) => return Ok(Some(lock)),
                Attempt::Taken(kept) => kept,
            };
            let kept = kept.map_or_else(|| self.store.look(&self.place), Ok);
            drop(kept.and_then(|kept| self.take_in(&before, kept)));
            if is_enough() {
                return Ok(None);
            }
            pauses.next().await;
        }
    }

    /// Reads the stored login under the lock, and the number of its token. Damaged text is set aside, which is an error
    /// once; text of a newer release stays.
    pub(super) fn read(&self, lock: &mut dyn Lock) -> Result<(SavedSession, Number)> {
        let kept = lock.look()?;
        let Some(text) = kept.text else { return Ok((SavedSession::default(), kept.number)) };
        let read = SavedSession::read(&text).map_err(|unreadable| match unreadable {
            Unreadable::Newer => Error::store("the login was left alone", "a newer release of this library wrote it"),
            Unreadable::Damaged(_) => match lock.set_aside() {
                Ok(place) => Error::store("the login that was kept is damaged, and was set aside", place),
                Err(error) => error,
            },
        });
        let (owner, saved) = read?;
        self.check_owner(&owner)?;
        Ok((saved, kept.number))
    }

    /// `number`: that of the token, if it is not a new one.
    pub(super) fn write(&self, lock: &mut dyn Lock, saved: &SavedSession, number: Option<Number>) -> Result<Written> {
        lock.write(&saved.write(&self.owner), number, saved.expires_at_s())
    }
}

pub(super) fn kept_changing() -> Error {
    Error::store("the login could not be renewed", "other sessions kept changing it")
}
