//! Token introspection (RFC 7662).

use crate::client::Client;
use crate::client::exchange::Resend;
use crate::client::options::Bounds;
use crate::client::request::Outgoing;
use crate::client::revocation::about_token;
use crate::error::Result;
use crate::protocol::answer;
use crate::protocol::members::Members;
use crate::protocol::metadata::Endpoint;
use crate::transport::Transport;

/// What the server says of a token.
pub struct Introspection {
    pub active: bool,
    pub members: Members,
}

impl Client {
    /// Asks what the server knows of a token.
    pub async fn introspect(
        &self,
        transport: &dyn Transport,
        token: &str,
        token_type_hint: Option<&str>,
        bounds: &Bounds<'_>,
    ) -> Result<Introspection> {
        let credentials = self.credentials(None, false)?;
        let mut fields = about_token(token, token_type_hint)?;
        credentials.add_to(&mut fields)?;
        let endpoint = self.destination(Endpoint::Introspection, transport, bounds).await?;
        let outgoing = Outgoing {
            url: &endpoint.url,
            fields: Some(&fields),
            authorization: credentials.header(),
            resend: Resend::Allowed,
        };
        let said = self.exchange(transport, bounds, outgoing, |answer, secrets| {
            let asked = answer::Asked { now: answer.received_at, secrets };
            let read = answer::read(
                answer.response,
                &asked,
                |_| true,
                |content| {
                    let members = Members::parse(content.text).ok_or("the answer was no JSON object")?;
                    let active = members.boolean("active").ok_or("active was missing or no boolean")?;
                    Ok(Introspection { active, members })
                },
            );
            read.map(|(introspection, _)| introspection)
        });
        said.await
    }
}
