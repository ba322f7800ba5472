//! Forms that are posted to the server's endpoints with client authentication (RFC 6749 section 2.3).

use crate::client::Client;
use crate::client::authentication::{Authentication, Own, Server};
use crate::client::discovery::Destination;
use crate::client::exchange::{Answer, Exchange, Resend};
use crate::client::options::Bounds;
use crate::client::reading;
use crate::error::{Error, ProviderCode, Result};
use crate::protocol::client_authentication::Credentials;
use crate::protocol::issuer::Issuer;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Fields;
use crate::protocol::token_request::TokenRequest;
use crate::transport::Transport;

/// From here on a difference of clocks may be why something signed was refused.
const CLOCKS_DIFFER_S: u64 = 30;

/// The fields of a form, which depend on the client's credentials.
pub(super) trait Form: Sync {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>>;

    /// The form of the next attempt, if each needs another one.
    fn renewed(&self) -> Result<Option<Box<dyn Form>>> {
        Ok(None)
    }
}

impl Form for TokenRequest<'_> {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
        TokenRequest::fields(self, credentials)
    }
}

impl Client {
    /// Posts a form that may be sent more than once, and reads its answer.
    pub(super) async fn post<T>(
        &self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        endpoint: Endpoint,
        form: &dyn Form,
        read: impl Fn(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        self.check_form(endpoint, form, Own::default())?;
        let to = self.destination(endpoint, transport, bounds).await?;
        let mut exchange = Exchange::new(&self.config, bounds, transport, &to.url, Resend::Allowed);
        loop {
            match self.attempt_post(&mut exchange, &to, form, &read).await {
                Err(error) => exchange.again(error).await?,
                done => return done,
            }
        }
    }

    async fn attempt_post<T>(
        &self,
        exchange: &mut Exchange<'_>,
        to: &Destination<'_>,
        form: &dyn Form,
        read: impl Fn(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let renewed = form.renewed()?;
        let form = renewed.as_deref().unwrap_or(form);
        let credentials = self.authenticate(to, Own::default(), &exchange.bounds()).await?;
        let fields = form.fields(&credentials)?;
        let message = exchange.message(Some(&fields), credentials.header());
        let answer = exchange.send(&message).await?;
        read(answer).map_err(|error| self.explained(error, to, Own::default(), &credentials))
    }

    /// The error, with what may be wrong in the config if the server did not accept the client.
    pub(super) fn explained(
        &self,
        mut error: Error,
        to: &Destination<'_>,
        own: Own<'_>,
        credentials: &Credentials<'_>,
    ) -> Error {
        let Some(provider) = &error.provider else { return error };
        let is_ours = provider.code == ProviderCode::InvalidClient && own.authorization_header.is_none();
        let is_request = provider.error.as_ref().is_some_and(|code| code.as_str() == "invalid_request_object");
        let is_signed = match provider.code {
            ProviderCode::InvalidClient => is_ours && matches!(credentials, Credentials::Assertion { .. }),
            code => code == ProviderCode::InvalidDpopProof || is_request,
        };
        if let Some(authentication) = self.config.authentication.as_ref().filter(|_| is_ours) {
            authentication.explain(&mut error, credentials, &self.as_server(to, &|method| to.allows(method)));
        }
        if is_signed {
            self.explain_clock(&mut error);
        }
        error
    }

    /// What the client signs is good for a time by the server's clock, which its answer shows.
    fn explain_clock(&self, error: &mut Error) {
        let date = error.response.as_ref().and_then(|response| response.headers.get("date"));
        let date = date.and_then(|date| httpdate::parse_http_date(std::str::from_utf8(date).ok()?).ok());
        let Some(date) = date else { return };
        let now = self.config.clock.system_time();
        let (apart, which) = match now.duration_since(date) {
            Ok(behind) => (behind, "behind"),
            Err(ahead) => (ahead.duration(), "ahead of"),
        };
        if apart.as_secs() >= CLOCKS_DIFFER_S {
            let date = httpdate::fmt_http_date(date);
            let seconds = apart.as_secs();
            error.add_to_message(&format!("; the server's clock ({date}) is {seconds} s {which} this machine's"));
        }
    }

    /// The client's credentials, made anew for each attempt.
    pub(super) async fn authenticate<'a>(
        &'a self,
        to: &Destination<'_>,
        own: Own<'a>,
        bounds: &Bounds<'_>,
    ) -> Result<Credentials<'a>> {
        if let Some((client_id, source)) = Authentication::source(self.config.authentication.as_ref(), own) {
            let assertion = reading::assertion(source, bounds, self.config.timeout).await?;
            return Ok(Credentials::Assertion { client_id: client_id.as_str(), assertion });
        }
        let allows = |method: &str| to.allows(method);
        Authentication::credentials(self.config.authentication.as_ref(), own, &self.as_server(to, &allows))
    }

    fn as_server<'s>(&'s self, to: &'s Destination<'_>, allows: &'s dyn Fn(&str) -> bool) -> Server<'s> {
        let name = self.config.issuer.as_ref().map_or(to.url.as_str(), Issuer::as_str);
        Server { allows, name, now_s: self.config.clock.now_s() }
    }

    /// Reports mistakes in the form before the metadata are fetched to find the endpoint.
    pub(super) fn check_form(&self, endpoint: Endpoint, form: &dyn Form, own: Own<'_>) -> Result<()> {
        if self.config.endpoint(endpoint).is_some() {
            return Ok(()); // nothing is fetched first: the attempt reports them
        }
        let credentials = Authentication::outline(self.config.authentication.as_ref(), own)?;
        form.fields(&credentials).map(drop)
    }
}
