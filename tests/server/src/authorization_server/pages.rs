//! The other endpoints: authorization (RFC 6749 §3.1), metadata (RFC 8414) and a protected resource (RFC 6750).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oxide_auth::endpoint::{AuthorizationFlow, ResourceFlow};
use oxide_auth::frontends::dev::Url;
use oxide_auth_axum::{OAuthRequest, OAuthResource};
use serde_json::{Value, json};

use super::{SCOPE, Shared, device};

/// Redirects back at once with what the user decided, and with the issuer (RFC 9207).
pub(super) async fn authorize(State(shared): State<Shared>, request: OAuthRequest) -> Response {
    let provider = &mut *shared.provider();
    match AuthorizationFlow::prepare(provider).and_then(|mut flow| flow.execute(request)) {
        Ok(response) => {
            let mut response = response.into_response();
            if let Some(location) = response.headers_mut().get_mut(header::LOCATION) {
                let mut url: Url = location.to_str().expect("it was a URL").parse().expect("it was a URL");
                url.query_pairs_mut().append_pair("iss", &shared.issuer);
                *location = url.as_str().parse().expect("URLs are ASCII");
            }
            response
        }
        // RFC 6749 §4.1.2.1: with an unknown client or redirect URI there is nowhere to redirect to.
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// Who the access token speaks for.
pub(super) async fn me(State(shared): State<Shared>, resource: OAuthResource) -> Response {
    let provider = &mut *shared.provider();
    let mut flow = match ResourceFlow::prepare(provider) {
        Ok(flow) => flow,
        Err(error) => return error.into_response(),
    };
    match flow.execute(resource.into()) {
        Ok(grant) => json_answer(&json!({
            "sub": grant.owner_id,
            "user": grant.owner_id,
            "client_id": grant.client_id,
            "scope": grant.scope.to_string(),
        })),
        Err(Ok(response)) => refused(response.into_response().headers()),
        Err(Err(error)) => error.into_response(),
    }
}

/// 401, or 403 for a scope that is too narrow (RFC 6750 §3.1).
fn refused(headers: &HeaderMap) -> Response {
    let challenge = headers
        .get(header::WWW_AUTHENTICATE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("Bearer")
        // oxide-auth calls an unknown token invalid_request, and puts no comma between parameters.
        .replace("invalid_request", "invalid_token")
        .replace("\" scope=", "\", scope=");
    let status = match challenge.contains("insufficient_scope") {
        true => StatusCode::FORBIDDEN,
        false => StatusCode::UNAUTHORIZED,
    };
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}

pub(super) async fn metadata(State(shared): State<Shared>) -> Response {
    let issuer = &shared.issuer;
    json_answer(&json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "device_authorization_endpoint": format!("{issuer}/device_authorization"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "introspection_endpoint": format!("{issuer}/introspect"),
        "userinfo_endpoint": format!("{issuer}/api/me"),
        "scopes_supported": SCOPE.split(' ').collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", device::GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

fn json_answer(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
