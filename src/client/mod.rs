//! The client: one method for each exchange with the server.
//!
//! An exchange reads: `destination` (find the endpoint), then for each attempt `authenticate`, `send`, read, and
//! `identify` (check the ID token that came with a token). `Exchange::again` decides whether another attempt follows.

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::protocol::token::Token;
use crate::secret::Secret;

pub mod authentication;
pub mod authorization;
mod certificate_key;
pub mod changing;
pub mod client_key;
pub mod config;
pub mod device;
mod discovery;
pub mod dpop;
mod exchange;
mod form;
mod identity;
pub mod introspection;
mod keys;
pub mod log;
pub mod log_in;
mod message;
mod nonces;
pub mod options;
pub mod progress;
mod pushed_authorization;
mod random;
pub mod reading;
mod request_object;
mod resource;
mod revocation;
mod server;
pub mod token;
mod userinfo;

use config::Config;
use server::Server;

/// An OAuth 2 client: a validated configuration, shared by all calls, and the known state of its server.
pub struct Client {
    pub(crate) config: Config,
    server: PerProcess<Server>,
}

impl Client {
    pub fn new(config: Config) -> Self {
        Self { config, server: PerProcess::default() }
    }

    /// An error if the token came from another issuer: a token is sent only to its own. `name` is the argument.
    pub(crate) fn check_issuer(&self, name: &str, token: &Token) -> Result<()> {
        let is_ours = |issuer: &Secret| self.config.issuers.iter().any(|ours| ours == issuer.as_str());
        match &token.issuer {
            Some(issuer) if self.config.issuer.is_some() && !is_ours(issuer) => {
                Err(Error::argument(name, "came from another issuer than this client's: nothing was sent there"))
            }
            _ => Ok(()),
        }
    }
}
