//! One message to an endpoint: a form or a GET, with its headers, and the secrets to keep out of lines.

use url::Url;

use crate::client::authentication::Authentication;
use crate::client::config::Config;
use crate::client::options::RequestOptions;
use crate::http::{Headers, Request};
use crate::protocol::form;
use crate::protocol::message::Secrets;
use crate::protocol::parameters::Fields;
use crate::secret::Secret;

/// A form for an endpoint, or a GET without fields.
pub struct Message<'a> {
    pub config: &'a Config,
    pub options: &'a RequestOptions,
    pub url: &'a Url,
    pub fields: Option<&'a Fields<'a>>,
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The value of the `DPoP` header.
    pub proof: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// The same with a proof of possession.
    pub fn with_proof(self, proof: Option<&'a Secret>) -> Self {
        Self { proof: proof.map(Secret::as_str), ..self }
    }

    pub fn to_request(&self) -> Request<'a> {
        let mut headers = Headers::with_capacity(8, 768); // with room for the form, as most need
        if self.fields.is_some() {
            headers.push(b"content-type", b"application/x-www-form-urlencoded");
        }
        let extra = || self.config.headers.iter().chain(&self.options.headers);
        let usual = [
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("user-agent", self.config.user_agent.as_str()),
        ];
        for (name, value) in usual {
            if !extra().any(|(candidate, _)| candidate.eq_ignore_ascii_case(name)) {
                headers.push(name.as_bytes(), value.as_bytes());
            }
        }
        if let Some(value) = self.authorization {
            headers.push(b"authorization", value.as_bytes());
        }
        if let Some(value) = self.proof {
            headers.push(b"dpop", value.as_bytes());
        }
        for (name, value) in extra() {
            headers.push(name.as_bytes(), value.as_str().as_bytes());
        }
        match self.fields {
            Some(fields) => Request::new("POST", self.url, headers, |body| form::append(body, &fields.0)),
            None => Request::new("GET", self.url, headers, |_| {}),
        }
    }

    /// Whether it has a signature that servers take once.
    pub fn is_signed(&self) -> bool {
        let is_jwt =
            |fields: &Fields<'_>| ["client_assertion", "request"].iter().any(|name| fields.get(name).is_some());
        self.proof.is_some() || self.fields.is_some_and(is_jwt)
    }

    /// Adds the values that no line about this message may show.
    pub fn add_secrets(&self, secrets: &mut Secrets) {
        if let Some(fields) = self.fields {
            fields.add_secrets(secrets);
        }
        if let Some(value) = self.authorization {
            secrets.add_authorization(value);
        }
        secrets.add_jwt(self.proof.unwrap_or_default());
        if let Some(authentication) = &self.config.authentication {
            Authentication::add_secrets(authentication, secrets);
        }
        let extra = self.config.headers.iter().chain(&self.options.headers).map(|(_, value)| value.as_str());
        extra.for_each(|value| secrets.add_unless_short(value));
        // The query of an endpoint's URL may hold a key.
        secrets.add(self.url.query().unwrap_or_default());
        self.url.query_pairs().for_each(|(_, value)| secrets.add_unless_short(&value));
    }
}
