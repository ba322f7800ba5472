//! The token endpoint (RFC 6749 §3.2), with PKCE (RFC 7636).
//!
//! oxide-auth decides about codes, tokens and clients. What it does not do as the RFCs say is done here, before and
//! after: each place says why.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oxide_auth::endpoint::{AccessTokenFlow, RefreshFlow};
use oxide_auth::primitives::prelude::*;
use oxide_auth_axum::{OAuthRequest, OAuthResponse, WebError};
use serde_json::{Value, json};

use super::Shared;
use super::credentials::Credentials;
use super::provider::Provider;

const FORM: &str = "application/x-www-form-urlencoded";
const MAX_BODY: usize = 64 * 1024;

/// An error of RFC 6749 §5.2.
pub(super) struct TokenError {
    pub status: StatusCode,
    pub error: &'static str,
    pub description: String,
}

impl TokenError {
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", description: description.into() }
    }

    pub fn invalid_client(description: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description: description.into() }
    }
}

pub(super) async fn token(State(shared): State<Shared>, request: Request) -> Response {
    shared.count_token_request();
    let (parts, body) = request.into_parts();
    let result = match to_bytes(body, MAX_BODY).await {
        Ok(body) => exchange(&shared, &parts.headers, &body).await,
        Err(_) => Err(TokenError::invalid_request("The body is too long or incomplete.")),
    };
    result.unwrap_or_else(|error| {
        let body = json!({"error": error.error, "error_description": error.description});
        answer(error.status, &body)
    })
}

async fn exchange(shared: &Shared, headers: &HeaderMap, body: &Bytes) -> Result<Response, TokenError> {
    let mut form = Form::parse(headers, body)?;
    let grant_type = form.require("grant_type")?.to_string();
    let required: &[&str] = match grant_type.as_str() {
        "authorization_code" => &["code", "redirect_uri", "code_verifier"],
        "refresh_token" => &["refresh_token"],
        _ => {
            return Err(TokenError {
                status: StatusCode::BAD_REQUEST,
                error: "unsupported_grant_type",
                description: "The grant type is not supported.".to_string(),
            });
        }
    };
    let credentials = Credentials::take(headers, &mut form)?;
    credentials.check(&shared.provider().clients)?;
    for name in required {
        form.require(name)?;
    }
    let request = normalized(&credentials, &form).await?;
    let response = {
        let provider = &mut *shared.provider();
        match grant_type.as_str() {
            "refresh_token" => {
                check_binding(provider, &credentials, form.require("refresh_token")?)?;
                RefreshFlow::prepare(provider).and_then(|mut flow| flow.execute(request))
            }
            _ => AccessTokenFlow::prepare(provider).and_then(|mut flow| flow.execute(request)),
        }
    };
    corrected(response, shared.access_token_lifetime_s).await
}

/// The request with the credentials where oxide-auth looks for them: it reads no `client_secret` on refresh, does not
/// decode the parts of a Basic header (RFC 6749 §2.3.1), and refuses a `client_id` beside one.
async fn normalized(credentials: &Credentials, form: &Form) -> Result<OAuthRequest, TokenError> {
    let mut request = Request::post("/token").header(header::CONTENT_TYPE, FORM);
    let mut fields = form.fields.clone();
    match credentials.basic() {
        Some(value) => request = request.header(header::AUTHORIZATION, value),
        None => fields.push(("client_id".to_string(), credentials.client_id.clone())),
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let broken = |error: String| TokenError::invalid_request(error);
    let request = request.body(Body::from(body)).map_err(|error| broken(error.to_string()))?;
    OAuthRequest::from_request(request, &()).await.map_err(|error| broken(error.to_string()))
}

/// Holds a public client to its own refresh tokens (RFC 6749 §10.4), which oxide-auth does for confidential ones only.
fn check_binding(provider: &Provider, credentials: &Credentials, refresh_token: &str) -> Result<(), TokenError> {
    match provider.tokens.recover_refresh(refresh_token) {
        Ok(Some(grant)) if grant.client_id != credentials.client_id => Err(TokenError {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_grant",
            description: "The refresh token was issued to another client.".to_string(),
        }),
        _ => Ok(()),
    }
}

/// oxide-auth's answer with its departures from RFC 6749 §5.1 and §5.2 put right.
async fn corrected(
    response: Result<OAuthResponse, WebError>,
    access_token_lifetime_s: u32,
) -> Result<Response, TokenError> {
    let failed = |description: String| TokenError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "server_error",
        description,
    };
    let response = response.map_err(|error| failed(error.to_string()))?.into_response();
    let status = response.status();
    let body = to_bytes(response.into_body(), MAX_BODY).await.map_err(|error| failed(error.to_string()))?;
    let mut body: Value = serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))?;
    // The member is called `description` there.
    if let Some(description) = body.as_object_mut().and_then(|body| body.remove("description")) {
        body["error_description"] = description;
    }
    // It counts from the moment of the answer and rounds down: one second too few.
    if status == StatusCode::OK {
        body["expires_in"] = access_token_lifetime_s.into();
    }
    Ok(answer(status, &body))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED {
        response = response.header(header::WWW_AUTHENTICATE, "Basic realm=\"token endpoint\", charset=\"UTF-8\"");
    }
    response.body(Body::from(body.to_string())).expect("constant headers are valid")
}

/// The form fields of a token request.
pub(super) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Self, TokenError> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(FORM) {
            return Err(TokenError::invalid_request(format!("The body must be {FORM}.")));
        }
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        for (index, (name, _)) in fields.iter().enumerate() {
            // RFC 6749 §3.2 forbids any repetition; RFC 8707 §2 allows that of `resource`.
            let repeated = fields[..index].iter().any(|(earlier, _)| earlier == name);
            if repeated && name != "resource" {
                return Err(TokenError::invalid_request("A parameter was repeated."));
            }
        }
        Ok(Self { fields })
    }

    fn require(&self, name: &str) -> Result<&str, TokenError> {
        self.fields
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| TokenError::invalid_request(format!("The parameter {name} is missing.")))
    }

    /// Removes a field and gives its value.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let index = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.remove(index).1)
    }
}
