//! What becomes of a token: revocation (RFC 7009) and introspection (RFC 7662), each for the client's own tokens.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Utc;
use oxide_auth::primitives::grant::Grant;
use oxide_auth::primitives::prelude::*;
use serde_json::json;

use super::Shared;
use super::credentials::ClientRequest;
use super::token_error::{TokenError, answer};
use super::tokens::Tokens;

pub(super) async fn revoke(
    State(shared): State<Shared>,
    ClientRequest { credentials, form }: ClientRequest,
) -> Result<StatusCode, TokenError> {
    let token = form.require("token")?;
    let tokens = &mut shared.provider().tokens;
    if grant(tokens, token).is_some_and(|grant| grant.client_id == credentials.client_id) {
        tokens.revoke(token);
    }
    // RFC 7009 §2.2: an unknown token is as good as revoked.
    Ok(StatusCode::OK)
}

pub(super) async fn introspect(
    State(shared): State<Shared>,
    ClientRequest { credentials, form }: ClientRequest,
) -> Result<Response, TokenError> {
    let grant = grant(&shared.provider().tokens, form.require("token")?);
    let active = grant.filter(|grant| grant.client_id == credentials.client_id && grant.until > Utc::now());
    let body = active.map_or(json!({"active": false}), |grant| {
        json!({
            "active": true,
            "sub": grant.owner_id,
            "client_id": grant.client_id,
            "scope": grant.scope.to_string(),
            "exp": grant.until.timestamp(),
        })
    });
    Ok(answer(StatusCode::OK, &body))
}

fn grant(tokens: &Tokens, token: &str) -> Option<Grant> {
    let access = tokens.recover_token(token).ok().flatten();
    access.or_else(|| tokens.recover_refresh(token).ok().flatten())
}
