//! Gets a token without a user: by client credentials, with what a source gives, or from the source itself.

use crate::client::Client;
use crate::client::options::Bounds;
use crate::client::reading::read;
use crate::client::token::TokenArguments;
use crate::error::{Advice, Error, Result, Status};
use crate::protocol::dpop::Bound;
use crate::protocol::metadata::Endpoint;
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::session::keeping::to_keep;
use crate::session::lease::{lease, while_held};
use crate::session::options::{Options, Unattended};
use crate::session::renewal::{Renewal, Step};
use crate::transport::Transport;

impl Renewal<'_> {
    pub(super) async fn obtain(&mut self, way: Unattended<'_>) -> Result<Step> {
        let (client, transport, options) = (self.client, self.transport, &self.session.options);
        if !matches!(way, Unattended::Token(_)) {
            client.prepare(Endpoint::Token, transport, self.bounds).await?;
        }
        self.lock.hold_for(lease(client))?;
        let stored = self.stored.clone();
        let dpop = stored.as_ref().and_then(|token| token.dpop.as_ref());
        let obtain = async |bounds: &Bounds<'_>| options.obtained(way, dpop, client, transport, bounds).await;
        let token = while_held(&mut *self.lock, &self.session.clock, self.bounds, obtain).await;
        let token = token.map_err(|error| without_a_user(error, way))?;
        Ok(self.keep(to_keep(token)))
    }
}

/// Where nobody logs in, what the server refuses is to be mended in the settings, or at the source.
fn without_a_user(mut error: Error, way: Unattended<'_>) -> Error {
    if error.advice == Advice::LogInAgain {
        error.advice = Advice::FixConfig;
    }
    if error.status == Status::Provider {
        let sources: Vec<&str> = way.sources().map(|source| source.name()).collect();
        if !sources.is_empty() {
            error.add_to_message(&format!("; it was sent what {} gave", sources.join(" and ")));
        }
    }
    error
}

impl Options {
    async fn obtained(
        &self,
        way: Unattended<'_>,
        dpop: Option<&Bound>,
        client: &Client,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
    ) -> Result<Token> {
        let usual = client.config.timeout;
        let request = async |grant: Grant<'_>| {
            let field_parameters = Some(&self.field_parameters);
            let arguments = TokenArguments { field_parameters, dpop, ..TokenArguments::default() };
            client.token(transport, grant, arguments, bounds).await
        };
        let scope = self.scope();
        match way {
            Unattended::ClientCredentials => request(Grant::ClientCredentials { scope }).await,
            Unattended::TokenExchange(subject, actor) => {
                let subject_token = read(&subject.token, bounds, usual).await?;
                let actor_token = match actor {
                    Some(actor) => Some((actor, read(&actor.token, bounds, usual).await?)),
                    None => None,
                };
                let actor = actor_token.as_ref().map(|(actor, token)| (*actor, token.as_str()));
                request(Grant::TokenExchange(self.exchange((subject, subject_token.as_str()), actor))).await
            }
            Unattended::JwtBearer(source) => {
                let assertion = read(source, bounds, usual).await?;
                request(Grant::JwtBearer { assertion: assertion.as_str(), scope }).await
            }
            Unattended::Token(source) => client.token_of(source, bounds).await,
        }
    }
}
