//! The UserInfo endpoint (OpenID Connect Core 5.3): claims about the token's user.

use crate::client::Client;
use crate::client::dpop::Proofs;
use crate::client::options::Bounds;
use crate::error::{Advice, Error, Result, Status};
use crate::http::Response;
use crate::protocol::answer::{self, Content, Context};
use crate::protocol::challenge;
use crate::protocol::json_value::Value;
use crate::protocol::message::Secrets;
use crate::protocol::metadata::Endpoint;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::transport::Transport;

impl Client {
    /// Requests the claims about the token's user.
    pub async fn userinfo(&self, transport: &dyn Transport, token: &Token, bounds: &Bounds<'_>) -> Result<Value> {
        let bearer = token.authorization();
        let bound = if bearer.is_none() { Some(self.possession(token)?) } else { None };
        let (key, bound) = bound.unzip();
        self.check_issuer("token", token)?;
        let endpoint = self.destination(Endpoint::Userinfo, transport, bounds).await?;
        let access_token = token.access_token.as_ref().map(Secret::as_str);
        let proofs = key.map(|key| Proofs::new(self, key, "GET", &endpoint.url).with(access_token));
        let authorization = bearer.or(bound.as_ref()).map(Secret::as_str);
        let claims = self.get_with(transport, bounds, &endpoint.url, authorization, proofs, |answer| {
            answer.read(|response, context| read(response, context, token))
        });
        claims.await
    }
}

fn read(response: Response, context: &Context<'_>, token: &Token) -> Result<Value> {
    let take = |content: &Content<'_>| content.json().ok_or("the answer was no JSON object");
    let read = answer::read(response, context, |_| true, take);
    let (claims, response) = read.map_err(|error| {
        let mut error = with_challenge(error, context);
        if error.status == Status::InvalidResponse && error.response.as_ref().is_some_and(is_signed) {
            error.add_to_message(
                ": it was signed or encrypted (application/jwt), which this library does not read: \
                 the server has to give this client plain JSON",
            );
            error.advice = Advice::FixConfig; // of the client, at the server
        }
        if error.response.as_ref().is_some_and(|response| response.status == 401) {
            error.advice = Advice::LogInAgain; // no client authenticates here: the token is meant
        }
        error
    })?;
    match is_about(token, &claims) {
        true => Ok(claims),
        false => {
            let mut error = Error::new(Status::IdToken, "the userinfo is about another subject than the ID token");
            error.response = Some(response);
            Err(error)
        }
    }
}

/// Whether the userinfo came as a JWT, as a client may be registered for (OpenID Connect Core 5.3.2).
fn is_signed(response: &Response) -> bool {
    answer::has_media_type(response.headers.get("content-type").unwrap_or_default(), "application/jwt")
}

/// Whether the claims are about the subject of the ID token; others must not be used (OpenID Connect Core 5.3.2).
fn is_about(token: &Token, claims: &Value) -> bool {
    let known = token.claims.as_ref().and_then(|claims| claims.string("sub"));
    known.is_none_or(|subject| claims.string("sub") == Some(subject))
}

/// Adds the OAuth error that a resource puts into a header (RFC 6750 section 3).
fn with_challenge(mut error: Error, context: &Context<'_>) -> Error {
    let fields = error.response.as_ref().map(challenge::of_response).unwrap_or_default();
    match (challenge::provider_error(&fields), error.response.take()) {
        (Some(provider), Some(response)) if error.status != Status::Provider => {
            answer::refused(provider, Secrets::default(), response, context, error.deviations)
        }
        (_, response) => {
            error.response = response;
            error
        }
    }
}
