//! How a store is opened.

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::store::seal::{KEY_LENGTH, Seal};

/// Options of a store. Each store takes those that concern it.
#[derive(Default)]
pub struct Options {
    encryption_key: Option<SecretBytes>,
    /// The operating system's key store keeps the encryption key, under this name.
    pub keyring_service: Option<String>,
    /// The server is one of a cluster.
    pub cluster: bool,
    rejected: Option<String>,
}

/// Options that were checked.
#[derive(Default)]
pub struct Settings {
    /// Present when what is kept is encrypted.
    pub seal: Option<Seal>,
    pub cluster: bool,
}

impl Options {
    /// Keeps the first thing that was wrong; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    pub fn set_encryption_key(&mut self, key: &[u8]) {
        if key.len() != KEY_LENGTH {
            return self.reject(&format!("encryption_key has {} bytes, not {KEY_LENGTH}", key.len()));
        }
        self.encryption_key = Some(SecretBytes::from(key.to_vec()));
    }

    /// The first bad value, by name, or what the store is opened with.
    pub fn check(options: Option<&Self>) -> Result<Settings> {
        let Some(options) = options else { return Ok(Settings::default()) };
        let bad = |what: &str| Err(Error::argument("options:", what));
        let seal = match (&options.rejected, &options.encryption_key, &options.keyring_service) {
            (Some(what), _, _) => return bad(what),
            (None, Some(_), Some(_)) => return bad("encryption_key was given, and one of the key store too"),
            (None, Some(key), None) => Some(Seal::new(key)?),
            #[cfg(feature = "keyring")]
            (None, None, Some(service)) => Some(Seal::new(&crate::store::keyring::encryption_key(service)?)?),
            #[cfg(not(feature = "keyring"))]
            (None, None, Some(_)) => return Err(Error::config("keyring", "is a cargo feature that this build lacks")),
            (None, None, None) => None,
        };
        Ok(Settings { seal, cluster: options.cluster })
    }
}
