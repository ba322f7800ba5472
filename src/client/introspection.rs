//! Token introspection (RFC 7662).

use crate::client::Client;
use crate::client::options::Bounds;
use crate::client::revocation::AboutToken;
use crate::error::Result;
use crate::protocol::answer::{self, Content};
use crate::protocol::json_value::Value;
use crate::protocol::metadata::Endpoint;
use crate::transport::Transport;

/// The server's answer about a token.
pub struct Introspection {
    pub active: bool,
    pub json: Value,
}

impl Client {
    /// Asks the introspection endpoint about a token.
    pub async fn introspect(
        &self,
        transport: &dyn Transport,
        token: &str,
        token_type_hint: Option<&str>,
        bounds: &Bounds<'_>,
    ) -> Result<Introspection> {
        let form = AboutToken { token, token_type_hint };
        let said = self.post(transport, bounds, Endpoint::Introspection, &form, |answer| {
            answer.read(|response, context| answer::read(response, context, |_| true, introspection))
        });
        said.await.map(|(introspection, _)| introspection)
    }
}

fn introspection(content: &Content<'_>) -> std::result::Result<Introspection, &'static str> {
    let json = content.json().ok_or("the answer was no JSON object")?;
    let active = json.boolean("active").ok_or("active was missing or no boolean")?;
    Ok(Introspection { active, json })
}
