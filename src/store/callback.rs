//! A store made of functions of the program.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result, Status};
use crate::secret::SecretBytes;
use crate::store::held::{Holder, LockedKeys};
use crate::store::{Attempt, Kept, Key, Lock, Number, Store, Written};

/// The functions of the program. An error says why, as the end of a sentence. None is called under a mutex of ours.
pub trait Functions: Send + Sync {
    fn load(&self, key: &Key) -> Outcome<Option<SecretBytes>>;
    fn save(&self, key: &Key, text: &[u8], expires_at_s: Option<i64>) -> Outcome<Written>;
    fn delete(&self, key: &Key) -> Outcome<Written>;
    /// False if another holder has the lock.
    fn try_lock(&self, key: &Key) -> Outcome<bool>;
    fn unlock(&self, key: &Key);
}

pub type Outcome<T> = std::result::Result<T, String>;

/// Within this process the lock of a key is exclusive, whatever the program's lock function does.
pub struct Callbacks(Arc<Shared>);

struct Shared {
    functions: Box<dyn Functions>,
    held: LockedKeys,
}

impl Callbacks {
    pub fn new(functions: Box<dyn Functions>) -> Self {
        Self(Arc::new(Shared { functions, held: LockedKeys::default() }))
    }
}

impl Store for Callbacks {
    fn look(&self, key: &Key) -> Result<Kept> {
        self.0.functions.load(key).map(Kept::of).map_err(failed("load"))
    }

    fn attempt(&self, key: &Key) -> Result<Attempt> {
        if !self.0.held.try_take(key) {
            return Ok(Attempt::Taken(None));
        }
        let holder = Holder::this_process(); // the function may fork
        let outcome = self.0.functions.try_lock(key);
        if !matches!(outcome, Ok(true)) {
            self.0.held.give_back(key);
        }
        Ok(match outcome.map_err(failed("lock"))? {
            true => Attempt::Locked(Box::new(CallbackLock { shared: self.0.clone(), key: key.clone(), holder })),
            false => Attempt::Taken(None),
        })
    }
}

struct CallbackLock {
    shared: Arc<Shared>,
    key: Key,
    holder: Holder,
}

impl Lock for CallbackLock {
    fn look(&mut self) -> Result<Kept> {
        self.holder.check()?;
        self.shared.functions.load(&self.key).map(Kept::of).map_err(failed("load"))
    }

    fn write(&mut self, text: &[u8], _number: Option<Number>, expires_at_s: Option<i64>) -> Result<Written> {
        self.holder.check()?;
        self.shared.functions.save(&self.key, text, expires_at_s).map_err(failed("save"))
    }

    fn delete(&mut self) -> Result<Written> {
        self.holder.check()?;
        self.shared.functions.delete(&self.key).map_err(failed("delete"))
    }

    /// Fails, and the text stays: only the program knows another place.
    fn set_aside(&mut self) -> Result<String> {
        Err(Error::store("what the store's load callback gave could not be read", "it stays where it is"))
    }

    fn hold_for(&mut self, _time: Duration) -> Result<()> {
        self.holder.check()
    }
}

impl Drop for CallbackLock {
    fn drop(&mut self) {
        if self.holder.is_this_process() {
            self.shared.functions.unlock(&self.key);
            self.shared.held.give_back(&self.key);
        }
    }
}

fn failed(which: &str) -> impl FnOnce(String) -> Error {
    move |why| Error::new(Status::Store, &format!("the store's {which} callback {why}"))
}
