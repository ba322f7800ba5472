//! Holders of locks: which keys are locked in this process, and which process took a lock.

use std::collections::HashSet;
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::host;
use crate::process::PerProcess;
use crate::store::Key;

/// The keys that are locked in this process.
#[derive(Default)]
pub struct LockedKeys(PerProcess<Mutex<HashSet<Key>>>);

impl LockedKeys {
    /// False if the key is already locked in this process.
    pub fn try_take(&self, key: &Key) -> bool {
        self.0.lock().insert(key.clone())
    }

    pub fn give_back(&self, key: &Key) {
        self.0.lock().remove(key);
    }
}

/// The process that took a lock. A forked child has a copy of the lock, but does not hold it.
pub struct Holder(u64);

impl Holder {
    pub fn this_process() -> Self {
        Self(host::generation())
    }

    pub fn is_this_process(&self) -> bool {
        self.0 == host::generation()
    }

    /// For each use of the lock: fails in a forked child.
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
