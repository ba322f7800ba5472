//! Questions to the server that are started: about a token, its user, or the server itself.

use std::sync::Arc;

use crate::blocking::Client;
use crate::client::options::RequestOptions;
use crate::error::Result;
use crate::operations::token::owned;
use crate::operations::{Operation, Outcome};
use crate::protocol::token::Token;
use crate::secret::Secret;

impl Operation {
    /// Starts to get the server's metadata.
    pub fn metadata(client: &Arc<Client>, options: Option<&RequestOptions>) -> Result<Self> {
        Self::start(client, options, async |client, transport, bounds| {
            client.metadata(transport, bounds).await.map(Outcome::Metadata)
        })
    }

    /// Starts to get the claims about the token's user.
    pub fn userinfo(client: &Arc<Client>, token: &Arc<Token>, options: Option<&RequestOptions>) -> Result<Self> {
        let token = token.clone();
        Self::start(client, options, async move |client, transport, bounds| {
            client.userinfo(transport, &token, bounds).await.map(Outcome::Userinfo)
        })
    }

    /// Starts to ask the server about a token.
    pub fn introspect(
        client: &Arc<Client>,
        token: &str,
        token_type_hint: Option<&str>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let (token, hint) = (owned(token)?, token_type_hint.map(owned).transpose()?);
        Self::start(client, options, async move |client, transport, bounds| {
            let said = client.introspect(transport, token.as_str(), hint.as_ref().map(Secret::as_str), bounds).await;
            Ok(Outcome::Introspection(Arc::new(said?)))
        })
    }

    /// Starts to revoke a token.
    pub fn revoke(
        client: &Arc<Client>,
        token: &str,
        token_type_hint: Option<&str>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let (token, hint) = (owned(token)?, token_type_hint.map(owned).transpose()?);
        Self::start(client, options, async move |client, transport, bounds| {
            client.revoke(transport, token.as_str(), hint.as_ref().map(Secret::as_str), bounds).await?;
            Ok(Outcome::Nothing)
        })
    }
}
