//! The only place that keeps credentials: what a session knows, by key, for as many processes and machines as share it.

pub mod callback;
pub mod directory;
pub mod file;
mod held;
#[cfg(feature = "keyring")]
pub mod keyring;
mod lock_file;
pub mod memory;
pub mod options;
#[cfg(feature = "redis")]
pub mod redis;
pub mod seal;

use std::sync::Arc;
use std::time::Duration;

use ring::digest::SHA256;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::text::has_control;

/// Names one login, or one purpose, in a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Arc<str>);

/// A key is never longer, in bytes.
pub const LONGEST_KEY: usize = 512;

impl Key {
    pub fn new(key: &str) -> Result<Self> {
        check_name("key", key)?;
        Ok(Self(key.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
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

/// Tells names apart where they cannot be written as they are: so many bytes of SHA-256, as hexadecimal digits.
fn digest(name: &str, bytes: usize) -> String {
    ring::digest::digest(&SHA256, name.as_bytes())
        .as_ref()
        .iter()
        .take(bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Keeps one text for each key. Every call may touch a disk or another machine, for a bounded time. A failure is
/// [`crate::error::Status::Store`].
pub trait Store: Send + Sync {
    /// What is kept, read without the lock: whoever holds it may be about to write something newer.
    fn load(&self, key: &Key) -> Result<Option<SecretBytes>>;

    /// Takes the lock of the key if it is free; never waits. Exclusive among all that share the store, in this process too.
    /// A holder that died does not hold it.
    fn try_lock(&self, key: &Key) -> Result<Option<Box<dyn Lock>>>;
}

/// The lock of one key: who holds it may write. Dropping it gives it back, also in the presence of forked children.
pub trait Lock: Send {
    /// What is kept. What turns out to be damaged is set aside, and that is an error once.
    fn load(&mut self) -> Result<Option<SecretBytes>>;

    /// Replaces what is kept, wholly or not at all; durable when it returns. Fails when the lock was lost and somebody else
    /// has held it since. `expires_at_s`, in seconds since the epoch, is when nobody will want it any more.
    fn save(&mut self, text: &[u8], expires_at_s: Option<i64>) -> Result<()>;

    fn delete(&mut self) -> Result<()>;

    /// Puts away what is kept but cannot be read, for people to look at; says where it is now.
    fn set_aside(&mut self) -> Result<String>;

    /// The lock is needed for so long from now on. Fails when it was lost.
    fn hold_for(&mut self, _time: Duration) -> Result<()> {
        Ok(())
    }
}
