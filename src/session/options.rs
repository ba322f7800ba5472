//! Options of a session: how it renews, and which functions of the program it calls.

use std::sync::Arc;

use url::Url;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::protocol::client_authentication::Credentials;
use crate::protocol::metadata::Endpoint;
use crate::protocol::owner::{Owner, Parts, Purpose};
use crate::protocol::parameters::Parameters;
use crate::protocol::refusal::Verdict;
use crate::protocol::token::Token;
use crate::protocol::token_request::{Grant, TokenRequest};
use crate::secret::Secret;

/// The program's own function that obtains a token. It gets the key, and the token before, if there was one.
pub type Acquire = dyn Fn(&str, Option<&Arc<Token>>) -> Result<Arc<Token>> + Send + Sync;
/// Called with each new token once it is stored, and without a token when the login has ended.
pub type Change = dyn Fn(&str, Option<&Arc<Token>>) + Send + Sync;

/// The program's own opinion of a failed refresh, and the error back; `None`: the usual one.
pub type Judge = dyn Fn(&str, Error) -> (Option<Verdict>, Error) + Send + Sync;

/// Options that a program sets; many sessions may share them.
#[derive(Clone, Default)]
pub struct Options {
    pub scope: Option<Secret>,
    pub field_parameters: Parameters,
    /// Renew with the client credentials grant (RFC 6749 section 4.4) in place of a refresh token.
    pub client_credentials: bool,
    pub acquire: Option<Arc<Acquire>>,
    pub change: Option<Arc<Change>>,
    pub refusal: Option<Arc<Judge>>,
    rejected: Option<String>,
}

impl Options {
    /// Keeps the first wrong setting; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    /// Fails with the first bad value, by name.
    pub fn check(&self) -> Result<()> {
        if let Some(what) = &self.rejected {
            return Err(Error::argument("options:", what));
        }
        let grant = Grant::RefreshToken { refresh_token: "RT", scope: self.scope() }; // any refresh token will do
        TokenRequest { grant, field_parameters: Some(&self.field_parameters), resources: None }
            .fields(&Credentials::None)
            .map(drop)
    }

    /// Whose login it is that a session with these options keeps under the key.
    pub fn owner(&self, client: &Client, key: &str) -> Owner {
        let config = &client.config;
        let resources = self.field_parameters.values("resource");
        let audiences = self.field_parameters.values("audience");
        // A scope among the parameters is sent, too.
        let scopes: Vec<&str> = self.scope().into_iter().chain(self.field_parameters.values("scope")).collect();
        let scope = scopes.join(" ");
        let purpose = Purpose { scope: Some(&scope), resources: &resources, audiences: &audiences };
        Owner::new(Parts {
            key,
            issuer: config.issuer_name.as_deref().map(Secret::as_str),
            token_endpoint: config.endpoint(Endpoint::Token).map(Url::as_str),
            client_id: config.client_id.as_deref().map(Secret::as_str),
            purpose: self.client_credentials.then_some(purpose),
        })
    }

    pub fn scope(&self) -> Option<&str> {
        self.scope.as_ref().map(Secret::as_str)
    }
}
