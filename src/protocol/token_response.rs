//! Reads the answer of a token endpoint (RFC 6749 section 5.1): strict in what matters, tolerant otherwise.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::value::RawValue;

use crate::error::{Error, Status};
use crate::http::Response;
use crate::protocol::answer::{self, Body, Context};
use crate::protocol::json::{self, Object, decode_string, each_item};
use crate::protocol::json_value::{Member, Value};
use crate::protocol::lifetime::{self, Said};
use crate::protocol::token::Token;
use crate::protocol::{deviation, form};
use crate::secret::{Secret, SecretBytes};
use crate::text::has_control;

/// The facts of the request that the token takes over.
pub struct Asked<'a> {
    /// When the request was sent: `expires_in` counts from then.
    pub sent_at: SystemTime,
    /// The refresh token that was used; the new token keeps it unless the server sent another.
    pub refresh_token: Option<&'a str>,
    /// The answer to a log-in, in which an ID token is enough.
    pub id_token_alone: bool,
    pub client_id: Option<&'a Arc<Secret>>,
    pub issuer: Option<&'a Arc<Secret>>,
}

/// Why there is no token, and the refresh token of the same answer: the one that was sent may be used up.
#[derive(Debug)]
pub struct Refused {
    pub error: Error,
    pub refresh_token: Option<Secret>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, refresh_token: None }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
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

pub const NO_ACCESS_TOKEN: &str = "access_token was missing";

type Read<T> = std::result::Result<T, &'static str>;

/// Reads the token, or the error, of an answer.
pub fn read(response: Response, asked: &Asked<'_>, context: &Context<'_>) -> std::result::Result<Token, Refused> {
    let read = answer::read(response, context, is_read, |content| token(&content.body, asked, content.deviations));
    match read {
        Ok((mut token, response)) => {
            token.response = Some(response);
            Ok(token)
        }
        Err(error) => {
            let given = error.response.as_ref().filter(|_| error.status == Status::InvalidResponse);
            Err(Refused { refresh_token: given.and_then(refresh_token), error })
        }
    }
}

/// Reads a token that did not come as an answer of the server, such as from a metadata service. Else says what is wrong.
pub fn read_text(json: &str, asked: &Asked<'_>) -> std::result::Result<Token, &'static str> {
    let object = Object::try_parse(json)?;
    match object.get("error") {
        _ if object.has_twice(is_read) => Err("a member was given twice"),
        None | Some("\"\"") => token(&Body::Json(object), asked, 0),
        Some(_) => Err("there was an error in its place"),
    }
}

/// The refresh token of an answer that is of no other use.
fn refresh_token(response: &Response) -> Option<Secret> {
    const NAME: &[u8] = b"refresh_token";
    if !response.body.windows(NAME.len()).any(|part| part == NAME) {
        return None; // nearly always, and then nothing is copied
    }
    let text = SecretBytes::from_utf8_lossy(&response.body);
    let text = text.as_str()?.trim_start_matches('\u{feff}');
    let only = |mut found: Vec<Secret>| found.pop().filter(|_| found.is_empty());
    let found = match Object::parse(text) {
        Some(object) => {
            let given = object.0.iter().filter(|(name, _)| name == "refresh_token");
            only(given.filter_map(|(_, raw)| Secret::new(decode_string(raw.get())?.as_str())).collect())
        }
        None if std::str::from_utf8(&response.body).is_err() => return None, // a form is ASCII
        None => {
            let given =
                form::parse(text.trim())?.pairs.into_iter().filter(|(name, _)| name.as_str() == "refresh_token");
            only(given.map(|(_, token)| token).collect())
        }
    };
    let is_whole = |token: &Secret| !token.as_str().is_empty() && !has_control(token.as_str());
    found.filter(|token| is_whole(token) && !token.as_str().contains('\u{fffd}'))
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
            for (name, value) in pairs {
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
            "expires_in" => self.take_expires_in(value.as_str(), false),
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
        if self.expires_in_s == Some(0) {
            self.expires_in_s = None; // said for "never": nobody issues a token that has expired
            self.deviations |= deviation::EXPIRES_IN_INVALID;
        }
    }

    fn take_scope_array(&mut self, raw: &str) {
        self.deviations |= deviation::SCOPE_ARRAY;
        let mut joined = SecretBytes::with_capacity(raw.len());
        each_item(raw, |scope| {
            match decode_string(scope.get()) {
                Some(scope) => {
                    if !joined.is_empty() {
                        joined.push(b' ');
                    }
                    joined.extend(scope.as_str().as_bytes());
                }
                None => self.deviations |= deviation::MEMBER_TYPE,
            }
            true
        });
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

    /// Sets when the tokens expire, once every member was read.
    fn take_lifetimes(&mut self, sent_at: SystemTime) {
        let sent_at_s = lifetime::seconds(sent_at);
        self.expires_at_s = self.expires_in_s.map(|seconds| sent_at_s.saturating_add(seconds));
        if self.expires_at_s.is_none()
            && let Some(said) = lifetime::of_access_token(&self.members, sent_at)
        {
            self.deviations |= deviation::LIFETIME_NAME;
            match said {
                Said::ExpiresAtS(expires_at_s) => {
                    self.expires_in_s = Some(expires_at_s - sent_at_s);
                    self.expires_at_s = Some(expires_at_s);
                }
                Said::Nothing => self.deviations |= deviation::EXPIRES_IN_INVALID,
            }
        }
        self.refresh_token_expires_at_s = lifetime::of_refresh_token(&self.members, sent_at);
    }

    /// Adds what follows from the request, once every member was read.
    fn complete(mut self, asked: &Asked<'_>) -> Read<Self> {
        if self.access_token.is_none() {
            if self.id_token.is_none() || !asked.id_token_alone {
                return Err(NO_ACCESS_TOKEN);
            }
            self.deviations |= deviation::ACCESS_TOKEN_MISSING;
        }
        if self.token_type.is_none() {
            self.deviations |= deviation::TOKEN_TYPE_MISSING;
        } else if !self.knows_type() {
            self.deviations |= deviation::TOKEN_TYPE_UNKNOWN;
        }
        self.take_lifetimes(asked.sent_at);
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
