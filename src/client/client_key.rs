//! The key by which the client proves itself: one that stays, or that of a file as it is now.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{Digest, SHA256, digest};

use crate::error::{Error, Result};
use crate::protocol::jose::key::Key;
use crate::secret::SecretBytes;
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
    /// The last good key, and the digest of the file that it was read from.
    last: Mutex<(Digest, Arc<Key>)>,
}

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

    /// Whether a function of the program signs.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Given(key) if key.is_elsewhere())
    }
}

impl KeyFile {
    fn new(path: PathBuf, algorithm: Option<String>) -> std::result::Result<Self, String> {
        let file = small_file::read(&path).map_err(|why| format!("cannot be read: {why}"))?;
        let key = read(&file, algorithm.as_deref())?;
        Ok(Self { path, algorithm, last: Mutex::new((digest(&SHA256, &file), Arc::new(key))) })
    }

    fn current(&self) -> Arc<Key> {
        let file = small_file::read(&self.path);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(file) = file {
            let now = digest(&SHA256, &file);
            if now.as_ref() != last.0.as_ref()
                && let Ok(key) = read(&file, self.algorithm.as_deref())
            {
                // Another algorithm is another setting: the security profile has seen the first one.
                let key = if key.algorithm() == last.1.algorithm() { Arc::new(key) } else { last.1.clone() };
                *last = (now, key);
            }
        }
        last.1.clone()
    }
}

/// The error is the end of a sentence.
fn read(file: &SecretBytes, algorithm: Option<&str>) -> std::result::Result<Key, String> {
    let text = file.as_str().ok_or("is no text")?;
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
