//! The form that every request of a client is (RFC 6749 §3.2).

use axum::body::Bytes;
use axum::http::{HeaderMap, header};

use super::token_error::TokenError;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Its fields.
pub(super) struct Form {
    pub fields: Vec<(String, String)>,
}

impl Form {
    pub fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Self, TokenError> {
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

    /// A value that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub fn require(&self, name: &str) -> Result<&str, TokenError> {
        self.get(name).ok_or_else(|| TokenError::invalid_request(format!("The parameter {name} is missing.")))
    }

    /// Removes a field and gives its value.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let index = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.remove(index).1)
    }
}
