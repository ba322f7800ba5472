//! The authorization code grant, from the URL for the user to the token (RFC 6749 section 4.1, RFC 7636, RFC 9207).

use std::sync::Arc;

use crate::client::Client;
use crate::client::identity::IdTokenRule;
use crate::client::log::Level;
use crate::client::options::Bounds;
use crate::client::random;
use crate::client::request_object::Signing;
use crate::client::token::TokenArguments;
use crate::error::{Advice, Error, ProviderError, Result, Status};
use crate::protocol::authorization_request::{AuthorizationRequest, Beginning, Query};
use crate::protocol::authorization_response::{self, Answer, Expected, NO_ISSUER};
use crate::protocol::jose::verify::Signed;
use crate::protocol::message::Secrets;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Parameters;
use crate::protocol::provider_error;
use crate::protocol::request_object;
use crate::protocol::signed_response::{self, UNSIGNED};
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::secret::Secret;
use crate::transport::Transport;

/// An authorization that was begun. It accepts one redirect.
pub struct Authorization {
    pub request: Arc<AuthorizationRequest>,
    /// It is used up: the redirect held an error, or its code was sent.
    finished: bool,
}

/// The program's arguments for an authorization request.
#[derive(Clone, Copy)]
pub struct AuthorizationArguments<'a> {
    pub redirect_uri: &'a str,
    pub scope: Option<&'a str>,
    pub parameters: Option<&'a Parameters>,
}

impl Client {
    /// Begins an authorization: the URL to send the user to, and the values that its redirect is checked against.
    pub async fn authorization(
        &self,
        transport: &dyn Transport,
        arguments: AuthorizationArguments<'_>,
        bounds: &Bounds<'_>,
    ) -> Result<Authorization> {
        self.config.security_profile.check_redirect_uri(arguments.redirect_uri)?;
        let query = Query::begin(&Beginning {
            client_id: self.config.need_client_id()?,
            issuer: self.config.issuer.as_ref().map(|issuer| issuer.as_str()),
            redirect_uri: arguments.redirect_uri,
            scope: arguments.scope,
            parameters: arguments.parameters,
            pkce: self.config.pkce,
            signed_response: self.config.signed_responses,
            dpop: self.new_bound()?,
            expires_at_s: self.config.clock.now_s().saturating_add(self.config.authorization_lifetime_s.into()),
            random: &*random::bytes()?,
        })?;
        let mut signing = None;
        if self.config.signed_requests {
            request_object::check(&query.parameters()?)?; // mistakes are named before the metadata are fetched
            signing = Some(Signing::new(&self.config, "requests are to be signed")?);
        } else if self.config.pushed_authorization {
            query.parameters()?;
        }
        let endpoint = self.destination(Endpoint::Authorization, transport, bounds).await?;
        let metadata = match endpoint.metadata {
            // The URL does not need the metadata, but the code exchange will.
            None if self.config.issuer.is_some() && self.config.endpoint(Endpoint::Token).is_none() => {
                Some(self.metadata(transport, bounds).await?)
            }
            known => known,
        };
        let mut requires_iss = self.config.security_profile.is_fapi(); // whether or not there are metadata
        let mut pushes = self.config.pushed_authorization;
        if let Some(metadata) = metadata {
            if self.config.pkce && metadata.supports_s256() == Some(false) {
                const WHY: &str =
                    "is on, but the server's metadata list methods without S256; `plain` protects nothing";
                return Err(Error::config("pkce", WHY));
            }
            if query.signed_response && metadata.supports_signed_responses() == Some(false) {
                const WHY: &str = "are asked for, but the server's metadata list response modes without jwt";
                return Err(Error::config("signed_responses", WHY));
            }
            requires_iss |= metadata.requires_iss();
            pushes |= metadata.requires_pushed_requests();
            if signing.is_none() && metadata.requires_signed_requests() {
                request_object::check(&query.parameters()?)?;
                signing = Some(Signing::new(&self.config, "the server's metadata require signed requests")?);
            }
        }
        if query.signed_response {
            self.prepare(Endpoint::Jwks, transport, bounds).await?; // to learn now whether the answer can be verified
        }
        let query = match signing {
            _ if pushes => self.push(transport, &query, signing, bounds).await?,
            Some(signing) => query.signed(signing.sign(&query.parameters()?)?.as_str())?,
            None => query,
        };
        let request = query.at(&endpoint.url, requires_iss)?;
        Ok(Authorization { request: Arc::new(request), finished: false })
    }

    /// Resumes an authorization that another process began with the same client id and issuer.
    pub fn resume(&self, request: AuthorizationRequest) -> Result<Authorization> {
        if request.client_id.as_str() != self.config.need_client_id()? {
            return Err(Error::argument("json", "is of another client_id than this client's"));
        }
        let issuer = self.config.issuer.as_ref().map(|issuer| issuer.as_str());
        if request.issuer.as_ref().map(|issuer| issuer.as_str()) != issuer {
            return Err(Error::argument("json", "is of another issuer than this client's"));
        }
        let profile = self.config.security_profile;
        let is_strong = request.code_verifier.is_some()
            && request.requires_iss
            && request.url.as_str().contains("request_uri=")
            && (request.signed_response || !profile.signs_messages())
            && profile.check_redirect_uri(request.redirect_uri.as_str()).is_ok();
        if profile.is_fapi() && !is_strong {
            return Err(Error::argument("json", "was begun by a client with a weaker security profile (FAPI 2.0)"));
        }
        Ok(Authorization { request: Arc::new(request), finished: false })
    }

    /// Checks the redirect and exchanges its code. A redirect that fails the checks does not use up the authorization.
    pub async fn finish(
        &self,
        transport: &dyn Transport,
        authorization: &mut Authorization,
        redirect: &str,
        field_parameters: Option<&Parameters>,
        bounds: &Bounds<'_>,
    ) -> Result<Token> {
        let answer = self.answer(transport, authorization, redirect, bounds).await?;
        let Authorization { request, finished } = authorization;
        let code = match answer {
            Answer::Code(code) => code,
            Answer::Error(provider, code) => {
                *finished = true;
                return Err(self.refused(Status::Provider, provider, request, code.as_ref()));
            }
            Answer::Anonymous(provider, code) => {
                let status = if request.signed_response { Status::InvalidResponse } else { Status::IssuerMismatch };
                return Err(self.refused(status, provider, request, code.as_ref()));
            }
        };
        *finished = true;
        let grant = Grant::AuthorizationCode {
            code: code.as_str(),
            redirect_uri: Some(request.redirect_uri.as_str()),
            code_verifier: request.code_verifier.as_ref().map(|verifier| verifier.as_str()),
        };
        let nonce = request.nonce.as_ref().map(|nonce| nonce.as_str());
        let rule = request.wants_id_token.then_some(IdTokenRule { required: true, nonce, before: None });
        let resources = request.resources.as_ref().map(Secret::as_str);
        let dpop = request.dpop.as_ref();
        let arguments = TokenArguments { field_parameters, resources, dpop, ..TokenArguments::default() };
        let token = self.identified_token(transport, grant, arguments, bounds, rule).await.map_err(Error::from);
        *finished = token.as_ref().map_or_else(|error| error.request_sent, |_| true); // unsent: the code is still valid
        token
    }

    /// What a redirect says, if it is an answer to this request.
    async fn answer(
        &self,
        transport: &dyn Transport,
        authorization: &Authorization,
        redirect: &str,
        bounds: &Bounds<'_>,
    ) -> Result<Answer> {
        let (issuers, now_s) = (self.config.issuer_names(), self.config.clock.now_s());
        let expected = authorization.expected(&issuers, now_s)?;
        if !authorization.request.signed_response {
            return authorization_response::read(redirect, &expected);
        }
        let jwt = match signed_response::jwt(redirect, &expected)? {
            Ok(jwt) => jwt,
            Err(unsigned) => return Ok(unsigned),
        };
        let signed = Signed::parse(jwt.as_str()).map_err(signed_response::not_good)?;
        let answer = signed_response::read(&signed, authorization.request.client_id.as_str(), &expected, now_s)?;
        if !self.config.security_profile.allows(signed.algorithm()) {
            let why = format!("it is signed by {}, which FAPI 2.0 does not allow", signed.algorithm().name());
            return Err(signed_response::not_good(&why).with_advice(Advice::FixConfig)); // of the client, at the server
        }
        let verified = self.verify(transport, &signed, bounds).await?;
        verified.map_err(signed_response::not_good)?;
        Ok(answer)
    }

    /// The error of a redirect that holds an OAuth error (RFC 6749 section 4.1.2.1), or might.
    fn refused(
        &self,
        status: Status,
        provider: ProviderError,
        request: &AuthorizationRequest,
        code: Option<&Secret>,
    ) -> Error {
        let mut secrets = Secrets::default(); // the server's text may echo them
        let sent = [Some(&request.state), request.nonce.as_ref(), code];
        sent.into_iter().flatten().for_each(|one| secrets.add_unless_short(one.as_str()));
        let theirs = secrets.clean(provider.words().as_str().unwrap_or_default());
        let mut error = match status {
            Status::Provider => Error::new(status, &format!("the server refused the authorization: {theirs}"))
                .with_advice(provider_error::advice(&provider, 0)),
            Status::IssuerMismatch => Error::new(status, &format!("{NO_ISSUER}; it said: {theirs}")),
            _ => Error::new(status, &format!("{UNSIGNED}; it said: {theirs}")).with_advice(Advice::FixConfig),
        };
        error.provider = Some(provider);
        self.config.log.line(Level::Error, || error.message.as_str().to_owned());
        error
    }
}

impl Authorization {
    /// The request, for another process to resume; an error if the authorization is used up.
    pub fn to_save(&self) -> Result<&AuthorizationRequest> {
        self.check_open()?;
        Ok(&self.request)
    }

    fn check_open(&self) -> Result<()> {
        match self.finished {
            true => Err(Error::new(Status::InvalidState, "this authorization is used up: begin a new one")),
            false => Ok(()),
        }
    }

    /// The values that a redirect is checked against, while one is accepted.
    fn expected<'a>(&'a self, issuers: &'a [&'a str], now_s: i64) -> Result<Expected<'a>> {
        self.check_open()?;
        if now_s >= self.request.expires_at_s {
            return Err(Error::new(Status::Expired, "this authorization is too old: begin a new one")
                .with_advice(Advice::LogInAgain));
        }
        Ok(Expected {
            redirect_uri: self.request.redirect_uri.as_str(),
            state: self.request.state.as_str(),
            issuers,
            iss_required: self.request.requires_iss,
        })
    }
}
