//! Who holds a lock: which keys in this process, and whether this is still the process that took one.

use std::collections::HashSet;
use std::process;
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::store::Key;

/// The keys that are locked in this process.
#[derive(Default)]
pub struct LockedKeys(PerProcess<Mutex<HashSet<Key>>>);

impl LockedKeys {
    /// False when somebody in this process holds it.
    pub fn try_take(&self, key: &Key) -> bool {
        self.0.lock().insert(key.clone())
    }

    pub fn give_back(&self, key: &Key) {
        self.0.lock().remove(key);
    }
}

/// The process that took a lock. A forked child has a copy of the lock, but the lock is its parent's.
pub struct Holder(u32);

impl Holder {
    pub fn this_process() -> Self {
        Self(process::id())
    }

    pub fn is_this_process(&self) -> bool {
        self.0 == process::id()
    }

    /// Before each use of the lock.
    pub fn check(&self) -> Result<()> {
        match self.is_this_process() {
            true => Ok(()),
            false => Err(Error::store(
                "the lock could not be used",
                "it is held by the process that this one was forked from",
            )),
        }
    }
}
