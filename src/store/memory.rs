//! A store in memory, which ends with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::secret::SecretBytes;
use crate::store::held::{Holder, LockedKeys};
use crate::store::{Attempt, Kept, Key, Lock, Number, Store, Written};

/// No key of a program has a control character.
const DAMAGED: &str = "\u{1f}damaged-";

/// A forked child starts with an empty store: with a copy of its parent's refresh token it would sooner or later send
/// one that was replaced, and the server would end the login for both (RFC 9700 section 4.14.2).
#[derive(Default)]
pub struct Memory(Arc<Shared>);

#[derive(Default)]
struct Shared {
    texts: PerProcess<Mutex<HashMap<Key, SecretBytes>>>,
    held: LockedKeys,
}

impl Shared {
    fn load(&self, key: &Key) -> Option<SecretBytes> {
        self.texts.lock().get(key).map(|text| SecretBytes::from(text.to_vec()))
    }
}

impl Store for Memory {
    fn look(&self, key: &Key) -> Result<Kept> {
        Ok(Kept::of(self.0.load(key)))
    }

    fn list(&self) -> Result<Vec<Option<SecretBytes>>> {
        let texts = self.0.texts.lock();
        let kept = texts.iter().filter(|(key, _)| !key.as_str().contains(DAMAGED));
        Ok(kept.map(|(_, text)| Some(SecretBytes::from(text.to_vec()))).collect())
    }

    fn attempt(&self, key: &Key) -> Result<Attempt> {
        if !self.0.held.try_take(key) {
            return Ok(Attempt::Taken(None));
        }
        let lock = MemoryLock { shared: self.0.clone(), key: key.clone(), holder: Holder::this_process() };
        Ok(Attempt::Locked(Box::new(lock)))
    }
}

struct MemoryLock {
    shared: Arc<Shared>,
    key: Key,
    holder: Holder,
}

impl Lock for MemoryLock {
    fn look(&mut self) -> Result<Kept> {
        self.holder.check()?;
        Ok(Kept::of(self.shared.load(&self.key)))
    }

    fn write(&mut self, text: &[u8], _number: Option<Number>, _expires_at_s: Option<i64>) -> Result<Written> {
        self.holder.check()?;
        self.shared.texts.lock().insert(self.key.clone(), SecretBytes::from(text.to_vec()));
        Ok(Written::Done(Number::default()))
    }

    fn delete(&mut self) -> Result<Written> {
        self.holder.check()?;
        self.shared.texts.lock().remove(&self.key);
        Ok(Written::Done(Number::default()))
    }

    /// Keeps the text under another key, for debugging.
    fn set_aside(&mut self) -> Result<String> {
        self.holder.check()?;
        let mut texts = self.shared.texts.lock();
        let Some(text) = texts.remove(&self.key) else {
            return Err(Error::store("nothing was set aside", "nothing is kept"));
        };
        let name = |number| Key(format!("{}{DAMAGED}{number}", self.key.as_str()).into());
        let free = (1u32..).map(name).find(|name| !texts.contains_key(name));
        let free = free.unwrap_or_else(|| name(0));
        texts.insert(free.clone(), text);
        Ok(format!("kept as {}", free.as_str().replace('\u{1f}', ".")))
    }

    fn hold_for(&mut self, _time: Duration) -> Result<()> {
        self.holder.check()
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        if self.holder.is_this_process() {
            self.shared.held.give_back(&self.key);
        }
    }
}
