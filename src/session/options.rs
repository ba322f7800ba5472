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
use crate::protocol::token_request::{Grant, TokenExchange, TokenRequest};
use crate::secret::Secret;
use crate::source::Source;

/// The program's own function that obtains a token. It gets the key, and the token before, if there was one.
pub type Acquire = dyn Fn(&str, Option<&Arc<Token>>) -> Result<Arc<Token>> + Send + Sync;
/// Called with each new token once it is stored, and without a token when the login has ended.
pub type Change = dyn Fn(&str, Option<&Arc<Token>>) + Send + Sync;

/// The program's own opinion of a failed refresh, and the error back; `None`: the usual one.
pub type Judge = dyn Fn(&str, Error) -> (Option<Verdict>, Error) + Send + Sync;

/// A token from a source, and its type (RFC 8693 section 3).
#[derive(Clone)]
pub struct Typed {
    pub token: Arc<dyn Source>,
    pub kind: Secret,
}

/// Options that a program sets; many sessions may share them.
#[derive(Clone, Default)]
pub struct Options {
    pub scope: Option<Secret>,
    pub field_parameters: Parameters,
    /// Renew with the client credentials grant (RFC 6749 section 4.4) in place of a refresh token.
    pub client_credentials: bool,
    /// The same with what they give. In a place of its own: most sessions, of which there may be many, have none.
    sources: Option<Box<Sources>>,
    pub acquire: Option<Arc<Acquire>>,
    pub change: Option<Arc<Change>>,
    pub refusal: Option<Arc<Judge>>,
    /// Sends no refresh token that the store cannot note. Programs that end soon could not save the next one later, and others
    /// would send this one again.
    pub notes_first: bool,
    rejected: Option<String>,
}

/// Where a session without a user gets its credentials, or its token.
#[derive(Clone, Default)]
pub struct Sources {
    /// Exchanged (RFC 8693), perhaps for this actor.
    pub subject_token: Option<Typed>,
    pub actor_token: Option<Typed>,
    /// An assertion (RFC 7523 section 2.1).
    pub assertion: Option<Arc<dyn Source>>,
    /// The token itself.
    pub token: Option<Arc<dyn Source>>,
}

const NO_SOURCES: &Sources = &Sources { subject_token: None, actor_token: None, assertion: None, token: None };

/// How a session gets each token without a user.
#[derive(Clone, Copy)]
pub enum Unattended<'a> {
    ClientCredentials,
    TokenExchange(&'a Typed, Option<&'a Typed>),
    JwtBearer(&'a Arc<dyn Source>),
    Token(&'a Arc<dyn Source>),
}

impl<'a> Unattended<'a> {
    /// What it reads.
    pub fn sources(self) -> impl Iterator<Item = &'a Arc<dyn Source>> {
        let (first, second) = match self {
            Self::ClientCredentials => (None, None),
            Self::TokenExchange(subject, actor) => (Some(&subject.token), actor.map(|actor| &actor.token)),
            Self::JwtBearer(source) | Self::Token(source) => (Some(source), None),
        };
        first.into_iter().chain(second)
    }

    /// Tells logins apart; `None` for the first of these ways.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::ClientCredentials => None,
            Self::TokenExchange(..) => Some("token-exchange"),
            Self::JwtBearer(_) => Some("jwt-bearer"),
            Self::Token(_) => Some("source"),
        }
    }
}

impl Options {
    /// Keeps the first wrong setting; the call that uses the options reports it.
    pub fn reject(&mut self, what: &str) {
        self.rejected.get_or_insert_with(|| what.to_owned());
    }

    fn sources(&self) -> &Sources {
        self.sources.as_deref().unwrap_or(NO_SOURCES)
    }

    /// To set one of them.
    pub fn sources_mut(&mut self) -> &mut Sources {
        self.sources.get_or_insert_default()
    }

    /// Fails with the first bad value, by name.
    pub fn check(&self) -> Result<()> {
        if let Some(what) = &self.rejected {
            return Err(Error::argument("options:", what));
        }
        let sources = self.sources();
        let ways = [
            ("client_credentials", self.client_credentials),
            ("token_exchange", sources.subject_token.is_some()),
            ("jwt_bearer", sources.assertion.is_some()),
            ("source", sources.token.is_some()),
        ];
        let mut set = ways.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name);
        if let (Some(one), Some(other)) = (set.next(), set.next()) {
            return Err(Error::argument("options:", &format!("{one} and {other} are two ways to a token: set one")));
        }
        if sources.actor_token.is_some() && sources.subject_token.is_none() {
            return Err(Error::argument("options:", "actor_token is set, but no token_exchange is"));
        }
        let any = "any"; // whatever the sources give
        let grant = match self.unattended() {
            Some(Unattended::TokenExchange(subject, actor)) => {
                Grant::TokenExchange(self.exchange((subject, any), actor.map(|actor| (actor, any))))
            }
            Some(Unattended::JwtBearer(_)) => Grant::JwtBearer { assertion: any, scope: self.scope() },
            _ => Grant::RefreshToken { refresh_token: any, scope: self.scope() },
        };
        TokenRequest { grant, field_parameters: Some(&self.field_parameters), resources: None }
            .fields(&Credentials::None)
            .map(drop)
    }

    /// The exchange of the tokens that the sources gave.
    pub(super) fn exchange<'a>(
        &'a self,
        (subject, subject_token): (&'a Typed, &'a str),
        actor: Option<(&'a Typed, &'a str)>,
    ) -> TokenExchange<'a> {
        TokenExchange {
            subject_token,
            subject_token_type: subject.kind.as_str(),
            actor_token: actor.map(|(_, token)| token),
            actor_token_type: actor.map(|(actor, _)| actor.kind.as_str()),
            requested_token_type: None,
            scope: self.scope(),
        }
    }

    /// The way that is set, if one is.
    pub fn unattended(&self) -> Option<Unattended<'_>> {
        let sources = self.sources();
        let exchange =
            || Some(Unattended::TokenExchange(sources.subject_token.as_ref()?, sources.actor_token.as_ref()));
        let client_credentials = self.client_credentials.then_some(Unattended::ClientCredentials);
        let assertion = || sources.assertion.as_ref().map(Unattended::JwtBearer);
        client_credentials
            .or_else(exchange)
            .or_else(assertion)
            .or_else(|| sources.token.as_ref().map(Unattended::Token))
    }

    /// Whose login it is that a session with these options keeps under the key.
    pub fn owner(&self, client: &Client, key: &str) -> Owner {
        let config = &client.config;
        let resources = self.field_parameters.values("resource");
        let audiences = self.field_parameters.values("audience");
        // A scope among the parameters is sent, too.
        let scopes: Vec<&str> = self.scope().into_iter().chain(self.field_parameters.values("scope")).collect();
        let scope = scopes.join(" ");
        let unattended = self.unattended();
        let sources: Vec<&str> =
            unattended.into_iter().flat_map(Unattended::sources).map(|source| source.identity()).collect();
        let purpose = unattended.map(|unattended| Purpose {
            grant: unattended.name(),
            sources: &sources,
            scope: Some(&scope),
            resources: &resources,
            audiences: &audiences,
        });
        Owner::new(Parts {
            key,
            issuer: config.issuer_name.as_deref().map(Secret::as_str),
            token_endpoint: config.endpoint(Endpoint::Token).map(Url::as_str),
            client_id: config.client_id.as_deref().map(Secret::as_str),
            purpose,
        })
    }

    pub fn scope(&self) -> Option<&str> {
        self.scope.as_ref().map(Secret::as_str)
    }
}
