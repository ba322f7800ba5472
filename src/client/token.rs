//! Requests to the token endpoint (RFC 6749 section 3.2), for every grant.

use crate::client::Client;
use crate::client::authentication::Own;
use crate::client::discovery::Destination;
use crate::client::dpop::Proofs;
use crate::client::exchange::{Exchange, Resend};
use crate::client::identity::IdTokenRule;
use crate::client::log::Level;
use crate::client::options::Bounds;
use crate::error::{Advice, Error, Result, Status};
use crate::protocol::deviation;
use crate::protocol::dpop::Bound;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::protocol::token_request::{Grant, TokenRequest};
use crate::protocol::token_response::{self, Asked, Refused};
use crate::secret::Secret;
use crate::transport::Transport;

/// The arguments of a token request besides the grant.
#[derive(Clone, Copy, Default)]
pub struct TokenArguments<'a> {
    /// The `Authorization` header; `None`: the configured client authentication is used.
    pub authorization_header: Option<&'a str>,
    pub field_parameters: Option<&'a Parameters>,
    /// What the login was granted for: sent unless the field parameters have resources.
    pub resources: Option<&'a str>,
    /// The key to which the login is bound already.
    pub dpop: Option<&'a Bound>,
}

type Obtained = std::result::Result<Token, Refused>;

impl Client {
    /// Requests a token.
    pub async fn token(
        &self,
        transport: &dyn Transport,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        bounds: &Bounds<'_>,
    ) -> Result<Token> {
        Ok(self.identified_token(transport, grant, arguments, bounds, id_token_rule(grant)).await?)
    }

    /// Refreshes a token (RFC 6749 section 6). The new token keeps the refresh token and the ID token if the answer has
    /// none.
    pub async fn renew(
        &self,
        transport: &dyn Transport,
        before: &Token,
        scope: Option<&str>,
        field_parameters: Option<&Parameters>,
        bounds: &Bounds<'_>,
    ) -> Obtained {
        let refresh_token =
            before.refresh_token.as_ref().ok_or_else(|| Error::argument("before", "has no refresh token"))?;
        self.check_issuer("before", before)?;
        let grant = Grant::RefreshToken { refresh_token: refresh_token.as_str(), scope };
        let rule = IdTokenRule { before: before.claims.as_deref(), ..IdTokenRule::default() };
        let resources = before.resources.as_ref().map(Secret::as_str);
        let dpop = self.key_to_refresh(before)?;
        let arguments =
            TokenArguments { field_parameters, resources, dpop: dpop.as_ref(), ..TokenArguments::default() };
        let mut token = self.bound_token(transport, grant, arguments, bounds, Some(rule)).await?;
        if token.id_token.is_none() {
            token.id_token = before.id_token.clone();
            token.claims = before.claims.clone();
        }
        if token.refresh_token_expires_at_s.is_none() && !token.rotated {
            token.refresh_token_expires_at_s = before.refresh_token_expires_at_s;
        }
        token.resources = before.resources.clone(); // what one renewal asks for is not what the next one asks for
        Ok(token)
    }

    /// Requests a token, bound to a key where the client is set so, and checks its ID token by the rule if there is one.
    pub(super) async fn identified_token(
        &self,
        transport: &dyn Transport,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        bounds: &Bounds<'_>,
        rule: Option<IdTokenRule<'_>>,
    ) -> Obtained {
        let dpop = self.key_of(arguments.dpop)?;
        self.bound_token(transport, grant, TokenArguments { dpop: dpop.as_ref(), ..arguments }, bounds, rule).await
    }

    /// The same by the key that the arguments have, or by none.
    async fn bound_token(
        &self,
        transport: &dyn Transport,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        bounds: &Bounds<'_>,
        rule: Option<IdTokenRule<'_>>,
    ) -> Obtained {
        let own = Own {
            authorization_header: arguments.authorization_header,
            may_be_anonymous: grant.allows_anonymous_client(),
        };
        let TokenArguments { field_parameters, resources, .. } = arguments;
        let request = TokenRequest { grant, field_parameters, resources };
        self.check_profile(&request, own)?;
        let resend = if grant.is_single_use() { Resend::Never } else { Resend::Allowed };
        self.check_form(Endpoint::Token, &request, own)?;
        let to = self.destination(Endpoint::Token, transport, bounds).await?;
        let mut exchange = Exchange::new(&self.config, bounds, transport, &to.url, resend);
        let key = arguments.dpop.and_then(Bound::key);
        let mut proofs = key.map(|key| Proofs::new(self, key.clone(), "POST", &to.url));
        loop {
            match self.attempt_token(&mut exchange, &to, &request, own, rule, proofs.as_mut()).await {
                Ok(mut token) => {
                    token.dpop = arguments.dpop.cloned();
                    self.log_token(&token);
                    let asked = field_parameters.and_then(Parameters::resources);
                    token.resources = asked.or_else(|| resources.and_then(Secret::new));
                    return Ok(token);
                }
                Err(Refused { error, .. }) if proofs.as_mut().is_some_and(|proofs| proofs.may_repeat(&error)) => {}
                Err(Refused { error, refresh_token }) => {
                    let again = exchange.again(error).await;
                    again.map_err(|error| Refused { error, refresh_token })?;
                }
            }
        }
    }

    async fn attempt_token(
        &self,
        exchange: &mut Exchange<'_>,
        to: &Destination<'_>,
        request: &TokenRequest<'_>,
        own: Own<'_>,
        rule: Option<IdTokenRule<'_>>,
        mut proofs: Option<&mut Proofs<'_>>,
    ) -> Obtained {
        let credentials = self.authenticate(to, own, &exchange.bounds()).await?;
        let fields = request.fields(&credentials)?;
        let proof = proofs.as_mut().map(|proofs| proofs.next()).transpose()?;
        let message = exchange.message(Some(&fields), credentials.header()).with_proof(proof.as_ref());
        let answer = exchange.send(&message).await?;
        if let Some(proofs) = proofs {
            proofs.learn(&answer.response.headers);
        }
        let asked = Asked {
            sent_at: answer.sent_at,
            refresh_token: request.grant.refresh_token(),
            id_token_alone: rule.is_some_and(|rule| rule.required),
            client_id: self.config.client_id.as_ref(),
            issuer: self.config.issuer_name.as_ref(),
        };
        let read = answer.read(|response, context| token_response::read(response, &asked, context));
        let mut token = read.map_err(|Refused { error, refresh_token }| Refused {
            error: self.explained(error, to, own, &credentials),
            refresh_token,
        })?;
        let mut identified = match rule {
            Some(rule) => self.identify(&mut token, rule, &message).await.and_then(|()| is_something(&token)),
            None => Ok(()),
        };
        if proof.is_some() {
            identified = identified.and_then(|()| self.check_bound(&token));
        }
        match identified {
            Ok(()) => Ok(token),
            Err(mut error) => {
                error.response = token.response.take();
                Err(Refused { error, refresh_token: token.refresh_token.take() })
            }
        }
    }

    /// Refuses what the security profile does not allow.
    fn check_profile(&self, request: &TokenRequest<'_>, own: Own<'_>) -> Result<()> {
        if !self.config.security_profile.is_fapi() {
            return Ok(());
        }
        let has = |name| request.field_parameters.is_some_and(|fields| !fields.values(name).is_empty());
        let is_without_verifier =
            matches!(request.grant, Grant::AuthorizationCode { code_verifier: None, .. }) && !has("code_verifier");
        for (argument, is_weak, why) in [
            ("authorization_header", own.authorization_header.is_some(), "takes the place of the client's own proof"),
            ("grant", request.grant.grant_type() == "password", "password is not allowed"),
            ("code_verifier", is_without_verifier, "is not there"),
            ("field_parameters", has("client_secret") || has("client_assertion"), "have a proof of the client"),
        ] {
            if is_weak {
                return Err(Error::argument(argument, &format!("{why} (FAPI 2.0)")));
            }
        }
        Ok(())
    }

    /// Whether the security profile allows a token that came in answer to a proof of possession.
    fn check_bound(&self, token: &Token) -> Result<()> {
        let is_unbound = token.access_token.is_some() && token.dpop_authorization().is_none();
        match is_unbound && self.config.security_profile.is_fapi() {
            true => {
                const WHY: &str = "the token is not bound to the client's key: its type is not DPoP (FAPI 2.0)";
                Err(Error::new(Status::InvalidResponse, WHY).with_advice(Advice::OutcomeUnknown))
            }
            false => Ok(()),
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

/// An error for a token that has neither an access token nor an ID token that was checked.
fn is_something(token: &Token) -> Result<()> {
    match token.access_token.is_some() || token.claims.is_some() {
        true => Ok(()),
        false => {
            Err(Error::new(Status::InvalidResponse, token_response::NO_ACCESS_TOKEN)
                .with_advice(Advice::OutcomeUnknown))
        }
    }
}

/// The rule for grants where the library knows all that an ID token is checked against. If the program began its
/// authorization itself, it knows the nonce, and the library does not.
pub(super) fn id_token_rule<'a>(grant: Grant<'_>) -> Option<IdTokenRule<'a>> {
    match grant {
        Grant::RefreshToken { .. } | Grant::DeviceCode { .. } | Grant::Password { .. } => Some(IdTokenRule::default()),
        _ => None,
    }
}
