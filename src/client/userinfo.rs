//! The UserInfo endpoint (OpenID Connect Core 5.3): who the token is about.

use crate::client::Client;
use crate::client::exchange::Resend;
use crate::client::options::Bounds;
use crate::client::request::Outgoing;
use crate::error::{Error, Result, Status};
use crate::protocol::answer::{self, Asked};
use crate::protocol::challenge;
use crate::protocol::members::Members;
use crate::protocol::message::Secrets;
use crate::protocol::metadata::Endpoint;
use crate::protocol::token::Token;
use crate::transport::Transport;

impl Client {
    /// Asks for the claims about the token's user.
    pub async fn userinfo(&self, transport: &dyn Transport, token: &Token, bounds: &Bounds<'_>) -> Result<Members> {
        let authorization = token.authorization();
        let authorization =
            authorization.ok_or_else(|| Error::argument("token", "has a type that needs more than a header"))?;
        self.check_issuer("token", token)?;
        let endpoint = self.destination(Endpoint::Userinfo, transport, bounds).await?;
        let outgoing = Outgoing {
            url: &endpoint.url,
            fields: None,
            authorization: Some(authorization.as_str()),
            resend: Resend::Allowed,
        };
        let claims = self.exchange(transport, bounds, outgoing, |answer, secrets| {
            let asked = Asked { now: answer.received_at, secrets };
            let read = answer::read(
                answer.response,
                &asked,
                |_| true,
                |content| content.members().ok_or("the answer was no JSON object: signed userinfo is not read"),
            );
            let (claims, response) = read.map_err(|error| with_challenge(error, &asked))?;
            match is_about(token, &claims) {
                true => Ok(claims),
                false => {
                    let why = "the userinfo is about another subject than the ID token";
                    let mut error = Error::new(Status::IdToken, why);
                    error.response = Some(response);
                    Err(error)
                }
            }
        });
        claims.await
    }
}

/// OpenID Connect Core 5.3.2: never take over claims about somebody else.
fn is_about(token: &Token, claims: &Members) -> bool {
    let known = token.claims.as_ref().and_then(|claims| claims.string("sub"));
    known.is_none_or(|subject| claims.string("sub") == Some(subject))
}

/// A resource says why in a header (RFC 6750 section 3).
fn with_challenge(mut error: Error, asked: &Asked<'_>) -> Error {
    let fields = error.response.as_ref().map(challenge::of_response).unwrap_or_default();
    match (challenge::provider_error(&fields), error.response.take()) {
        (Some(provider), Some(response)) if error.provider.is_none() => {
            answer::refused(provider, Secrets::default(), response, asked, error.deviations)
        }
        (_, response) => {
            error.response = response;
            error
        }
    }
}
