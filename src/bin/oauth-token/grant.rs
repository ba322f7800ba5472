//! Tokens for a machine, and tokens for tokens.

use std::sync::Arc;

use oauthclient::client::token::TokenArguments;
use oauthclient::profile::environment::Environment;
use oauthclient::profile::member::Member;
use oauthclient::protocol::token_request::{Grant, TokenExchange};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::format::access_token;
use crate::profile;
use crate::secret::NewSecret;
use crate::token;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The name of settings that are not kept.
const UNNAMED: &str = "-";

pub fn client_credentials(arguments: &Arguments) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let mut given = profile::given(arguments)?;
    let name = if arguments.name().is_empty() { UNNAMED } else { arguments.name() };
    let secret = NewSecret::read(arguments, name, &environment)?;
    given.push((Member::Grant, vec!["client_credentials".to_owned()]));
    if name == UNNAMED {
        given.push((Member::Store, vec!["memory".to_owned()]));
    }
    let read = |secret| profile::read(arguments.verb, name, &given, secret, &environment);
    let profile = read(secret.as_ref().map(NewSecret::member))?;
    profile::warn_of_variable(&profile);
    let session = profile.open()?;
    let options = profile::usual_options(arguments);
    let token = match secret {
        // A token that is kept says nothing of a new secret.
        Some(_) => {
            let fields = profile::parameters(profile.fields())?;
            let request = TokenArguments { field_parameters: Some(&fields), ..TokenArguments::default() };
            let grant = Grant::ClientCredentials { scope: profile.scope() };
            let token = profile::client(&session).token(grant, request, Some(&options))?;
            session.adopt(&token, Some(&options))?;
            Arc::new(token)
        }
        None => session.with_token(Some(&options), Arc::clone)?,
    };
    if name != UNNAMED {
        read(secret.map(NewSecret::keep).transpose()?)?.write(name, &environment)?;
    }
    token::print(arguments, &token)
}

pub fn exchange(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.name();
    let (session, options) = (profile::open(name)?, profile::usual_options(arguments));
    let subject = token::of_session(&session, name, &options)?;
    let all = |member: Member| {
        let values = arguments.members.iter().filter(move |(known, _)| *known == member);
        values.flat_map(move |(_, values)| values.iter().map(move |value| (member.name(), value.as_str())))
    };
    let fields = profile::parameters(all(Member::Resource).chain(all(Member::Audience)))?;
    let grant = Grant::TokenExchange(TokenExchange {
        subject_token: access_token(&subject)?,
        subject_token_type: arguments.subject_token_type.as_deref().unwrap_or(ACCESS_TOKEN),
        actor_token: None,
        actor_token_type: None,
        requested_token_type: arguments.requested_token_type.as_deref(),
        scope: all(Member::Scope).next().map(|(_, scope)| scope),
    });
    let request = TokenArguments { field_parameters: Some(&fields), ..TokenArguments::default() };
    let token = profile::client(&session).token(grant, request, Some(&options))?;
    token::print(arguments, &token)
}
