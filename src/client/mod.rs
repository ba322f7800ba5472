//! The client: one short method for each exchange, which builds, sends and reads.

use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::http::{Headers, Request};
use crate::protocol::deviation;
use crate::protocol::form;
use crate::protocol::message::Secrets;
use crate::protocol::parameters::{Fields, Parameters};
use crate::protocol::token::Token;
use crate::protocol::token_request::{self, Credentials, Grant};
use crate::protocol::token_response::{self, Asked};
use crate::transport::Transport;

pub mod config;
mod exchange;
pub mod log;
pub mod options;

use config::{Authentication, Config};
use exchange::{Exchange, Resend};
use log::Level;
use options::RequestOptions;

/// An OAuth 2 client: a validated configuration, shared by all calls.
pub struct Client {
    pub(crate) config: Config,
}

/// What a token request is about, but for the grant.
#[derive(Clone, Copy, Default)]
pub struct TokenArguments<'a> {
    /// The `Authorization` header; without it the configured client authentication is used.
    pub authorization_header: Option<&'a str>,
    pub field_parameters: Option<&'a Parameters>,
    pub options: Option<&'a RequestOptions>,
}

impl Client {
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// Gives an authorization code or a refresh token to the token endpoint (RFC 6749 sections 4.1.3 and 6).
    pub async fn token(
        &self,
        transport: &dyn Transport,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
    ) -> Result<Token> {
        let default_options = RequestOptions::default();
        let options = arguments.options.unwrap_or(&default_options);
        options.check()?;
        let credentials = self.credentials(arguments.authorization_header)?;
        let fields = token_request::fields(grant, credentials, arguments.field_parameters)?;
        let authorization = match credentials {
            Credentials::Header(value) => Some(value),
            Credentials::Form { .. } => None,
        };
        let request = self.form_request(&fields, authorization, options);
        let secrets = |secrets: &mut Secrets| self.add_secrets(secrets, &fields, authorization, options);
        let exchange =
            Exchange { config: &self.config, options, request: &request, secrets: &secrets, resend: Resend::Never };
        let answer = exchange.run(transport).await?;
        let asked = Asked {
            sent_at: answer.sent_at,
            now: SystemTime::now(),
            refresh_token: match grant {
                Grant::RefreshToken { refresh_token, .. } => Some(refresh_token),
                Grant::AuthorizationCode { .. } => None,
            },
            client_id: self.config.client_id.as_ref(),
            issuer: None,
            secrets: &secrets,
        };
        let token =
            token_response::read(answer.response, &asked).map_err(|error| exchange.failed(error, answer.attempts))?;
        self.log_token(&token);
        Ok(token)
    }

    fn credentials<'a>(&'a self, header: Option<&'a str>) -> Result<Credentials<'a>> {
        if let Some(header) = header {
            return Ok(Credentials::Header(header));
        }
        match &self.config.authentication {
            Some(Authentication::Basic { header, .. }) => Ok(Credentials::Header(header.as_str())),
            Some(Authentication::Form { client_id, client_secret }) => Ok(Credentials::Form {
                client_id: client_id.as_str(),
                client_secret: client_secret.as_ref().map(|secret| secret.as_str()),
            }),
            None => {
                Err(Error::argument("authorization_header", "is NULL, and no client was configured to take its place"))
            }
        }
    }

    fn form_request(&self, fields: &Fields<'_>, authorization: Option<&str>, options: &RequestOptions) -> Request<'_> {
        let mut headers = Headers::with_capacity(8, 768); // with the form, as most requests need it
        headers.push(b"content-type", b"application/x-www-form-urlencoded");
        let extra = || self.config.headers.iter().chain(&options.headers);
        for (name, value) in [("accept", "application/json"), ("user-agent", self.config.user_agent.as_str())] {
            if !extra().any(|(candidate, _)| candidate.eq_ignore_ascii_case(name)) {
                headers.push(name.as_bytes(), value.as_bytes());
            }
        }
        if let Some(value) = authorization {
            headers.push(b"authorization", value.as_bytes());
        }
        for (name, value) in extra() {
            headers.push(name.as_bytes(), value.as_str().as_bytes());
        }
        Request::new("POST", &self.config.token_endpoint, headers, |body| form::append(body, &fields.0))
    }

    fn add_secrets(
        &self,
        secrets: &mut Secrets,
        fields: &Fields<'_>,
        authorization: Option<&str>,
        options: &RequestOptions,
    ) {
        fields.add_secrets(secrets);
        if let Some(value) = authorization {
            secrets.add_authorization(value);
        }
        if let Some(Authentication::Basic { client_secret, .. }) = &self.config.authentication {
            secrets.add(client_secret.as_str());
        }
        let extra = self.config.headers.iter().chain(&options.headers).map(|(_, value)| value.as_str());
        extra.for_each(|value| secrets.add_unless_short(value));
        // An endpoint's query may hold a key.
        secrets.add(self.config.token_endpoint.query().unwrap_or_default());
        self.config.token_endpoint.query_pairs().for_each(|(_, value)| secrets.add_unless_short(&value));
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
