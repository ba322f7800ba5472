//! Reads the answer of any OAuth endpoint: a success, an OAuth error (RFC 6749 section 5.2), or a malformed answer.

use std::time::SystemTime;

use crate::error::{self, Advice, Error, ProviderError, Status};
use crate::http::Response;
use crate::protocol::json::{self, Object, decode_string};
use crate::protocol::json_value::{Member, Value};
use crate::protocol::message::Secrets;
use crate::protocol::{deviation, form, provider_error, retry_after};
use crate::secret::{Secret, SecretBytes};

/// The facts of the exchange that the answer does not hold.
pub struct Context<'a> {
    /// When the answer came.
    pub now: SystemTime,
    /// [`deviation`] bits of the way in which it came.
    pub deviations: u32,
    /// Adds the secrets of the request; called only when a message is made.
    pub secrets: &'a dyn Fn(&mut Secrets),
}

/// The content of a successful answer.
pub struct Content<'a> {
    pub body: Body<'a>,
    /// The body as text, without a byte order mark.
    pub text: &'a str,
    /// [`deviation`] bits seen so far.
    pub deviations: u32,
}

impl Content<'_> {
    /// The members as a JSON value: the texts of a form are strings. `None` if a member of JSON is given twice.
    pub fn value(&self) -> Option<Value> {
        match &self.body {
            Body::Json(object) => Value::of(object, self.text),
            Body::Form(pairs) => of_form(pairs),
        }
    }

    /// The same, but `None` for a form.
    pub fn json(&self) -> Option<Value> {
        matches!(self.body, Body::Json(_)).then(|| self.value()).flatten()
    }
}

/// The members of an answer.
pub enum Body<'a> {
    Json(Object<'a>),
    Form(Vec<(Secret, Secret)>),
}

/// The members of any answer as a JSON value, of JSON or of a form.
pub fn value(body: &str) -> Option<Value> {
    Value::parse_answer(body).or_else(|| of_form(&form::parse(body.trim())?.pairs))
}

fn of_form(pairs: &[(Secret, Secret)]) -> Option<Value> {
    let member = |(name, value): &(Secret, Secret)| {
        let mut json = SecretBytes::default();
        json::append_string(&mut json, value.as_str());
        Some(Member { name: name.clone(), value: Value::new(json.as_str()?)? })
    };
    Value::from_members(&pairs.iter().map(member).collect::<Option<Vec<_>>>()?)
}

/// Why an answer is no success.
enum Refusal {
    /// With the tokens of the same answer: the error's text may echo them.
    Provider(ProviderError, Secrets),
    Malformed(&'static str),
    /// Members could be read, but make no result; with what the server said in words of its own.
    Useless(&'static str, Option<(ProviderError, Secrets)>),
}

impl From<&'static str> for Refusal {
    fn from(why: &'static str) -> Self {
        Self::Malformed(why)
    }
}

/// Reads an answer that must be a success (HTTP 2xx). `take` makes the result of its content, or says what is wrong with
/// it. A member for which `is_read` is true may not be given twice.
pub fn read<T>(
    response: Response,
    context: &Context<'_>,
    is_read: fn(&str) -> bool,
    take: impl FnOnce(&Content<'_>) -> Result<T, &'static str>,
) -> error::Result<(T, Response)> {
    if (300..400).contains(&response.status) {
        const WHY: &str = "the endpoint answered with a redirect, which is never followed";
        return Err(failure(Status::Redirect, WHY, response, context));
    }
    let mut deviations = context.deviations;
    let taken = match std::str::from_utf8(&response.body) {
        Ok(text) => content(text, true, &response, is_read, &mut deviations).and_then(|content| {
            take(&content).map_err(|why| Refusal::Useless(why, content.body.words(&mut deviations)))
        }),
        Err(_) => {
            // Mostly other bytes are no text: each would become three.
            let is_text = response.body.utf8_chunks().count() <= response.body.len() / 8 + 4096;
            let read: &[u8] = if is_text { &response.body } else { &[] };
            let replaced = SecretBytes::from_utf8_lossy(read);
            content(replaced.as_str().unwrap_or_default(), false, &response, is_read, &mut deviations)
                .and_then(|_| Err("the answer was not UTF-8".into()))
        }
    };
    match taken {
        Ok(taken) => Ok((taken, response)),
        Err(Refusal::Provider(provider, tokens)) => Err(refused(provider, tokens, response, context, deviations)),
        Err(Refusal::Malformed(why)) if response.status == 200 => {
            Err(failure(Status::InvalidResponse, why, response, context))
        }
        Err(Refusal::Malformed(_)) => Err(failure(Status::Http, "the endpoint failed", response, context)),
        Err(Refusal::Useless(why, words)) => {
            let status = if is_success(response.status) { Status::InvalidResponse } else { Status::Http };
            Err(match words {
                Some((provider, tokens)) => with_words(status, why, provider, tokens, response, context, deviations),
                None => failure(status, why, response, context),
            })
        }
    }
}

/// Any 2xx: frameworks answer a POST with 201, and proxies that change an answer with 203.
fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn content<'a>(
    text: &'a str,
    mut is_utf8: bool,
    response: &Response,
    is_read: fn(&str) -> bool,
    deviations: &mut u32,
) -> Result<Content<'a>, Refusal> {
    let content_type = response.headers.get("content-type").unwrap_or_default();
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            *deviations |= deviation::BYTE_ORDER_MARK;
            rest
        }
        None => text,
    };
    let parsed = Object::try_parse(text);
    let body = if let Ok(object) = parsed {
        if !has_media_type(content_type, "application/json") {
            *deviations |= deviation::CONTENT_TYPE;
        }
        Body::Json(object)
    } else {
        let is_form = has_media_type(content_type, "application/x-www-form-urlencoded");
        let text = text.trim();
        let is_other = text.starts_with(['<', '{', '[', '"']); // a page or broken JSON, whatever its type says
        let form = Some(text).filter(|text| (is_form && !is_other) || looks_like_form(text)).and_then(form::parse);
        let form = form.ok_or_else(|| parsed.err().unwrap_or_default())?;
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
    if body.has_twice(is_read) {
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
    if !is_success(response.status) {
        return Err(Refusal::Useless("the endpoint failed", body.words(deviations)));
    }
    if response.status != 200 {
        *deviations |= deviation::STATUS;
    }
    if !is_utf8 {
        return Err("the answer was not UTF-8".into());
    }
    Ok(Content { body, text, deviations: *deviations })
}

/// Whether a text without the content type of a form is one: only the characters of a form, with an access token, a
/// device code or an error in it. A page that mentions a token is none.
fn looks_like_form(text: &str) -> bool {
    let begins = ["access_token=", "device_code=", "error="]
        .iter()
        .any(|start| text.starts_with(start) || text.contains(&format!("&{start}")));
    begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%+&=._*~-:/,".contains(&byte))
}

/// Whether a content type is this one, whatever its parameters.
pub fn has_media_type(content_type: &[u8], wanted: &str) -> bool {
    content_type == wanted.as_bytes() || media_type(content_type).eq_ignore_ascii_case(wanted.as_bytes())
}

fn media_type(content_type: &[u8]) -> &[u8] {
    content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

impl Body<'_> {
    fn has_twice(&self, is_read: fn(&str) -> bool) -> bool {
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

    /// What the server said without an OAuth error, and the tokens beside it.
    fn words(&self, deviations: &mut u32) -> Option<(ProviderError, Secrets)> {
        let Self::Json(object) = self else { return None };
        let words = provider_error::words(object, deviations)?;
        let mut tokens = Secrets::default();
        self.add_tokens(&mut tokens);
        Some((words, tokens))
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

/// The error of an answer that holds an OAuth error; `tokens` are those of the same answer.
pub fn refused(
    provider: ProviderError,
    tokens: Secrets,
    response: Response,
    context: &Context<'_>,
    deviations: u32,
) -> Error {
    let advice = provider_error::advice(&provider, response.status);
    let mut secrets = tokens;
    (context.secrets)(&mut secrets);
    let theirs = secrets.clean(provider.words().as_str().unwrap_or_default());
    let mut error = describe(Status::Provider, "the server refused the request", &theirs, response, context);
    error.advice = advice;
    error.provider = Some(provider);
    error.deviations = deviations;
    error
}

/// The error of an answer without an OAuth error, in which the server says in words of its own what is wrong.
fn with_words(
    status: Status,
    what: &str,
    words: ProviderError,
    tokens: Secrets,
    response: Response,
    context: &Context<'_>,
    deviations: u32,
) -> Error {
    let mut secrets = tokens;
    (context.secrets)(&mut secrets);
    let theirs = secrets.clean(words.description.as_ref().map_or("", Secret::as_str));
    let advice = advice_without_error(status, &response);
    let mut error = describe(status, what, &theirs, response, context).with_advice(advice);
    error.provider = Some(words);
    error.deviations = deviations;
    error
}

/// The error of an answer without an OAuth error.
pub fn failure(status: Status, what: &str, response: Response, context: &Context<'_>) -> Error {
    let advice = advice_without_error(status, &response);
    describe(status, what, "", response, context).with_advice(advice)
}

fn advice_without_error(status: Status, response: &Response) -> Advice {
    match status {
        Status::Http => provider_error::http_advice(response.status),
        Status::InvalidResponse => Advice::OutcomeUnknown, // the server meant success: the credential is used up
        _ => Advice::FixConfig,                            // a redirect
    }
}

/// Says what came instead of an OAuth answer: its content type, and that it was a page.
fn name_content(line: &mut String, response: &Response, context: &Context<'_>) {
    let content_type = response.headers.get("content-type").unwrap_or_default();
    let media_type = String::from_utf8_lossy(media_type(content_type));
    if !media_type.is_empty() {
        line.push_str(", ");
        let mut secrets = Secrets::default(); // the server may echo them anywhere
        (context.secrets)(&mut secrets);
        line.extend(secrets.clean(&media_type).chars().take(60));
    }
    let is_page = has_media_type(content_type, "text/html") || response.body.trim_ascii_start().starts_with(b"<");
    if is_page && !response.body.trim_ascii().is_empty() {
        line.push_str(": a web page");
    }
}

/// What the message of an error says after our own words: the HTTP status, and the server's text without secrets.
pub fn said(error: &Error) -> String {
    let said = error.message.as_str().split_once(" (HTTP ");
    said.map_or_else(String::new, |(_, rest)| format!(" (HTTP {rest}"))
}

/// An error whose line holds our text, the HTTP status, and the server's text, which must be clean.
fn describe(status: Status, ours: &str, theirs: &str, response: Response, context: &Context<'_>) -> Error {
    let retry_after = response.headers.get("retry-after").and_then(|value| retry_after::parse(value, context.now));
    let mut line = format!("{ours} (HTTP {}", response.status);
    if status == Status::Http {
        name_content(&mut line, &response, context);
    }
    line.push(')');
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
