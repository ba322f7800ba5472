//! Token introspection (RFC 7662).

use crate::client::Client;
use crate::client::options::Bounds;
use crate::client::post::Post;
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
        let fields = |credentials| about_token(token, token_type_hint, credentials);
        let said = self.post(transport, bounds, Post::to(Endpoint::Introspection), fields, |answer, secrets| {
            let asked = answer::Asked { now: answer.received_at, secrets };
            let read = answer::read(
                answer.response,
                &asked,
                |_| true,
                |content| {
                    let members = content.members().ok_or("the answer was no JSON object")?;
                    let active = members.boolean("active").ok_or("active was missing or no boolean")?;
                    Ok(Introspection { active, members })
                },
            );
            read.map(|(introspection, _)| introspection)
        });
        said.await
    }
}
