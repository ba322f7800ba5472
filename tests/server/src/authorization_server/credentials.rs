//! How a client authenticates at the endpoints made for it (RFC 6749 §2.3.1).

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oxide_auth::primitives::prelude::Registrar;

use super::Shared;
use super::clients::Clients;
use super::form::Form;
use super::token_error::TokenError;

pub(super) const MAX_BODY: usize = 64 * 1024;

/// What such an endpoint gets: a form, from a client that has authenticated.
pub(super) struct ClientRequest {
    pub credentials: Credentials,
    pub form: Form,
}

impl FromRequest<Shared> for ClientRequest {
    type Rejection = TokenError;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, TokenError> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await;
        let body = body.map_err(|_| TokenError::invalid_request("The body is too long or incomplete."))?;
        let mut form = Form::parse(&parts.headers, &body)?;
        let credentials = Credentials::take(&parts.headers, &mut form)?;
        credentials.check(&shared.provider().clients)?;
        Ok(Self { credentials, form })
    }
}

pub(super) struct Credentials {
    pub client_id: String,
    /// Nothing for a public client.
    secret: Option<String>,
}

impl Credentials {
    /// Takes the credentials out of the header or the form, where both would be one too many.
    fn take(headers: &HeaderMap, form: &mut Form) -> Result<Self, TokenError> {
        let client_id = form.take("client_id");
        let secret = form.take("client_secret");
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            let client_id = client_id.ok_or_else(|| TokenError::invalid_client("The client did not authenticate."))?;
            return Ok(Self { client_id, secret });
        };
        let credentials = value
            .to_str()
            .ok()
            .and_then(parse_basic)
            .ok_or_else(|| TokenError::invalid_client("The Authorization header is not Basic."))?;
        if secret.is_some() {
            return Err(TokenError::invalid_request("The client authenticated in two ways."));
        }
        if client_id.is_some_and(|client_id| client_id != credentials.client_id) {
            return Err(TokenError::invalid_request("The client_id is not that of the header."));
        }
        Ok(credentials)
    }

    fn check(&self, clients: &Clients) -> Result<(), TokenError> {
        let secret = self.secret.as_deref().map(str::as_bytes);
        clients
            .check(&self.client_id, secret)
            .map_err(|_| TokenError::invalid_client("The client is unknown or its secret wrong."))
    }

    /// A Basic header without form encoding, or nothing for a public client.
    pub fn basic(&self) -> Option<String> {
        let secret = self.secret.as_ref()?;
        let pair = STANDARD.encode(format!("{}:{secret}", self.client_id));
        Some(format!("Basic {pair}"))
    }
}

fn parse_basic(value: &str) -> Option<Credentials> {
    let (scheme, pair) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(pair.trim()).ok()?).ok()?;
    let (client_id, secret) = pair.split_once(':')?;
    Some(Credentials { client_id: form_decoded(client_id), secret: Some(form_decoded(secret)) })
}

/// A single form-encoded value: `=` and `&` cannot occur in one, so the parser sees one name without a value.
fn form_decoded(value: &str) -> String {
    let escaped = value.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
