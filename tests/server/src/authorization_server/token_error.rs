//! The errors of the endpoints that clients call (RFC 6749 §5.2), and how all their answers look.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

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

    pub fn new(error: &'static str, description: &str) -> Self {
        Self { error, ..Self::invalid_request(description) }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        answer(self.status, &json!({"error": self.error, "error_description": self.description}))
    }
}

pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED {
        response = response.header(header::WWW_AUTHENTICATE, "Basic realm=\"token endpoint\", charset=\"UTF-8\"");
    }
    response.body(Body::from(body.to_string())).expect("constant headers are valid")
}
