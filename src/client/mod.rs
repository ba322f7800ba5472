//! The client: a short method for each exchange, which builds, sends and reads.

use crate::error::{Error, Result};
use crate::process::PerProcess;
use crate::protocol::deviation;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::protocol::token_request::{self, Grant};
use crate::protocol::token_response::{self, Asked};
use crate::secret::Secret;
use crate::transport::Transport;

pub mod authorization;
pub mod config;
pub mod device;
mod discovery;
mod exchange;
mod identity;
pub mod introspection;
pub mod log;
pub mod log_in;
pub mod options;
mod post;
mod request;
mod revocation;
mod userinfo;

use config::Config;
use discovery::Discovery;
use exchange::Resend;
use identity::IdTokenRule;
use log::Level;
use options::Bounds;
use post::Post;

/// An OAuth 2 client: a validated configuration, shared by all calls, and what is known of its server.
pub struct Client {
    pub(crate) config: Config,
    discovery: PerProcess<Discovery>,
}

/// What a token request is about, but for the grant.
#[derive(Clone, Copy, Default)]
pub struct TokenArguments<'a> {
    /// The `Authorization` header; without it the configured client authentication is used.
    pub authorization_header: Option<&'a str>,
    pub field_parameters: Option<&'a Parameters>,
}

impl Client {
    pub fn new(config: Config) -> Self {
        Self { config, discovery: PerProcess::default() }
    }

    /// Asks the token endpoint for a token.
    pub async fn token(
        &self,
        transport: &dyn Transport,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        bounds: &Bounds<'_>,
    ) -> Result<Token> {
        self.identified_token(transport, grant, arguments, bounds, id_token_rule(grant)).await
    }

    /// Refreshes a token (RFC 6749 section 6). What the answer leaves out stays: the refresh token, and the ID token.
    pub async fn renew(
        &self,
        transport: &dyn Transport,
        before: &Token,
        scope: Option<&str>,
        field_parameters: Option<&Parameters>,
        bounds: &Bounds<'_>,
    ) -> Result<Token> {
        let refresh_token =
            before.refresh_token.as_ref().ok_or_else(|| Error::argument("before", "has no refresh token"))?;
        self.check_issuer("before", before)?;
        let grant = Grant::RefreshToken { refresh_token: refresh_token.as_str(), scope };
        let rule = IdTokenRule { before: before.claims.as_deref(), ..IdTokenRule::default() };
        let arguments = TokenArguments { field_parameters, ..TokenArguments::default() };
        let mut token = self.identified_token(transport, grant, arguments, bounds, Some(rule)).await?;
        if token.id_token.is_none() {
            token.id_token = before.id_token.clone();
            token.claims = before.claims.clone();
        }
        Ok(token)
    }

    /// A token, whose ID token keeps the rule if there is one.
    async fn identified_token(
        &self,
        transport: &dyn Transport,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        bounds: &Bounds<'_>,
        rule: Option<IdTokenRule<'_>>,
    ) -> Result<Token> {
        let post = Post {
            endpoint: Endpoint::Token,
            authorization_header: arguments.authorization_header,
            may_be_anonymous: grant.allows_anonymous_client(),
            resend: if grant.is_single_use() { Resend::Never } else { Resend::Allowed },
        };
        let fields = |credentials| token_request::fields(grant, credentials, arguments.field_parameters);
        let token = self.post(transport, bounds, post, fields, |answer, secrets| {
            let asked = Asked {
                sent_at: answer.sent_at,
                now: answer.received_at,
                refresh_token: match grant {
                    Grant::RefreshToken { refresh_token, .. } => Some(refresh_token),
                    _ => None,
                },
                client_id: self.config.client_id.as_ref(),
                issuer: self.config.issuer_name.as_ref(),
                secrets,
            };
            let mut token = token_response::read(answer.response, &asked)?;
            match rule.map_or(Ok(()), |rule| self.identify(&mut token, rule, secrets)) {
                Ok(()) => Ok(token),
                Err(mut error) => {
                    error.response = token.response.take();
                    Err(error)
                }
            }
        });
        let token = token.await?;
        self.log_token(&token);
        Ok(token)
    }

    /// Finds out now what a token request needs to know, so that what follows is the request and nothing else.
    pub(crate) async fn prepare(&self, transport: &dyn Transport, bounds: &Bounds<'_>) -> Result<()> {
        self.destination(Endpoint::Token, transport, bounds).await.map(drop)
    }

    /// A token is shown to its own issuer only; `name` is the argument.
    pub(crate) fn check_issuer(&self, name: &str, token: &Token) -> Result<()> {
        let is_ours = |issuer: &Secret| self.config.issuers.iter().any(|ours| ours == issuer.as_str());
        match &token.issuer {
            Some(issuer) if self.config.issuer.is_some() && !is_ours(issuer) => {
                Err(Error::argument(name, "came from another issuer than this client's: nothing was sent there"))
            }
            _ => Ok(()),
        }
    }

    fn log_token(&self, token: &Token) {
        if token.deviations != 0 {
            let bits = token.deviations & !deviation::TOKEN_TYPE_MISSING;
            let level = if bits == 0 { Level::Debug } else { Level::Warn };
            self.config.log.line(level, || format!("accepted an answer with deviations 0x{:x}", token.deviations));
        }
        self.config.log.line(Level::Info, || match token.expires_in_s {
            Some(seconds) => format!("received a token that lasts {seconds} s"),
            None => "received a token that does not say how long it lasts".to_owned(),
        });
    }
}

/// Where the library knows all that an ID token has to be checked against. A program that began its authorization itself
/// knows the nonce, and the library does not.
fn id_token_rule<'a>(grant: Grant<'_>) -> Option<IdTokenRule<'a>> {
    match grant {
        Grant::RefreshToken { .. } | Grant::DeviceCode { .. } | Grant::Password { .. } => Some(IdTokenRule::default()),
        _ => None,
    }
}
