//! Token revocation (RFC 7009).

use crate::client::Client;
use crate::client::options::Bounds;
use crate::client::post::Post;
use crate::error::Result;
use crate::protocol::answer;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::Fields;
use crate::protocol::token_request::{Credentials, optional, required};
use crate::transport::Transport;

impl Client {
    /// Tells the server to forget a token. One that it does not know is forgotten already.
    pub async fn revoke(
        &self,
        transport: &dyn Transport,
        token: &str,
        token_type_hint: Option<&str>,
        bounds: &Bounds<'_>,
    ) -> Result<()> {
        let fields = |credentials| about_token(token, token_type_hint, credentials);
        let revoked = self.post(transport, bounds, Post::to(Endpoint::Revocation), fields, |answer, secrets| {
            if (200..300).contains(&answer.response.status) {
                return Ok(()); // whatever its body says (section 2.2)
            }
            let asked = answer::Asked { now: answer.received_at, secrets };
            answer::read(answer.response, &asked, |_| false, |_| Err("the endpoint failed")).map(|_: ((), _)| ())
        });
        revoked.await
    }
}

/// What revocation and introspection ask about.
pub(super) fn about_token<'a>(
    token: &'a str,
    token_type_hint: Option<&'a str>,
    credentials: Credentials<'a>,
) -> Result<Fields<'a>> {
    let mut fields = Fields(Vec::with_capacity(4));
    required(&mut fields, "token", token)?;
    optional(&mut fields, "token_type_hint", token_type_hint)?;
    credentials.add_to(&mut fields)?;
    Ok(fields)
}
