//! Options of a store on Redis servers.

use std::path::PathBuf;
use std::sync::Arc;

use crate::secret::{Secret, SecretBytes};
use crate::source::Source;

/// The longest prefix of keys, in bytes.
const LONGEST_PREFIX: usize = 64;

#[derive(Clone, Default)]
pub struct RedisOptions {
    /// The servers are nodes of a cluster.
    pub cluster: bool,
    /// Idle connections that are kept; `None`: the usual number.
    pub connections: Option<usize>,
    pub prefix: Option<String>,
    /// The servers are sentinels.
    pub sentinels: Option<SentinelOptions>,
    /// Gives the password for each new connection.
    pub password: Option<Arc<dyn Source>>,
    /// How long an entry stays that nobody writes; 0: for ever.
    pub max_idle_s: u32,
    pub tls: TlsOptions,
}

#[derive(Clone)]
pub struct SentinelOptions {
    /// The name under which the sentinels know the master.
    pub master: String,
    pub user: Option<Arc<SecretBytes>>,
    pub password: Option<Arc<SecretBytes>>,
}

#[derive(Clone, Default)]
pub struct TlsOptions {
    pub ca_files: Vec<String>,
    pub ca_pem: Vec<Vec<u8>>,
    pub without_system_ca: bool,
    /// The files of certificate and private key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

impl SentinelOptions {
    pub fn new(master: &Secret, user: Option<&Secret>, password: Option<&Secret>) -> Result<Self, &'static str> {
        if master.as_str().is_empty() {
            return Err("master is empty");
        }
        if user.is_some() && password.is_none() {
            return Err("user has no password");
        }
        let bytes = |secret: &Secret| Arc::new(SecretBytes::from(secret.as_str().as_bytes().to_vec()));
        Ok(Self { master: master.as_str().to_owned(), user: user.map(bytes), password: password.map(bytes) })
    }
}

impl RedisOptions {
    /// Braces would choose another slot of a cluster, and other characters stand for more than themselves in a SCAN.
    pub fn set_prefix(&mut self, prefix: &str) -> Result<(), String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(is_plain) {
            return Err(format!("is not 1 to {LONGEST_PREFIX} letters, digits, '-', '_', '.' or ':'"));
        }
        self.prefix = Some(prefix.to_owned());
        Ok(())
    }

    /// What is wrong with the options together.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.cluster && self.sentinels.is_some() {
            true => Err("redis_cluster and redis_sentinel exclude each other"),
            false => Ok(()),
        }
    }
}
