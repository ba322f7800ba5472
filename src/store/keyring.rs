//! A store in the key store of the operating system: Secret Service, Keychain or Credential Manager.
//!
//! The key store has no locks between processes: those are files, in a directory that all processes of the user find. A
//! forked child uses it like any other process.

#[cfg(any(target_os = "macos", windows))]
#[path = "keyring/native.rs"]
mod system;
#[cfg(not(any(target_os = "macos", windows)))]
#[path = "keyring/secret_service.rs"]
mod system;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::host;
use crate::secret::SecretBytes;
use crate::store::directory::{Directory, shared_directory};
use crate::store::lock_file::LockFile;
use crate::store::seal::{KEY_LENGTH, Seal, opened, sealed};
use crate::store::{Attempt, Kept, Key, Lock, Number, Store, Written, check_name};

/// Keeps each text as an item of the service in the key store.
pub struct Keyring(Arc<Shared>);

struct Shared {
    service: Service,
    locks: Directory,
    seal: Option<Seal>,
}

impl Keyring {
    /// The key store is first used when something is loaded.
    pub fn open(service: &str, seal: Option<Seal>, allow_unprotected: bool) -> Result<Self> {
        let (service, locks) = (Service::new(service)?, locks(allow_unprotected)?);
        Ok(Self(Arc::new(Shared { service, locks, seal })))
    }
}

/// The encryption key that the key store keeps for the service; the first call makes it.
pub fn encryption_key(service: &str, allow_unprotected: bool) -> Result<SecretBytes> {
    const NAME: &str = "encryption key";
    /// How long to wait for the lock, which another process holds while it makes the key.
    const PATIENCE: Duration = Duration::from_secs(5);
    let (service, locks, began) = (Service::new(service)?, locks(allow_unprotected)?, Instant::now());
    let _lock = loop {
        match LockFile::try_take(&locks, &service.lock_key(NAME))? {
            Some(lock) => break lock,
            None if began.elapsed() > PATIENCE => {
                return Err(Error::store(&service.item(NAME), "another process holds its lock"));
            }
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    if service.load(NAME)?.is_none() {
        let mut key = SecretBytes::from(vec![0; KEY_LENGTH]);
        getrandom::fill(&mut key).map_err(Error::no_randomness)?;
        service.save(NAME, &key)?;
    }
    // A saved key counts only if it can be read back.
    match service.load(NAME)? {
        Some(key) if key.len() == KEY_LENGTH => Ok(key),
        _ => Err(Error::store(&service.item(NAME), format!("it is not a key of {KEY_LENGTH} bytes"))),
    }
}

/// A secret that a person has put into the key store.
pub fn secret(service: &str, name: &str) -> Result<Option<SecretBytes>> {
    check_reliable()?;
    check_name("name", name)?;
    Service::new(service)?.load(name)
}

/// A set-uid program is refused: its environment says which key store is asked.
fn check_reliable() -> Result<()> {
    if host::is_privileged() {
        return Err(Error::argument("service", "is one of a key store that a set-uid program cannot rely on"));
    }
    Ok(())
}

/// The directory of the locks.
fn locks(allow_unprotected: bool) -> Result<Directory> {
    check_reliable()?;
    Directory::open(&shared_directory()?.join("keyring"), allow_unprotected)
}

/// The service of the items; an item is identified by its service and a name.
struct Service(String);

impl Service {
    fn new(service: &str) -> Result<Self> {
        check_name("service", service)?;
        Ok(Self(service.to_owned()))
    }

    fn load(&self, name: &str) -> Result<Option<SecretBytes>> {
        self.ask(name, "read", || system::load(&self.0, name))
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.ask(name, "written", || system::save(&self.0, name, bytes))
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.ask(name, "deleted", || system::delete(&self.0, name))
    }

    /// Runs `ask` on a short-lived thread: the calling thread may be inside a runtime, and no signal of the program is
    /// to interrupt this.
    fn ask<T: Send, E: fmt::Display>(
        &self,
        name: &str,
        what: &str,
        ask: impl Fn() -> std::result::Result<T, E> + Sync,
    ) -> Result<T> {
        let mut answer = None;
        host::on_other_thread(&mut || answer = Some(ask().map_err(|error| error.to_string())));
        let answer = answer.unwrap_or_else(|| Err("no thread could be started for it".to_owned()));
        answer.map_err(|why| Error::store(&format!("{} could not be {what}", self.item(name)), why))
    }

    /// The item in words, for messages.
    fn item(&self, name: &str) -> String {
        format!("the item {name} of {} in the key store", self.0)
    }

    /// Unambiguous: neither part has a control character.
    fn lock_key(&self, name: &str) -> Key {
        Key(format!("{}\u{1f}{name}", self.0).into())
    }
}

fn login(key: &Key) -> String {
    format!("login {}", key.as_str())
}

impl Store for Keyring {
    fn look(&self, key: &Key) -> Result<Kept> {
        let (name, service) = (login(key), &self.0.service);
        let Some(bytes) = service.load(&name)? else { return Ok(Kept::default()) };
        opened(self.0.seal.as_ref(), key, bytes)
            .map(|text| Kept::of(Some(text)))
            .map_err(|why| why.error(&service.item(&name)))
    }

    fn attempt(&self, key: &Key) -> Result<Attempt> {
        let name = login(key);
        let Some(lock) = LockFile::try_take(&self.0.locks, &self.0.service.lock_key(&name))? else {
            return Ok(Attempt::Taken(None));
        };
        Ok(Attempt::Locked(Box::new(KeyringLock { shared: self.0.clone(), key: key.clone(), name, lock })))
    }
}

struct KeyringLock {
    shared: Arc<Shared>,
    key: Key,
    name: String,
    lock: LockFile,
}

impl KeyringLock {
    fn service(&self) -> Result<&Service> {
        self.lock.check()?;
        Ok(&self.shared.service)
    }
}

impl Lock for KeyringLock {
    fn look(&mut self) -> Result<Kept> {
        let Some(bytes) = self.service()?.load(&self.name)? else { return Ok(Kept::default()) };
        let item = self.shared.service.item(&self.name);
        opened(self.shared.seal.as_ref(), &self.key, bytes)
            .map(|text| Kept::of(Some(text)))
            .map_err(|why| why.error_under_lock(&item, || self.set_aside()))
    }

    fn write(&mut self, text: &[u8], _number: Option<Number>, _expires_at_s: Option<i64>) -> Result<Written> {
        let bytes = sealed(self.shared.seal.as_ref(), &self.key, text)?;
        self.service()?.save(&self.name, &bytes)?;
        Ok(Written::Done(Number::default()))
    }

    fn delete(&mut self) -> Result<Written> {
        self.service()?.delete(&self.name)?;
        Ok(Written::Done(Number::default()))
    }

    fn set_aside(&mut self) -> Result<String> {
        let service = self.service()?;
        let Some(bytes) = service.load(&self.name)? else {
            return Err(Error::store(&service.item(&self.name), "nothing is kept"));
        };
        let mut number = 1_u32;
        let aside = loop {
            let aside = format!("damaged-{number} {}", self.name);
            if service.load(&aside)?.is_none() {
                break aside;
            }
            number = number.saturating_add(1);
        };
        service.save(&aside, &bytes)?;
        service.delete(&self.name)?;
        Ok(service.item(&aside))
    }

    fn hold_for(&mut self, _time: Duration) -> Result<()> {
        self.lock.check_file(&self.shared.locks, &self.shared.service.lock_key(&self.name))
    }
}
