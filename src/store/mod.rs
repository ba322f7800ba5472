//! Stores keep the logins of sessions, by key, for all processes and machines that share them. Credentials are kept
//! nowhere else.

pub mod callback;
pub mod directory;
mod disk;
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
use crate::text::has_control;

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
    ring::digest::digest(&SHA256, name.as_ref()).as_ref().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps one text for each key. Every call may use a disk or another machine, for a bounded time. A failure is
/// [`crate::error::Status::Store`].
pub trait Store: Send + Sync {
    /// Reads the text without the lock: a holder may be about to write a newer one.
    fn load(&self, key: &Key) -> Result<Option<SecretBytes>>;

    /// All texts that are kept, in no order; `None` for one that cannot be read. Those that were set aside do not count.
    fn list(&self) -> Result<Vec<Option<SecretBytes>>> {
        Err(Error::store("the logins could not be listed", "this kind of store cannot do that"))
    }

    /// Takes the lock of the key if it is free; never waits. It is exclusive among all that share the store, also
    /// within this process. A holder that died does not hold it.
    fn try_lock(&self, key: &Key) -> Result<Option<Box<dyn Lock>>>;
}

/// The lock of one key: only its holder may write. Dropping it gives it back, even if forked children have a copy.
pub trait Lock: Send {
    /// Reads the text. Damaged text is set aside, which is an error once.
    fn load(&mut self) -> Result<Option<SecretBytes>>;

    /// Replaces the text, wholly or not at all; durable when it returns. Fails if the lock was lost and a later holder
    /// has written. `expires_at_s`, in seconds since the epoch, is when the text has no more use.
    fn save(&mut self, text: &[u8], expires_at_s: Option<i64>) -> Result<()>;

    fn delete(&mut self) -> Result<()>;

    /// Moves text that cannot be read to another place, for people to look at; returns the place.
    fn set_aside(&mut self) -> Result<String>;

    /// Tells the store that the lock is needed for this long from now on. Fails if it was lost, and in a forked child.
    fn hold_for(&mut self, time: Duration) -> Result<()>;
}
