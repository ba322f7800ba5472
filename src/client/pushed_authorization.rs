//! Pushed authorization requests (RFC 9126): the request goes to the server first, and the user follows with its URI.

use crate::client::Client;
use crate::client::form::Form;
use crate::client::options::Bounds;
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
struct Pushed(Vec<(Secret, Secret)>);

impl Form for Pushed {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
        pushed_authorization::fields(&self.0, credentials)
    }
}

impl Client {
    /// Pushes a request, and gives the one that refers to it. Each begun authorization pushes its own: a request URI is
    /// good once (section 7.3).
    pub(super) async fn push(&self, transport: &dyn Transport, query: Query, bounds: &Bounds<'_>) -> Result<Query> {
        let form = Pushed(query.parameters()?);
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
