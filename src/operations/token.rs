//! Token requests that are started.

use std::sync::Arc;

use crate::blocking::Client;
use crate::client::options::RequestOptions;
use crate::client::token::TokenArguments;
use crate::error::{Error, Result};
use crate::operations::{Operation, Outcome};
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::secret::Secret;

impl Operation {
    /// Starts to ask the token endpoint for a token.
    pub fn token(
        client: &Arc<Client>,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let grant = OwnedGrant::new(grant)?;
        let header = arguments.authorization_header.map(owned).transpose()?;
        let field_parameters = arguments.field_parameters.cloned();
        Self::start(client, options, async move |client, transport, bounds| {
            let arguments = TokenArguments {
                authorization_header: header.as_ref().map(Secret::as_str),
                field_parameters: field_parameters.as_ref(),
                ..TokenArguments::default()
            };
            let token = client.token(transport, grant.borrowed(), arguments, bounds).await?;
            Ok(Outcome::Token(Arc::new(token)))
        })
    }

    /// Starts to refresh a token.
    pub fn renew(
        client: &Arc<Client>,
        before: &Arc<Token>,
        scope: Option<&str>,
        field_parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let (before, scope) = (before.clone(), scope.map(owned).transpose()?);
        let field_parameters = field_parameters.cloned();
        Self::start(client, options, async move |client, transport, bounds| {
            let scope = scope.as_ref().map(Secret::as_str);
            let renewed = client.renew(transport, &before, scope, field_parameters.as_ref(), bounds).await;
            Ok(Outcome::Token(Arc::new(renewed?)))
        })
    }
}

/// A copy of a text of the program, which outlives the call.
pub fn owned(text: &str) -> Result<Secret> {
    Secret::new(text).ok_or_else(|| Error::argument("text", "has U+0000"))
}

/// A grant with texts of its own.
struct OwnedGrant {
    /// Without its texts.
    shape: Grant<'static>,
    texts: Vec<Secret>,
}

impl OwnedGrant {
    fn new(grant: Grant<'_>) -> Result<Self> {
        let mut texts = Vec::new();
        let shape = grant.with(|text| {
            texts.push(owned(text));
            ""
        });
        Ok(Self { shape, texts: texts.into_iter().collect::<Result<_>>()? })
    }

    fn borrowed(&self) -> Grant<'_> {
        let mut texts = self.texts.iter();
        self.shape.with(|_| texts.next().map_or("", Secret::as_str))
    }
}
