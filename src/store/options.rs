//! Options with which a store is opened.

pub mod redis;

pub use self::redis::RedisOptions;
use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::store::seal::{KEY_LENGTH, Seal};

/// Options of a store. Each kind of store uses those that concern it.
#[derive(Default)]
pub struct Options {
    encryption_key: Option<SecretBytes>,
    /// The key store of the operating system keeps the encryption key, under this name.
    pub keyring_service: Option<String>,
    pub redis: RedisOptions,
    /// Files may lie on a file system that keeps no permissions.
    pub allow_unprotected: bool,
    rejected: Option<String>,
}

/// Options that were checked.
#[derive(Default)]
pub struct Settings {
    /// Present if the texts are encrypted.
    pub seal: Option<Seal>,
    pub redis: RedisOptions,
    pub allow_unprotected: bool,
}

impl Options {
    /// Keeps the first wrong setting; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    pub fn set_encryption_key(&mut self, key: &[u8]) {
        if key.len() != KEY_LENGTH {
            return self.reject(&format!("encryption_key has {} bytes, not {KEY_LENGTH}", key.len()));
        }
        self.encryption_key = Some(SecretBytes::from(key.to_vec()));
    }

    /// Returns the settings, or fails with the first bad value, by name.
    pub fn check(options: Option<&Self>) -> Result<Settings> {
        let Some(options) = options else { return Ok(Settings::default()) };
        fn bad<T>(what: &str) -> Result<T> {
            Err(Error::argument("options:", what))
        }
        let seal = match (&options.rejected, &options.encryption_key, &options.keyring_service) {
            (Some(what), _, _) => return bad(what),
            (None, Some(_), Some(_)) => return bad("encryption_key was given, and one of the key store too"),
            (None, Some(key), None) => Some(Seal::new(key)?),
            #[cfg(feature = "keyring")]
            (None, None, Some(service)) => {
                Some(Seal::new(&crate::store::keyring::encryption_key(service, options.allow_unprotected)?)?)
            }
            #[cfg(not(feature = "keyring"))]
            (None, None, Some(_)) => return Err(Error::config("keyring", "is a cargo feature that this build lacks")),
            (None, None, None) => None,
        };
        options.redis.check().or_else(bad)?;
        Ok(Settings { seal, redis: options.redis.clone(), allow_unprotected: options.allow_unprotected })
    }
}
