//! What goes to an endpoint: a form, or a request for a resource; with its headers, and the secrets to keep out of lines.

use url::Url;

use crate::client::Client;
use crate::client::config::Authentication;
use crate::client::exchange::{Answer, Exchange, Resend};
use crate::client::options::{Bounds, RequestOptions};
use crate::error::Result;
use crate::http::{Headers, Request};
use crate::protocol::form;
use crate::protocol::message::Secrets;
use crate::protocol::parameters::Fields;
use crate::transport::Transport;

/// A form for an endpoint, or without fields a plain request of it.
pub struct Outgoing<'a> {
    pub url: &'a Url,
    pub fields: Option<&'a Fields<'a>>,
    pub authorization: Option<&'a str>,
    pub resend: Resend,
}

/// What a reader of an answer is told besides the answer.
pub type AddSecrets<'a> = &'a (dyn Fn(&mut Secrets) + Sync);

impl Client {
    /// Sends, and lets `read` make of the answer what the caller wants; its errors are completed and logged.
    pub(super) async fn exchange<T>(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        outgoing: Outgoing<'_>,
        read: impl FnOnce(Answer, AddSecrets<'_>) -> Result<T>,
    ) -> Result<T> {
        let request = self.request(&outgoing, bounds.options);
        let secrets = |secrets: &mut Secrets| self.add_secrets(secrets, &outgoing, bounds.options);
        let exchange =
            Exchange { config: &self.config, bounds, request: &request, secrets: &secrets, resend: outgoing.resend };
        let answer = exchange.run(transport).await?;
        let attempts = answer.attempts;
        read(answer, &secrets).map_err(|error| exchange.failed(error, attempts))
    }

    fn request<'a>(&self, outgoing: &Outgoing<'a>, options: &RequestOptions) -> Request<'a> {
        let mut headers = Headers::with_capacity(8, 768); // with the form, as most requests need it
        if outgoing.fields.is_some() {
            headers.push(b"content-type", b"application/x-www-form-urlencoded");
        }
        let extra = || self.config.headers.iter().chain(&options.headers);
        for (name, value) in [("accept", "application/json"), ("user-agent", self.config.user_agent.as_str())] {
            if !extra().any(|(candidate, _)| candidate.eq_ignore_ascii_case(name)) {
                headers.push(name.as_bytes(), value.as_bytes());
            }
        }
        if let Some(value) = outgoing.authorization {
            headers.push(b"authorization", value.as_bytes());
        }
        for (name, value) in extra() {
            headers.push(name.as_bytes(), value.as_str().as_bytes());
        }
        match outgoing.fields {
            Some(fields) => Request::new("POST", outgoing.url, headers, |body| form::append(body, &fields.0)),
            None => Request::new("GET", outgoing.url, headers, |_| {}),
        }
    }

    fn add_secrets(&self, secrets: &mut Secrets, outgoing: &Outgoing<'_>, options: &RequestOptions) {
        if let Some(fields) = outgoing.fields {
            fields.add_secrets(secrets);
        }
        if let Some(value) = outgoing.authorization {
            secrets.add_authorization(value);
        }
        if let Some(Authentication::Basic { client_secret, .. }) = &self.config.authentication {
            secrets.add(client_secret.as_str());
        }
        let extra = self.config.headers.iter().chain(&options.headers).map(|(_, value)| value.as_str());
        extra.for_each(|value| secrets.add_unless_short(value));
        // An endpoint's query may hold a key.
        secrets.add(outgoing.url.query().unwrap_or_default());
        outgoing.url.query_pairs().for_each(|(_, value)| secrets.add_unless_short(&value));
    }
}
