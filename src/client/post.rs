//! A form to one of the server's endpoints, with what says who the client is (RFC 6749 section 2.3).

use crate::client::Client;
use crate::client::config::Authentication;
use crate::client::exchange::{Answer, Resend};
use crate::client::options::Bounds;
use crate::client::request::{AddSecrets, Outgoing};
use crate::error::{Error, Result};
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Fields;
use crate::protocol::token_request::Credentials;
use crate::secret::Secret;
use crate::transport::Transport;

/// What is posted, but for its fields.
pub(super) struct Post<'a> {
    pub endpoint: Endpoint,
    /// Takes the place of the configured client authentication.
    pub authorization_header: Option<&'a str>,
    pub may_be_anonymous: bool,
    pub resend: Resend,
}

impl Post<'_> {
    /// Something that may be asked again, in the client's own name.
    pub fn to(endpoint: Endpoint) -> Self {
        Self { endpoint, authorization_header: None, may_be_anonymous: false, resend: Resend::Allowed }
    }
}

impl Client {
    /// Posts the fields, which depend on how the client authenticates: made once before anything is sent, so that mistakes
    /// are named, and again if the server turns out to want the credentials elsewhere.
    pub(super) async fn post<'a, T>(
        &'a self,
        transport: &dyn Transport,
        bounds: &Bounds<'_>,
        post: Post<'a>,
        make_fields: impl Fn(Credentials<'a>) -> Result<Fields<'a>>,
        read: impl FnOnce(Answer, AddSecrets<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut credentials = self.credentials(&post)?;
        let mut fields = make_fields(credentials)?;
        let destination = self.destination(post.endpoint, transport, bounds).await?;
        let in_form = destination.metadata.is_some_and(|metadata| metadata.wants_secret_in_form(post.endpoint));
        if let Some(other) = self.in_form().filter(|_| in_form && post.authorization_header.is_none()) {
            credentials = other;
            fields = make_fields(credentials)?;
        }
        let outgoing = Outgoing {
            url: &destination.url,
            fields: Some(&fields),
            authorization: credentials.header(),
            resend: post.resend,
        };
        self.exchange(transport, bounds, outgoing, read).await
    }

    fn credentials<'a>(&'a self, post: &Post<'a>) -> Result<Credentials<'a>> {
        match (post.authorization_header, &self.config.authentication) {
            (Some(header), _) => Ok(Credentials::Header(header)),
            (None, Some(Authentication::Basic { header, .. })) => Ok(Credentials::Header(header.as_str())),
            (None, Some(Authentication::Form { client_id, client_secret })) => Ok(Credentials::Form {
                client_id: client_id.as_str(),
                client_secret: client_secret.as_ref().map(Secret::as_str),
            }),
            (None, None) if post.may_be_anonymous => Ok(Credentials::None),
            (None, None) => Err(Error::argument(
                "client",
                "has no client_id (see oauth_config_set_client), and no authorization_header takes its place",
            )),
        }
    }

    /// What Basic carries, as fields of the form; nothing where the program chose Basic itself.
    fn in_form(&self) -> Option<Credentials<'_>> {
        match (&self.config.authentication, &self.config.client_id) {
            (Some(Authentication::Basic { client_secret, .. }), Some(client_id))
                if !self.config.authentication_is_chosen =>
            {
                Some(Credentials::Form { client_id: client_id.as_str(), client_secret: Some(client_secret.as_str()) })
            }
            _ => None,
        }
    }
}
