//! A store with one file for each key, for all processes of one user on one machine.
//!
//! A new file is renamed over the old one, so that a reader finds the old text or the new one, whole. Only the holder
//! of the key's lock does so. The lock is a separate file: a lock on the file that is renamed away would lock nothing.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::store::directory::Directory;
use crate::store::disk::{is_irregular, sync};
use crate::store::lock_file::LockFile;
use crate::store::options::Settings;
use crate::store::record::{Found, Records};
use crate::store::seal::Unsealed;
use crate::store::{Attempt, Kept, Key, Lock, Number, Store, Written};

/// The largest file that is read or written, in bytes. No login needs more.
const LARGEST: u64 = 4 << 20;

/// Files in a directory, encrypted if a key was given.
pub struct Files(Arc<Shared>);

struct Shared {
    directory: Directory,
    records: Records,
}

impl Files {
    /// Creates the directory if it is missing, and tries whether it can be written to.
    pub fn open(directory: &Path, settings: Settings) -> Result<Self> {
        let directory = Directory::open(directory, settings.allow_unprotected)?;
        Ok(Self(Arc::new(Shared { directory, records: Records::new(settings.seal) })))
    }
}

impl Store for Files {
    fn look(&self, key: &Key) -> Result<Kept> {
        self.0.text(key)?.transpose().map(Kept::of).map_err(|why| why.error(&self.0.file(key)))
    }

    fn list(&self) -> Result<Vec<Option<SecretBytes>>> {
        let shared = &*self.0;
        let names = shared.directory.all_visible();
        let names = names.map_err(|error| Error::store("the files of the store could not be listed", error))?;
        let text = |(name, digest): (String, String)| match shared.read(&name) {
            Ok(None) => None, // deleted meanwhile
            Ok(Some(Ok(bytes))) => Some(shared.records.look(&digest, &bytes).ok()),
            _ => Some(None),
        };
        Ok(names.into_iter().filter_map(text).collect())
    }

    fn attempt(&self, key: &Key) -> Result<Attempt> {
        let Some(lock) = LockFile::try_take(&self.0.directory, key)? else { return Ok(Attempt::Taken(None)) };
        // A writer that was killed may have left a new file, with secrets in it.
        self.0.directory.remove(&self.0.directory.hidden(key, "new")).map_err(|error| {
            Error::store(&format!("a leftover of {} could not be deleted", self.0.file(key)), error)
        })?;
        Ok(Attempt::Locked(Box::new(FileLock { shared: self.0.clone(), key: key.clone(), lock, follows: None })))
    }
}

impl Shared {
    /// The file of a key, for messages.
    fn file(&self, key: &Key) -> String {
        format!("the file {}", self.directory.path(&self.directory.visible(key)).display())
    }

    fn text(&self, key: &Key) -> Result<Found> {
        self.records.find(key, || self.bytes(key))
    }

    fn bytes(&self, key: &Key) -> Result<Found> {
        self.read(&self.directory.visible(key))
            .map_err(|error| Error::store(&format!("{} could not be read", self.file(key)), error))
    }

    fn read(&self, name: &str) -> io::Result<Found> {
        let read = || -> io::Result<std::result::Result<SecretBytes, Unsealed>> {
            let file = self.directory.open_file(name)?;
            let length = file.metadata()?.len();
            if length > LARGEST {
                return Ok(Err(Unsealed::TooLarge));
            }
            // Spare capacity: a buffer that grows would leave a copy of the secrets in freed memory.
            let mut bytes = Vec::with_capacity(length as usize + 64);
            file.take(length).read_to_end(&mut bytes)?;
            Ok(Ok(SecretBytes::from(bytes)))
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if is_irregular(&error) => Ok(Some(Err(Unsealed::Irregular))),
            Err(error) => Err(error),
            Ok(found) => Ok(Some(found)),
        }
    }
}

struct FileLock {
    shared: Arc<Shared>,
    key: Key,
    lock: LockFile,
    /// Whether there is a record to go on from; `None`: it was not looked for yet.
    follows: Option<bool>,
}

impl FileLock {
    fn text(&mut self) -> Result<Found> {
        let found = self.shared.text(&self.key)?;
        self.follows = Some(matches!(found, Some(Ok(_))));
        Ok(found)
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let directory = &self.shared.directory;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::other(Unsealed::TooLarge.to_string()));
        }
        let new = directory.hidden(&self.key, "new");
        let write = || {
            let mut file = directory.create_new(&new)?;
            file.write_all(bytes)?;
            sync(&file)
        };
        let renamed = write().and_then(|()| directory.rename(&new, &directory.visible(&self.key)));
        if renamed.is_err() {
            _ = directory.remove(&new); // if this fails, the next holder does it
        }
        renamed?;
        directory.sync()
    }

    /// Changes the file of the key; an error names the file.
    fn change<T>(&self, what: &str, change: impl FnOnce(&Directory) -> io::Result<T>) -> Result<T> {
        self.lock.check_file(&self.shared.directory, &self.key)?;
        change(&self.shared.directory)
            .map_err(|error| Error::store(&format!("{} could not be {what}", self.shared.file(&self.key)), error))
    }
}

impl Lock for FileLock {
    fn look(&mut self) -> Result<Kept> {
        self.lock.check()?;
        let found = self.text()?.transpose();
        let file = self.shared.file(&self.key);
        found.map(Kept::of).map_err(|why| why.error_under_lock(&file, || self.set_aside()))
    }

    fn write(&mut self, text: &[u8], _number: Option<Number>, _expires_at_s: Option<i64>) -> Result<Written> {
        if self.follows.is_none() {
            drop(self.text()?);
        }
        let (bytes, stamp) = self.shared.records.write(&self.key, text, self.follows == Some(true))?;
        self.change("written", |_| self.replace(&bytes))?;
        self.follows = Some(true);
        if let Some(stamp) = stamp {
            self.shared.records.saw(&self.key, stamp);
        }
        Ok(Written::Done(Number::default()))
    }

    fn delete(&mut self) -> Result<Written> {
        self.change("deleted", |directory| {
            directory.remove(&directory.visible(&self.key))?;
            directory.sync()
        })?;
        self.shared.records.deleted(&self.key);
        self.follows = Some(false);
        Ok(Written::Done(Number::default()))
    }

    fn set_aside(&mut self) -> Result<String> {
        let place = self.change("set aside", |directory| {
            let file = directory.visible(&self.key);
            // Only the holder of the lock makes such names: a free name stays free.
            for number in 1u32.. {
                let aside = format!("{file}.damaged-{number}");
                if !directory.has(&aside)? {
                    directory.rename(&file, &aside)?;
                    directory.sync()?;
                    return Ok(directory.path(&aside).display().to_string());
                }
            }
            Err(ErrorKind::AlreadyExists.into())
        })?;
        self.follows = Some(false);
        Ok(place)
    }

    fn hold_for(&mut self, _time: Duration) -> Result<()> {
        self.lock.check_file(&self.shared.directory, &self.key)
    }
}
