//! Signed authorization requests (RFC 9101), by the client's key.

use crate::client::client_key::ClientKey;
use crate::client::config::Config;
use crate::client::random;
use crate::error::{Error, Result};
use crate::protocol::request_object::{self, Claims};
use crate::secret::Secret;

/// The longest time that a request is good, in seconds: an hour (FAPI 2.0 Message Signing section 5.3.1).
const LONGEST_S: u32 = 60 * 60;

/// What signs the client's requests.
#[derive(Clone, Copy)]
pub(super) struct Signing<'a> {
    config: &'a Config,
    key: &'a ClientKey,
    pub client_id: &'a str,
    issuer: &'a str,
}

impl<'a> Signing<'a> {
    /// An error if the config lacks a key or an issuer. `why` says who wants the signature.
    pub fn new(config: &'a Config, why: &str) -> Result<Self> {
        let missing = |setting| Error::config(setting, &format!("is not set, but {why}"));
        let key = config.client_key.as_deref().ok_or_else(|| missing("client_key"))?;
        let issuer = config.issuer.as_ref().ok_or_else(|| missing("issuer"))?;
        Ok(Self { config, key, client_id: config.need_client_id()?, issuer: issuer.as_str() })
    }

    /// A request object of its own for each attempt: servers take each `jti` once.
    pub fn sign(&self, parameters: &[(Secret, Secret)]) -> Result<Secret> {
        let jti = random::jti()?;
        let about = Claims {
            client_id: self.client_id,
            audience: self.issuer,
            now_s: self.config.clock.now_s(),
            lifetime_s: self.config.authorization_lifetime_s.min(LONGEST_S),
            jti: jti.as_str(),
        };
        request_object::signed(&self.key.current(), parameters, about)
    }
}
