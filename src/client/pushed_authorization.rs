//! Pushed authorization requests (RFC 9126): the request goes to the server first, and the user follows with its URI.

use crate::client::Client;
use crate::client::form::Form;
use crate::client::options::Bounds;
use crate::client::request_object::Signing;
use crate::error::Result;
use crate::protocol::answer::{self, Content};
use crate::protocol::authorization_request::Query;
use crate::protocol::client_authentication::Credentials;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Fields;
use crate::protocol::pushed_authorization;
use crate::secret::Secret;
use crate::transport::Transport;

/// The parameters of an authorization request, as a form.
struct Pushed<'s> {
    parameters: Vec<(Secret, Secret)>,
    /// They are sent in an object that this signs.
    signing: Option<Signing<'s>>,
}

impl Form for Pushed<'_> {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
        pushed_authorization::fields(&self.parameters, credentials)
    }

    fn renewed(&self) -> Result<Option<Box<dyn Form>>> {
        let Some(signing) = self.signing else { return Ok(None) };
        let request = signing.sign(&self.parameters)?;
        let parameters = pushed_authorization::signed(signing.client_id, request);
        Ok(Some(Box::new(Pushed { parameters, signing: None })))
    }
}

impl Client {
    /// Pushes a request, and gives the one that refers to it. Each begun authorization pushes its own: a request URI is
    /// good once (section 7.3).
    pub(super) async fn push(
        &self,
        transport: &dyn Transport,
        query: &Query,
        signing: Option<Signing<'_>>,
        bounds: &Bounds<'_>,
    ) -> Result<Query> {
        let form = Pushed { parameters: query.parameters()?, signing };
        let (request_uri, _) = self
            .post(transport, bounds, Endpoint::PushedAuthorizationRequest, &form, |answer| {
                answer.read(|response, context| answer::read(response, context, |_| true, request_uri))
            })
            .await?;
        query.pushed(request_uri.as_str())
    }
}

fn request_uri(content: &Content<'_>) -> std::result::Result<Secret, &'static str> {
    pushed_authorization::request_uri(&content.json().ok_or("the answer was no JSON object")?)
}
