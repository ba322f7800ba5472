//! Token revocation (RFC 7009).

use crate::client::Client;
use crate::client::form::Form;
use crate::client::options::Bounds;
use crate::error::{Error, ProviderCode, Result};
use crate::protocol::answer;
use crate::protocol::client_authentication::Credentials;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Fields;
use crate::protocol::token_request::{optional, required};
use crate::transport::Transport;

/// The form of revocation and introspection.
pub(super) struct AboutToken<'a> {
    pub token: &'a str,
    pub token_type_hint: Option<&'a str>,
}

impl Form for AboutToken<'_> {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
        let mut fields = Fields(Vec::with_capacity(4));
        required(&mut fields, "token", self.token)?;
        optional(&mut fields, "token_type_hint", self.token_type_hint)?;
        credentials.add_to(&mut fields)?;
        Ok(fields)
    }
}

/// Whether the server says that the token is not valid: that is what was wanted (section 2.2).
fn names_the_token(error: &Error) -> bool {
    let is_answer = error.response.as_ref().is_some_and(|response| (400..500).contains(&response.status));
    is_answer && error.provider.as_ref().is_some_and(|provider| provider.code == ProviderCode::InvalidToken)
}

impl Client {
    /// Revokes a token. One that the server does not know counts as revoked.
    pub async fn revoke(
        &self,
        transport: &dyn Transport,
        token: &str,
        token_type_hint: Option<&str>,
        bounds: &Bounds<'_>,
    ) -> Result<()> {
        let form = AboutToken { token, token_type_hint };
        let revoked = self.post(transport, bounds, Endpoint::Revocation, &form, |answer| {
            if (200..300).contains(&answer.response.status) {
                return Ok(()); // whatever its body holds (section 2.2)
            }
            let read = answer.read(|response, context| {
                answer::read(response, context, |_| false, |_| Err("the endpoint failed")).map(|_: ((), _)| ())
            });
            read.or_else(|error| if names_the_token(&error) { Ok(()) } else { Err(error) })
        });
        revoked.await
    }
}
