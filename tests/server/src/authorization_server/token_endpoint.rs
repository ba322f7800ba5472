//! The token endpoint (RFC 6749 §3.2), with PKCE (RFC 7636).
//!
//! oxide-auth decides about codes, tokens and clients. What it does not do as the RFCs say is done here, before and
//! after: each place says why.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use oxide_auth::endpoint::{AccessTokenFlow, ClientCredentialsFlow, RefreshFlow};
use oxide_auth::primitives::prelude::*;
use oxide_auth_axum::{OAuthRequest, OAuthResponse, WebError};
use serde_json::Value;

use super::credentials::{ClientRequest, Credentials, MAX_BODY};
use super::form::{FORM, Form};
use super::provider::Provider;
use super::token_error::{TokenError, answer};
use super::{Shared, device};

pub(super) async fn token(
    State(shared): State<Shared>,
    request: Result<ClientRequest, TokenError>,
) -> Result<Response, TokenError> {
    shared.count_token_request();
    let ClientRequest { credentials, form } = request?;
    let grant_type = form.require("grant_type")?;
    let required: &[&str] = match grant_type {
        "authorization_code" => &["code", "redirect_uri", "code_verifier"],
        "refresh_token" => &["refresh_token"],
        "client_credentials" => &[],
        device::GRANT_TYPE => &["device_code"],
        _ => return Err(TokenError::new("unsupported_grant_type", "The grant type is not supported.")),
    };
    for name in required {
        form.require(name)?;
    }
    let request = normalized(&credentials, &form).await?;
    let response = {
        let provider = &mut *shared.provider();
        match grant_type {
            device::GRANT_TYPE => return device::redeem(&shared.options, provider, &credentials.client_id, &form),
            "refresh_token" => {
                check_binding(provider, &credentials, form.require("refresh_token")?)?;
                RefreshFlow::prepare(provider).and_then(|mut flow| flow.execute(request))
            }
            "client_credentials" if credentials.basic().is_none() => {
                return Err(TokenError::new("unauthorized_client", "A public client has no tokens of its own."));
            }
            "client_credentials" => {
                // oxide-auth has no answer to a scope that is too wide.
                provider.clients.pre_grant(&credentials.client_id, form.get("scope"))?;
                ClientCredentialsFlow::prepare(provider).and_then(|mut flow| flow.execute(request))
            }
            _ => AccessTokenFlow::prepare(provider).and_then(|mut flow| flow.execute(request)),
        }
    };
    corrected(response, shared.options.access_token_lifetime_s).await
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
        Ok(Some(grant)) if grant.client_id != credentials.client_id => {
            Err(TokenError::new("invalid_grant", "The refresh token was issued to another client."))
        }
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
