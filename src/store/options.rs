//! Options with which a store is opened.

use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::store::seal::{KEY_LENGTH, Seal};

/// Options of a store. Each kind of store uses those that concern it.
#[derive(Default)]
pub struct Options {
    encryption_key: Option<SecretBytes>,
    /// The key store of the operating system keeps the encryption key, under this name.
    pub keyring_service: Option<String>,
    /// The Redis server is a node of a cluster.
    pub cluster: bool,
    /// Idle connections to Redis that are kept; `None`: the usual number.
    pub redis_connections: Option<usize>,
    redis_prefix: Option<String>,
    /// Files may lie on a file system that keeps no permissions.
    pub allow_unprotected: bool,
    rejected: Option<String>,
}

/// Options that were checked.
#[derive(Default)]
pub struct Settings {
    /// Present if the texts are encrypted.
    pub seal: Option<Seal>,
    pub cluster: bool,
    pub redis_connections: Option<usize>,
    pub redis_prefix: Option<String>,
    pub allow_unprotected: bool,
}

/// The longest prefix of keys in Redis, in bytes.
const LONGEST_PREFIX: usize = 64;

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

    /// Braces would choose another slot of a cluster, and other characters stand for more than themselves in a SCAN.
    pub fn set_redis_prefix(&mut self, prefix: &str) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(is_plain) {
            return self.reject("redis_prefix is not 1 to 64 letters, digits, '-', '_', '.' or ':'");
        }
        self.redis_prefix = Some(prefix.to_owned());
    }

    /// Returns the settings, or fails with the first bad value, by name.
    pub fn check(options: Option<&Self>) -> Result<Settings> {
        let Some(options) = options else { return Ok(Settings::default()) };
        let bad = |what: &str| Err(Error::argument("options:", what));
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
        Ok(Settings {
            seal,
            cluster: options.cluster,
            redis_connections: options.redis_connections,
            redis_prefix: options.redis_prefix.clone(),
            allow_unprotected: options.allow_unprotected,
        })
    }
}
