//! Forms that are posted to the server's endpoints with client authentication (RFC 6749 section 2.3).

use crate::client::Client;
use crate::client::authentication::{Authentication, Own};
use crate::client::discovery::Destination;
use crate::client::exchange::{Answer, Exchange, Resend};
use crate::client::options::Bounds;
use crate::error::{Error, ProviderCode, Result};
use crate::protocol::client_authentication::Credentials;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Fields;
use crate::protocol::token_request::TokenRequest;
use crate::transport::Transport;

/// The fields of a form, which depend on the client's credentials.
pub(super) trait Form: Sync {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>>;
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
        let credentials = self.authenticate(to, Own::default()).await?;
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
        let code = error.provider.as_ref().map(|provider| provider.code);
        let is_ours = code == Some(ProviderCode::InvalidClient) && own.authorization_header.is_none();
        if let Some(authentication) = self.config.authentication.as_ref().filter(|_| is_ours) {
            let metadata = to.metadata.as_deref();
            let is_allowed = |method: &str| metadata.is_some_and(|metadata| metadata.allows(to.endpoint, method));
            authentication.explain(&mut error, credentials, is_allowed);
        }
        error
    }

    /// The client's credentials, made anew for each attempt.
    pub(super) async fn authenticate<'a>(&'a self, to: &Destination<'_>, own: Own<'a>) -> Result<Credentials<'a>> {
        Authentication::credentials(self.config.authentication.as_ref(), own, to.wants_secret_in_form)
    }

    /// Reports mistakes in the form before the metadata are fetched to find the endpoint.
    pub(super) fn check_form(&self, endpoint: Endpoint, form: &dyn Form, own: Own<'_>) -> Result<()> {
        if self.config.endpoint(endpoint).is_some() {
            return Ok(()); // nothing is fetched first: the attempt reports them
        }
        let credentials = Authentication::credentials(self.config.authentication.as_ref(), own, false)?;
        form.fields(&credentials).map(drop)
    }
}
