//! Stores keep the logins of sessions, by key, for all processes and machines that share them. Credentials are kept
//! nowhere else.

pub mod callback;
pub mod directory;
pub(crate) mod disk;
pub mod file;
mod held;
#[cfg(feature = "keyring")]
pub mod keyring;
mod lock_file;
pub mod memory;
pub mod options;
#[cfg(unix)]
mod process;
mod record;
#[cfg(feature = "redis")]
pub mod redis;
pub mod seal;

use std::sync::Arc;
use std::time::Duration;

use ring::digest::SHA256;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::text::{has_control, hexadecimal};

/// The name of one login, or of one purpose, in a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Arc<str>);

/// The longest key, in bytes.
pub const LONGEST_KEY: usize = 512;

impl Key {
    pub fn new(key: &str) -> Result<Self> {
        check_name("key", key)?;
        Ok(Self(key.into()))
    }

    /// The place of one owner, which this text describes, among those that a program keeps under the same key.
    pub fn of(&self, owner: &str) -> Self {
        Self(format!("{}.{}", self.0, digest(owner, 16)).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For where the key cannot be written as it is.
    fn digest(&self) -> String {
        digest(self.as_str(), 16)
    }
}

fn check_name(parameter: &str, name: &str) -> Result<()> {
    let why = match name {
        "" => "is empty",
        name if name.len() > LONGEST_KEY => "is longer than 512 bytes",
        name if has_control(name) => "has a control character",
        _ => return Ok(()),
    };
    Err(Error::argument(parameter, why))
}

/// For names that cannot be written as they are: the first `bytes` bytes of SHA-256, as hexadecimal digits.
fn digest(name: impl AsRef<[u8]>, bytes: usize) -> String {
    hexadecimal(&ring::digest::digest(&SHA256, name.as_ref()).as_ref()[..bytes])
}

/// What a store has under a key.
#[derive(Default)]
pub struct Kept {
    pub text: Option<SecretBytes>,
    pub number: Number,
}

/// Tells the later one of two texts of a key, or of a text and a deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    /// Higher than that of the text that it replaced: the time of the store in microseconds, or more. 0: the store gives none,
    /// or has nothing, not even the mark of a deletion.
    pub own: u64,
    /// The number of the text that it replaced. A store whose clock is behind may give a later text a lower number, but none as
    /// low as this.
    pub replaced: u64,
}

/// By how much the clocks of two servers of a store may differ.
const CLOCKS_DIFFER_US: u64 = 10_000_000;

impl Number {
    /// Whether a store that has `found` has lost the text with this number: it has an earlier one, or none.
    pub fn is_lost(self, found: Self) -> bool {
        found.own < self.own && (found.own <= self.replaced || self.own - found.own > CLOCKS_DIFFER_US)
    }
}

impl Kept {
    /// From a store that gives no numbers: what it has is the latest.
    pub fn of(text: Option<SecretBytes>) -> Self {
        Self { text, number: Number::default() }
    }
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The number of the text, or of the deletion.
    Done(Number),
    /// Nothing was written: something else is there by now than was last read under this lock. Read it.
    Overtaken,
}

/// How a try to take a lock ended.
pub enum Attempt {
    Locked(Box<dyn Lock>),
    /// Another holder has it. What is kept meanwhile, from a store that looks in the same step.
    Taken(Option<Kept>),
}

/// Keeps one text for each key. Every call may use a disk or another machine, for a bounded time. A failure is
/// [`crate::error::Status::Store`].
pub trait Store: Send + Sync {
    /// Reads what is kept without the lock: a holder may be about to write a newer text.
    fn look(&self, key: &Key) -> Result<Kept>;

    fn load(&self, key: &Key) -> Result<Option<SecretBytes>> {
        Ok(self.look(key)?.text)
    }

    /// All texts that are kept, in no order; `None` for one that cannot be read. Those that were set aside do not count.
    fn list(&self) -> Result<Vec<Option<SecretBytes>>> {
        Err(Error::store("the logins could not be listed", "this kind of store cannot do that"))
    }

    /// Takes the lock of the key if it is free; never waits. It is exclusive among all that share the store, also
    /// within this process. A holder that died does not hold it.
    fn attempt(&self, key: &Key) -> Result<Attempt>;

    /// Whether a call may wait for another machine. Callers with a deadline then let another thread wait.
    fn is_remote(&self) -> bool {
        false
    }

    fn try_lock(&self, key: &Key) -> Result<Option<Box<dyn Lock>>> {
        Ok(match self.attempt(key)? {
            Attempt::Locked(lock) => Some(lock),
            Attempt::Taken(_) => None,
        })
    }
}

/// The lock of one key: only its holder may write, and only over what it has read. Dropping it gives it back, even if
/// forked children have a copy.
pub trait Lock: Send {
    /// Reads what is kept. Damaged text is set aside, which is an error once.
    fn look(&mut self) -> Result<Kept>;

    fn load(&mut self) -> Result<Option<SecretBytes>> {
        Ok(self.look()?.text)
    }

    /// Replaces the text, wholly or not at all; durable when it returns. `number`: of a text that is not a later one, such
    /// as the same token with a note; `None`: the store numbers it. `expires_at_s`, in seconds since the epoch, is when the
    /// text has no more use.
    fn write(&mut self, text: &[u8], number: Option<Number>, expires_at_s: Option<i64>) -> Result<Written>;

    /// Writes a later text.
    fn save(&mut self, text: &[u8], expires_at_s: Option<i64>) -> Result<Written> {
        self.write(text, None, expires_at_s)
    }

    /// Writes, and then holds the lock as [`Lock::hold_for`] does; the two outcomes.
    fn write_and_hold(
        &mut self,
        text: &[u8],
        number: Option<Number>,
        expires_at_s: Option<i64>,
        time: Duration,
    ) -> (Result<Written>, Result<()>) {
        let written = self.write(text, number, expires_at_s);
        (written, self.hold_for(time))
    }

    fn delete(&mut self) -> Result<Written>;

    /// Moves text that cannot be read to another place, for people to look at; returns the place.
    fn set_aside(&mut self) -> Result<String>;

    /// Tells the store that the lock is needed for this long from now on. Fails if it was lost, and in a forked child.
    fn hold_for(&mut self, time: Duration) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_number_is_an_earlier_one_unless_a_clock_that_is_behind_may_have_given_it() {
        let held = Number { own: 100 + CLOCKS_DIFFER_US, replaced: 50 };
        assert!(!held.is_lost(Number { own: 100, replaced: 50 }));
        assert!(held.is_lost(Number { own: 99, replaced: 50 }), "clocks do not differ so much");
        assert!(held.is_lost(Number { own: 50, replaced: 10 }) && !held.is_lost(held));
    }
}
