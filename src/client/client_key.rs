//! The key by which the client proves itself: one that stays, or that of a file as it is now.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::protocol::jose::key::Key;
use crate::transport::small_file;

/// As the program set it.
#[derive(Clone)]
pub enum Setting {
    Key(Arc<Key>),
    /// PEM or JWK, with the algorithm of a key that does not say it.
    File(PathBuf, Option<String>),
}

impl From<Key> for Setting {
    fn from(key: Key) -> Self {
        Self::Key(Arc::new(key))
    }
}

pub enum ClientKey {
    Given(Arc<Key>),
    File(KeyFile),
}

/// A file whose key may be replaced.
pub struct KeyFile {
    path: PathBuf,
    algorithm: Option<String>,
    /// The last good key, and the file that it was read from.
    last: Mutex<(Option<Stamp>, Arc<Key>)>,
}

/// Tells one state of a file from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp(Option<SystemTime>, u64, u64);

impl ClientKey {
    /// Reads the file, if it is one.
    pub fn new(setting: &Setting) -> Result<Self> {
        Ok(match setting {
            Setting::Key(key) => Self::Given(key.clone()),
            Setting::File(path, algorithm) => {
                let file = KeyFile::new(path.clone(), algorithm.clone());
                Self::File(file.map_err(|why| Error::config("client_key_file", &format!("{} {why}", path.display())))?)
            }
        })
    }

    /// The key for the next signature. While a file is being replaced, or has no key that can take the place of the last one,
    /// the last one is used.
    pub fn current(&self) -> Arc<Key> {
        match self {
            Self::Given(key) => key.clone(),
            Self::File(file) => file.current(),
        }
    }
}

impl KeyFile {
    fn new(path: PathBuf, algorithm: Option<String>) -> std::result::Result<Self, String> {
        let stamp = stamp(&path);
        let key = read(&path, algorithm.as_deref())?;
        Ok(Self { path, algorithm, last: Mutex::new((stamp, Arc::new(key))) })
    }

    fn current(&self) -> Arc<Key> {
        let now = stamp(&self.path);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now != last.0
            && let Ok(key) = read(&self.path, self.algorithm.as_deref())
        {
            // Another algorithm is another setting: the security profile has seen the first one.
            let key = if key.algorithm() == last.1.algorithm() { Arc::new(key) } else { last.1.clone() };
            *last = (now, key);
        }
        last.1.clone()
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp(metadata.modified().ok(), metadata.len(), inode(&metadata)))
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

/// The error is the end of a sentence.
fn read(path: &Path, algorithm: Option<&str>) -> std::result::Result<Key, String> {
    let bytes = small_file::read(path).map_err(|why| format!("cannot be read: {why}"))?;
    let text = bytes.as_str().ok_or("is no text")?;
    let key = match text.trim_start().starts_with('{') {
        true => Key::from_jwk(text),
        false => Key::from_pem(text, algorithm),
    };
    let key = key.map_err(|why| {
        let why = why.message.as_str();
        why.trim_start_matches("pem ").trim_start_matches("jwk ").to_owned()
    })?;
    match algorithm.is_none_or(|algorithm| key.algorithm().name() == algorithm) {
        true => Ok(key),
        false => Err(format!("has a key whose algorithm is {}", key.algorithm().name())),
    }
}
