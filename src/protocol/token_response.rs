//! The answer of a token endpoint (RFC 6749 sections 5.1 and 5.2), strict in what matters and patient with the rest.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use crate::error::{Advice, Error, ProviderError, Result, Status};
use crate::http::Response;
use crate::protocol::json::{self, Object, decode_string};
use crate::protocol::members::Member;
use crate::protocol::message::Secrets;
use crate::protocol::token::Token;
use crate::protocol::{deviation, form, provider_error, retry_after};
use crate::secret::{Secret, SecretBytes};
use crate::text::has_control;

/// What is known of the exchange besides the answer.
pub struct Asked<'a> {
    /// When the request was sent: expiry counts from there.
    pub sent_at: SystemTime,
    /// The moment of the answer.
    pub now: SystemTime,
    /// The refresh token that was used; it stays on the new token unless the server sent another.
    pub refresh_token: Option<&'a str>,
    pub client_id: Option<&'a Arc<Secret>>,
    /// Adds the secrets of the request; asked for only when a message is made.
    pub secrets: &'a dyn Fn(&mut Secrets),
}

/// Whether a member is read here: given twice, nobody knows which one the server meant.
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

/// Why an answer is no token.
enum Refusal {
    /// With the tokens that came beside it: its words may echo them.
    Provider(ProviderError, Secrets),
    Malformed(&'static str),
}

impl From<&'static str> for Refusal {
    fn from(why: &'static str) -> Self {
        Self::Malformed(why)
    }
}

type Read<T> = std::result::Result<T, Refusal>;

/// Makes a token of an answer, or the error that it is.
pub fn read(response: Response, asked: &Asked<'_>) -> Result<Token> {
    if (300..400).contains(&response.status) {
        return Err(failure(
            Status::Redirect,
            "the endpoint answered with a redirect, which is never followed",
            response,
            asked,
        ));
    }
    let mut deviations = 0;
    match interpret(&response, asked, &mut deviations) {
        Ok(mut token) => {
            token.response = Some(response);
            Ok(token)
        }
        Err(Refusal::Provider(provider, tokens)) => Err(refused(provider, tokens, response, asked, deviations)),
        Err(_) if response.status != 200 => Err(failure(Status::Http, "the endpoint failed", response, asked)),
        Err(Refusal::Malformed(why)) => Err(failure(Status::InvalidResponse, why, response, asked)),
    }
}

fn interpret(response: &Response, asked: &Asked<'_>, deviations: &mut u32) -> Read<Token> {
    match std::str::from_utf8(&response.body) {
        Ok(text) => interpret_text(text, true, response, asked, deviations),
        Err(_) => {
            let replaced = SecretBytes::from_utf8_lossy(&response.body);
            interpret_text(replaced.as_str().unwrap_or_default(), false, response, asked, deviations)
        }
    }
}

fn interpret_text(
    text: &str,
    mut is_utf8: bool,
    response: &Response,
    asked: &Asked<'_>,
    deviations: &mut u32,
) -> Read<Token> {
    let content_type = response.headers.get("content-type").unwrap_or_default();
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            *deviations |= deviation::BYTE_ORDER_MARK;
            rest
        }
        None => text,
    };
    let body = if let Some(object) = Object::parse(text) {
        if !has_media_type(content_type, "application/json") {
            *deviations |= deviation::CONTENT_TYPE;
        }
        Body::Json(object)
    } else {
        let is_form = has_media_type(content_type, "application/x-www-form-urlencoded");
        let text = text.trim();
        let is_other = text.starts_with(['<', '{', '[', '"']); // a page or broken JSON, whatever its type says
        let form = Some(text).filter(|text| (is_form && !is_other) || looks_like_form(text)).and_then(form::parse);
        let form = form.ok_or("the answer was no JSON object")?;
        *deviations |= deviation::FORM_ENCODED;
        is_utf8 &= form.is_utf8;
        if form.has_nul {
            *deviations |= deviation::NUL_IN_VALUE;
        }
        Body::Form(form.pairs)
    };
    if !is_utf8 {
        *deviations |= deviation::INVALID_UTF8;
    }
    if body.has_twice() {
        return Err("the answer held a member twice".into());
    }
    if let Some(error) = body.error(deviations) {
        if !matches!(response.status, 400 | 401) {
            *deviations |= deviation::ERROR_STATUS;
        }
        let mut tokens = Secrets::default();
        body.add_tokens(&mut tokens);
        return Err(Refusal::Provider(error, tokens));
    }
    if response.status != 200 {
        return Err("the endpoint failed".into());
    }
    if !is_utf8 {
        return Err("the answer was not UTF-8".into());
    }
    body.token(asked, *deviations)
}

/// Only the very alphabet of a form, and one of its two purposes first: never a page that mentions a token.
fn looks_like_form(text: &str) -> bool {
    let begins =
        ["access_token=", "error="].iter().any(|start| text.starts_with(start) || text.contains(&format!("&{start}")));
    begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%+&=._*~-:/,".contains(&byte))
}

fn has_media_type(content_type: &[u8], wanted: &str) -> bool {
    let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes())
}

enum Body<'a> {
    Json(Object<'a>),
    Form(Vec<(Secret, Secret)>),
}

impl Body<'_> {
    fn has_twice(&self) -> bool {
        match self {
            Self::Json(object) => object.has_twice(is_read),
            Self::Form(pairs) => json::any_twice(pairs, |(name, _)| name.as_str(), is_read),
        }
    }

    fn error(&self, deviations: &mut u32) -> Option<ProviderError> {
        match self {
            Self::Json(object) => provider_error::from_object(object, deviations),
            Self::Form(pairs) => provider_error::from_form(pairs, deviations),
        }
    }

    fn token(&self, asked: &Asked<'_>, deviations: u32) -> Read<Token> {
        let mut token = Token { deviations, ..Token::default() };
        match self {
            Self::Json(object) => {
                for (name, raw) in &object.0 {
                    token.take_json(name, raw)?;
                }
            }
            Self::Form(pairs) => {
                let standard = pairs.iter().any(|(name, _)| name.as_str() == "expires_in");
                for (name, value) in pairs.iter().filter(|(name, _)| !standard || name.as_str() != "expires") {
                    token.take_form(name, value)?;
                }
            }
        }
        token.complete(asked)
    }

    fn add_tokens(&self, secrets: &mut Secrets) {
        for wanted in ["access_token", "refresh_token", "id_token"] {
            match self {
                Self::Json(object) => {
                    let token = object.get(wanted).and_then(decode_string);
                    secrets.add(token.as_ref().map_or("", |token| token.as_str()));
                }
                Self::Form(pairs) => {
                    let tokens = pairs.iter().filter(|(name, _)| name.as_str() == wanted);
                    tokens.for_each(|(_, token)| secrets.add(token.as_str()));
                }
            }
        }
    }
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
                None if name == "access_token" => return Err("access_token was no string".into()),
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
            return if name == "access_token" { Err("access_token was empty".into()) } else { Ok(()) };
        }
        if name != "scope" && has_control(text) {
            return Err("a token or its type held a control character".into());
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

    /// A number as written; anything else than plain digits is accepted and flagged.
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
        let member = Member::new(name, raw);
        if member.as_ref().is_none_or(|member| member.text.is_none() && raw.starts_with('"')) {
            self.deviations |= deviation::NUL_IN_VALUE;
        }
        self.members.extend(member);
    }

    /// What follows from the exchange, once every member was read.
    fn complete(mut self, asked: &Asked<'_>) -> std::result::Result<Self, Refusal> {
        if self.access_token.is_none() {
            return Err("access_token was missing".into());
        }
        if self.token_type.is_none() {
            self.deviations |= deviation::TOKEN_TYPE_MISSING;
        } else if !self.knows_type() {
            self.deviations |= deviation::TOKEN_TYPE_UNKNOWN;
        }
        if let Some(expires_in) = self.expires_in_s {
            let sent_at = asked.sent_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            self.expiry_s = Some(i64::try_from(sent_at).unwrap_or(i64::MAX).saturating_add(expires_in));
        }
        if let Some(used) = asked.refresh_token {
            match &self.refresh_token {
                Some(new) => self.rotated = new.as_str() != used,
                None => self.refresh_token = Secret::new(used),
            }
        }
        self.client_id = asked.client_id.cloned();
        Ok(self)
    }
}

fn refused(provider: ProviderError, tokens: Secrets, response: Response, asked: &Asked<'_>, deviations: u32) -> Error {
    let mut what = SecretBytes::default();
    what.extend(provider.error.as_ref().map_or("an error that is no text", Secret::as_str).as_bytes());
    if let Some(description) = &provider.description {
        what.extend(b": ");
        what.extend(description.as_str().as_bytes());
    }
    let advice = provider_error::advice(provider.code, response.status);
    let mut secrets = tokens;
    (asked.secrets)(&mut secrets);
    let theirs = secrets.clean(what.as_str().unwrap_or_default());
    let mut error = describe(Status::Provider, "the server refused the request", &theirs, response, asked);
    error.advice = advice;
    error.provider = Some(provider);
    error.deviations = deviations;
    error
}

fn failure(status: Status, what: &str, response: Response, asked: &Asked<'_>) -> Error {
    let advice = match status {
        Status::Http => provider_error::http_advice(response.status),
        Status::InvalidResponse => Advice::OutcomeUnknown, // the server meant success: what it took is used up
        _ => Advice::FixConfig,                            // a redirect
    };
    describe(status, what, "", response, asked).with_advice(advice)
}

/// One line of our words, the HTTP status and the server's words, which are clean.
fn describe(status: Status, ours: &str, theirs: &str, response: Response, asked: &Asked<'_>) -> Error {
    let retry_after = response.headers.get("retry-after").and_then(|value| retry_after::parse(value, asked.now));
    let mut line = format!("{ours} (HTTP {})", response.status);
    if !theirs.is_empty() {
        line.push_str(": ");
        line.push_str(theirs);
    }
    if let Some(seconds) = retry_after {
        line.push_str(&format!("; try again in {seconds} s"));
    }
    let mut error = Error::new(status, &line);
    error.retry_after_s = retry_after;
    error.response = Some(response);
    error
}
