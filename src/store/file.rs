//! A store with one file for each key, for all processes of one user on one machine.
//!
//! A new file is renamed over the old one, so that a reader finds the old text or the new one, whole. Only the holder
//! of the key's lock does so. The lock is a separate file: a lock on the file that is renamed away would lock nothing.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::store::directory::{Directory, missing_is_fine};
use crate::store::lock_file::LockFile;
use crate::store::seal::{Seal, opened, sealed};
use crate::store::{Key, Lock, Store};

/// Files in a directory, encrypted if a key was given.
pub struct Files(Arc<Shared>);

struct Shared {
    directory: Directory,
    seal: Option<Seal>,
}

impl Files {
    /// Creates the directory if it is missing, and tries whether it can be written to.
    pub fn open(directory: &Path, seal: Option<Seal>) -> Result<Self> {
        Ok(Self(Arc::new(Shared { directory: Directory::open(directory)?, seal })))
    }
}

impl Store for Files {
    fn load(&self, key: &Key) -> Result<Option<SecretBytes>> {
        let Some(bytes) = self.0.read(key)? else { return Ok(None) };
        opened(self.0.seal.as_ref(), key, bytes).map(Some).map_err(|why| why.error(&self.0.file(key)))
    }

    fn try_lock(&self, key: &Key) -> Result<Option<Box<dyn Lock>>> {
        let Some(lock) = LockFile::try_take(&self.0.directory, key)? else { return Ok(None) };
        // A writer that was killed may have left a new file, with secrets in it.
        missing_is_fine(fs::remove_file(self.0.directory.hidden(key, "new"))).map_err(|error| {
            Error::store(&format!("a leftover of {} could not be deleted", self.0.file(key)), error)
        })?;
        Ok(Some(Box::new(FileLock { shared: self.0.clone(), key: key.clone(), lock })))
    }
}

impl Shared {
    /// The file of a key, for messages.
    fn file(&self, key: &Key) -> String {
        format!("the file {}", self.directory.visible(key).display())
    }

    fn read(&self, key: &Key) -> Result<Option<SecretBytes>> {
        let read = || {
            let mut file = File::open(self.directory.visible(key))?;
            // Spare capacity: a buffer that grows would leave a copy of the secrets in freed memory.
            let mut bytes = Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or(0).saturating_add(64));
            file.read_to_end(&mut bytes)?;
            Ok(SecretBytes::from(bytes))
        };
        missing_is_fine(read()).map_err(|error| Error::store(&format!("{} could not be read", self.file(key)), error))
    }
}

struct FileLock {
    shared: Arc<Shared>,
    key: Key,
    lock: LockFile,
}

impl FileLock {
    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let directory = &self.shared.directory;
        let new = directory.hidden(&self.key, "new");
        let write = || {
            let mut file = directory.create_new(&new)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        let renamed = write().and_then(|()| fs::rename(&new, directory.visible(&self.key)));
        if renamed.is_err() {
            _ = fs::remove_file(&new); // if this fails, the next holder does it
        }
        renamed?;
        directory.sync()
    }

    /// Changes the file of the key; an error names the file.
    fn change<T>(&self, what: &str, change: impl FnOnce(&Directory) -> io::Result<T>) -> Result<T> {
        self.lock.check()?;
        change(&self.shared.directory)
            .map_err(|error| Error::store(&format!("{} could not be {what}", self.shared.file(&self.key)), error))
    }
}

impl Lock for FileLock {
    fn load(&mut self) -> Result<Option<SecretBytes>> {
        self.lock.check()?;
        let Some(bytes) = self.shared.read(&self.key)? else { return Ok(None) };
        let file = self.shared.file(&self.key);
        opened(self.shared.seal.as_ref(), &self.key, bytes)
            .map(Some)
            .map_err(|why| why.error_under_lock(&file, || self.set_aside()))
    }

    fn save(&mut self, text: &[u8], _expires_at_s: Option<i64>) -> Result<()> {
        let bytes = sealed(self.shared.seal.as_ref(), &self.key, text)?;
        self.change("written", |_| self.replace(&bytes))
    }

    fn delete(&mut self) -> Result<()> {
        self.change("deleted", |directory| {
            missing_is_fine(fs::remove_file(directory.visible(&self.key)))?;
            directory.sync()
        })
    }

    fn set_aside(&mut self) -> Result<String> {
        self.change("set aside", |directory| {
            let file = directory.visible(&self.key);
            // Only the holder of the lock makes such names: a free name stays free.
            for number in 1u32.. {
                let mut aside = file.clone().into_os_string();
                aside.push(format!(".damaged-{number}"));
                let aside = PathBuf::from(aside);
                match fs::symlink_metadata(&aside) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        fs::rename(&file, &aside)?;
                        directory.sync()?;
                        return Ok(aside.display().to_string());
                    }
                    Err(error) => return Err(error),
                    Ok(_) => {}
                }
            }
            Err(ErrorKind::AlreadyExists.into())
        })
    }

    fn hold_for(&mut self, _time: Duration) -> Result<()> {
        self.lock.check()
    }
}
