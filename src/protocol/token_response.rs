//! Reads the answer of a token endpoint (RFC 6749 section 5.1): strict in what matters, tolerant otherwise.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use crate::error::Result;
use crate::http::Response;
use crate::protocol::answer::{self, Body, Context};
use crate::protocol::deviation;
use crate::protocol::json::{self, decode_string};
use crate::protocol::json_value::{Member, Value};
use crate::protocol::token::Token;
use crate::secret::{Secret, SecretBytes};
use crate::text::has_control;

/// The facts of the request that the token takes over.
pub struct Asked<'a> {
    /// When the request was sent: `expires_in` counts from then.
    pub sent_at: SystemTime,
    /// The refresh token that was used; the new token keeps it unless the server sent another.
    pub refresh_token: Option<&'a str>,
    pub client_id: Option<&'a Arc<Secret>>,
    pub issuer: Option<&'a Arc<Secret>>,
}

/// Whether a member is read here: given twice, it is ambiguous.
fn is_read(name: &str) -> bool {
    matches!(
        name,
        "access_token"
            | "token_type"
            | "expires_in"
            | "scope"
            | "refresh_token"
            | "id_token"
            | "error"
            | "error_description"
            | "error_uri"
    )
}

type Read<T> = std::result::Result<T, &'static str>;

/// Reads the token, or the error, of an answer.
pub fn read(response: Response, asked: &Asked<'_>, context: &Context<'_>) -> Result<Token> {
    let (mut token, response) =
        answer::read(response, context, is_read, |content| token(&content.body, asked, content.deviations))?;
    token.response = Some(response);
    Ok(token)
}

fn token(body: &Body<'_>, asked: &Asked<'_>, deviations: u32) -> Read<Token> {
    let mut token = Token { deviations, ..Token::default() };
    match body {
        Body::Json(object) => {
            for (name, raw) in &object.0 {
                token.take_json(name, raw)?;
            }
        }
        Body::Form(pairs) => {
            let standard = pairs.iter().any(|(name, _)| name.as_str() == "expires_in");
            for (name, value) in pairs.iter().filter(|(name, _)| !standard || name.as_str() != "expires") {
                token.take_form(name, value)?;
            }
        }
    }
    token.complete(asked)
}

impl Token {
    fn take_json(&mut self, name: &str, raw: &RawValue) -> Read<()> {
        let raw = raw.get();
        if raw == "null" {
            return Ok(());
        }
        match name {
            "expires_in" => {
                self.take_expires_in(
                    decode_string(raw).as_ref().map_or(raw, |text| text.as_str()),
                    raw.starts_with('"'),
                );
            }
            "scope" if raw.starts_with('[') => self.take_scope_array(raw),
            "access_token" | "token_type" | "scope" | "refresh_token" | "id_token" => match decode_string(raw) {
                Some(text) => self.take_text(name, text.as_str())?,
                None if name == "access_token" => return Err("access_token was no string"),
                None => self.deviations |= deviation::MEMBER_TYPE,
            },
            "error" | "error_description" | "error_uri" => {}
            _ => self.take_member(name, raw),
        }
        Ok(())
    }

    fn take_form(&mut self, name: &Secret, value: &Secret) -> Read<()> {
        match name.as_str() {
            "expires_in" | "expires" => self.take_expires_in(value.as_str(), false),
            known @ ("access_token" | "token_type" | "scope" | "refresh_token" | "id_token") => {
                return self.take_text(known, value.as_str());
            }
            "error" | "error_description" | "error_uri" => {}
            other => {
                let mut json = SecretBytes::default();
                json::append_string(&mut json, value.as_str());
                self.take_member(other, json.as_str().unwrap_or_default());
            }
        }
        Ok(())
    }

    fn take_text(&mut self, name: &str, text: &str) -> Read<()> {
        if text.is_empty() {
            return if name == "access_token" { Err("access_token was empty") } else { Ok(()) };
        }
        if name != "scope" && has_control(text) {
            return Err("a token or its type held a control character");
        }
        let value = Secret::new(text);
        if value.is_none() {
            self.deviations |= deviation::NUL_IN_VALUE;
        }
        match name {
            "access_token" => self.access_token = value,
            "token_type" => self.token_type = value,
            "scope" => self.scope = value,
            "refresh_token" => self.refresh_token = value,
            _ => self.id_token = value,
        }
        Ok(())
    }

    /// Reads a number. One that is not plain digits is flagged and accepted; anything else is flagged and absent.
    fn take_expires_in(&mut self, text: &str, was_string: bool) {
        if was_string {
            self.deviations |= deviation::EXPIRES_IN_TYPE;
        }
        let text = text.trim();
        self.expires_in_s = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Some(text.parse().unwrap_or(i64::MAX))
        } else {
            let number = text.parse::<f64>().ok();
            let number =
                number.filter(|number| *number >= 0.0 && text.starts_with(|first: char| first.is_ascii_digit()));
            self.deviations |= number.map_or(deviation::EXPIRES_IN_INVALID, |_| deviation::EXPIRES_IN_TYPE);
            number.map(|number| number as i64) // floors, and saturates
        };
    }

    fn take_scope_array(&mut self, raw: &str) {
        self.deviations |= deviation::SCOPE_ARRAY;
        let scopes: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
        let mut joined = SecretBytes::with_capacity(raw.len());
        for scope in scopes {
            match decode_string(scope.get()) {
                Some(scope) => {
                    if !joined.is_empty() {
                        joined.push(b' ');
                    }
                    joined.extend(scope.as_str().as_bytes());
                }
                None => self.deviations |= deviation::MEMBER_TYPE,
            }
        }
        self.scope = joined.as_str().filter(|text| !text.is_empty()).and_then(Secret::new);
        if self.scope.is_none() && !joined.is_empty() {
            self.deviations |= deviation::NUL_IN_VALUE;
        }
    }

    fn take_member(&mut self, name: &str, raw: &str) {
        let member = Secret::new(name).zip(Value::new(raw)).map(|(name, value)| Member { name, value });
        if member.as_ref().is_none_or(|member| member.value.text().is_none() && raw.starts_with('"')) {
            self.deviations |= deviation::NUL_IN_VALUE;
        }
        self.members.extend(member);
    }

    /// Adds what follows from the request, once every member was read.
    fn complete(mut self, asked: &Asked<'_>) -> Read<Self> {
        if self.access_token.is_none() {
            return Err("access_token was missing");
        }
        if self.token_type.is_none() {
            self.deviations |= deviation::TOKEN_TYPE_MISSING;
        } else if !self.knows_type() {
            self.deviations |= deviation::TOKEN_TYPE_UNKNOWN;
        }
        if let Some(expires_in) = self.expires_in_s {
            let sent_at = asked.sent_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            self.expires_at_s = Some(i64::try_from(sent_at).unwrap_or(i64::MAX).saturating_add(expires_in));
        }
        if let Some(used) = asked.refresh_token {
            match &self.refresh_token {
                Some(new) => self.rotated = new.as_str() != used,
                None => self.refresh_token = Secret::new(used),
            }
        }
        self.client_id = asked.client_id.cloned();
        self.issuer = asked.issuer.cloned();
        Ok(self)
    }
}
