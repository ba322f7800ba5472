//! The checks of an ID token that came with a token, before the token is returned (OpenID Connect Core 3.1.3.7, 12.2).

use std::sync::Arc;

use crate::client::Client;
use crate::client::message::Message;
use crate::error::{Error, Result, Status};
use crate::protocol::id_token::{self, Expected};
use crate::protocol::json_value::Value;
use crate::protocol::message::Secrets;
use crate::protocol::token::Token;

/// The expectations of the exchange. The ID token came over TLS from the token endpoint, so its signature is not
/// checked.
#[derive(Clone, Copy, Default)]
pub(super) struct IdTokenRule<'a> {
    /// A missing ID token is an error, unless the scope of the answer says that `openid` was not granted.
    pub required: bool,
    pub nonce: Option<&'a str>,
    /// The claims of the previous ID token, after a refresh.
    pub before: Option<&'a Value>,
}

impl Client {
    /// Checks the ID token, if there is one and the client id and an issuer are known (from the config, or the issuer
    /// of the previous ID token), and sets the token's claims. If it is about another login than the previous one, the
    /// refresh token is removed too.
    pub(super) async fn identify(&self, token: &mut Token, rule: IdTokenRule<'_>, message: &Message<'_>) -> Result<()> {
        let refuse = |why: &str| Err(Error::new(Status::IdToken, &format!("the ID token {why}")));
        let Some(id_token) = &token.id_token else {
            let granted = token.scope.as_ref().is_none_or(|scope| id_token::is_in_scope(scope.as_str()));
            return if rule.required && granted { refuse("is missing") } else { Ok(()) };
        };
        let issuers = match (&self.config.issuer, rule.before) {
            (None, Some(before)) => before.string("iss").into_iter().collect(),
            _ => self.config.issuer_names(),
        };
        let Some(client_id) = self.config.client_id.as_ref().filter(|_| !issuers.is_empty()) else { return Ok(()) };
        let expected = Expected {
            issuers: &issuers,
            client_id: client_id.as_str(),
            nonce: rule.nonce,
            now_s: self.config.clock.now_s(),
        };
        let claims = match id_token::check(id_token.as_str(), &expected) {
            Ok(claims) => claims,
            Err(why) => {
                let mut secrets = Secrets::default(); // the claims may echo any of them
                message.add_secrets(&mut secrets);
                let known = [&token.access_token, &token.refresh_token].into_iter().flatten().map(|one| one.as_str());
                known.chain(rule.nonce).for_each(|one| secrets.add(one));
                let claims = rule.before.zip(id_token::claims(id_token.as_str()));
                if claims.is_some_and(|(before, claims)| !id_token::same_subject(before, &claims)) {
                    token.refresh_token = None;
                }
                return refuse(&format!("was refused: {}", secrets.clean(&why)));
            }
        };
        if rule.before.is_some_and(|before| !id_token::same_subject(before, &claims)) {
            token.refresh_token = None;
            return refuse("names another issuer or subject than the one before");
        }
        token.claims = Some(Arc::new(claims));
        Ok(())
    }
}
