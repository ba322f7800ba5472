//! Reads an OAuth error in an answer (RFC 6749 section 5.2), in all shapes that servers send, and gives the advice for
//! it.

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::error::{Advice, ProviderCode, ProviderError};
use crate::protocol::deviation;
use crate::protocol::json::{Object, decode_string, first_items};
use crate::secret::Secret;

/// Members in which servers describe an error, instead of `error_description`.
const DESCRIPTIONS: [&str; 8] =
    ["message", "error_message", "errorSummary", "error_summary", "errmsg", "detail", "title", "reason"];
/// Members in which servers name an error, in an object that stands where a text should.
const NAMES: [&str; 6] = ["error", "type", "status", "code", "name", "id"];
/// The same, in the items of `errors`: only a registered code counts there.
const NAMES_IN_ERRORS: [&str; 7] = ["error", "errorType", "code", "type", "errorCode", "reason", "name"];

/// The error in an object's members; `None` if there is none, or an empty one.
pub fn from_object(object: &Object<'_>, deviations: &mut u32) -> Option<ProviderError> {
    let Some(raw) = object.get("error") else { return registered_elsewhere(object, deviations) };
    if raw.starts_with(['{', '[']) {
        return nested(raw, object, deviations);
    }
    let error = match decode_string(raw) {
        Some(error) => error.as_str().to_owned(),
        None if raw.parse::<f64>().is_ok_and(|number| number != 0.0) => {
            *deviations |= deviation::ERROR_OBJECT;
            raw.to_owned()
        }
        None => {
            *deviations |= deviation::MEMBER_TYPE;
            return None;
        }
    };
    let error = Zeroizing::new(error);
    (!error.is_empty()).then(|| described(Some(&error), object, deviations))
}

/// The error of an object, or of the first item of an array, in the place of a text.
fn nested(raw: &str, object: &Object<'_>, deviations: &mut u32) -> Option<ProviderError> {
    let first = first_item(raw);
    if let Some(name) = first.and_then(text) {
        *deviations |= deviation::ERROR_OBJECT;
        return Some(described(Some(&name), object, deviations));
    }
    let nested = Object::parse(first.unwrap_or(raw))?;
    let error = NAMES.iter().find_map(|name| text(nested.get(name)?));
    let description = ["message", "error_description"].iter().find_map(|name| text(nested.get(name)?));
    if error.is_none() && description.is_none() {
        return None;
    }
    *deviations |= deviation::ERROR_OBJECT;
    let error = error.as_deref().map(String::as_str);
    Some(match description {
        Some(description) => build(error, Some(&description), None, deviations),
        None => described(error, object, deviations),
    })
}

/// A registered code without a member `error`: in `errors`, or that of a poll as the whole `message`.
fn registered_elsewhere(object: &Object<'_>, deviations: &mut u32) -> Option<ProviderError> {
    if object.get("access_token").is_some() {
        return None; // a token, and something about it
    }
    let in_item = |item: &&RawValue| match Object::parse(item.get()) {
        Some(item) => NAMES_IN_ERRORS.iter().find_map(|name| registered(item.get(name)?)),
        None => registered(item.get()),
    };
    let in_errors = object.get("errors").and_then(|raw| items(raw).iter().find_map(in_item));
    let error = match in_errors {
        Some(code) => described(Some(&code), object, deviations),
        None => build(Some(&polling(object.get("message")?)?), None, None, deviations),
    };
    *deviations |= deviation::ERROR_OBJECT;
    Some(error)
}

/// A code of a device that polls, which is no end of anything.
fn polling(raw: &str) -> Option<Zeroizing<String>> {
    let goes_on = [ProviderCode::AuthorizationPending, ProviderCode::SlowDown];
    text(raw).filter(|code| goes_on.contains(&ProviderCode::from_text(code)))
}

fn registered(raw: &str) -> Option<Zeroizing<String>> {
    text(raw).filter(|code| ProviderCode::from_text(code) != ProviderCode::Unknown || ends_login(code))
}

/// The error with what the object says about it.
fn described(error: Option<&str>, object: &Object<'_>, deviations: &mut u32) -> ProviderError {
    let standard = object.get("error_description").and_then(|raw| match Object::parse(raw) {
        Some(nested) => {
            *deviations |= deviation::MEMBER_TYPE;
            DESCRIPTIONS.iter().find_map(|name| string(nested.get(name)?))
        }
        None => string_or_flag(raw, deviations),
    });
    let uri = object.get("error_uri").and_then(|raw| string_or_flag(raw, deviations));
    let description = standard.filter(|text| !text.is_empty()).or_else(|| description_elsewhere(object, deviations));
    build(error, description.as_deref().map(String::as_str), uri.as_deref().map(String::as_str), deviations)
}

/// What the server says in words of its own, without an OAuth error.
pub fn words(object: &Object<'_>, deviations: &mut u32) -> Option<ProviderError> {
    let description = match object.get("error_description").and_then(string).filter(|text| !text.is_empty()) {
        Some(description) => description,
        None => description_elsewhere(object, deviations)?,
    };
    Some(build(None, Some(&description), None, deviations))
}

fn description_elsewhere(object: &Object<'_>, deviations: &mut u32) -> Option<Zeroizing<String>> {
    let not_empty = |text: &Zeroizing<String>| !text.is_empty();
    let found = DESCRIPTIONS.iter().find_map(|name| object.get(name).and_then(string).filter(not_empty));
    let found = found.or_else(|| {
        let first = first_item(object.get("errors")?)?;
        let message = Object::parse(first).and_then(|first| string(first.get("message")?));
        message.or_else(|| string(first)).filter(not_empty)
    });
    *deviations |= if found.is_some() { deviation::DESCRIPTION_NAME } else { 0 };
    found
}

/// The first item of an array, as it is written.
fn first_item(raw: &str) -> Option<&str> {
    items(raw).first().map(|item| item.get())
}

/// The first items of an array; none of another value.
fn items(raw: &str) -> Vec<&RawValue> {
    const ENOUGH: usize = 16;
    first_items(raw, ENOUGH)
}

fn string(raw: &str) -> Option<Zeroizing<String>> {
    decode_string(raw).map(|text| text.as_str().to_owned().into())
}

fn string_or_flag(raw: &str, deviations: &mut u32) -> Option<Zeroizing<String>> {
    let text = string(raw);
    if text.is_none() {
        *deviations |= deviation::MEMBER_TYPE;
    }
    text
}

/// The error in a form's pairs.
pub fn from_form(pairs: &[(Secret, Secret)], deviations: &mut u32) -> Option<ProviderError> {
    let get = |wanted: &str| pairs.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value.as_str());
    let error = get("error").filter(|error| !error.is_empty())?;
    Some(build(Some(error), get("error_description"), get("error_uri"), deviations))
}

/// A string's text, or a number as it is written.
fn text(raw: &str) -> Option<Zeroizing<String>> {
    let text = match decode_string(raw) {
        Some(decoded) => decoded.as_str().to_owned(),
        None if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => raw.to_owned(),
        None => return None,
    };
    (!text.is_empty()).then(|| text.into())
}

fn build(error: Option<&str>, description: Option<&str>, uri: Option<&str>, deviations: &mut u32) -> ProviderError {
    let mut keep = |value: Option<&str>| {
        let kept = value.and_then(Secret::new);
        if value.is_some() && kept.is_none() {
            *deviations |= deviation::NUL_IN_VALUE;
        }
        kept
    };
    ProviderError {
        code: error.map_or(ProviderCode::Unknown, ProviderCode::from_text),
        error: keep(error),
        description: keep(description.filter(|text| !text.is_empty())),
        uri: keep(uri.filter(|text| !text.is_empty())),
    }
}

/// Words of servers, not registered, for the end of a login.
pub fn ends_login(error: &str) -> bool {
    matches!(error, "bad_refresh_token" | "invalid_refresh_token" | "authorization_declined")
}

/// The advice for an error that came with this HTTP status.
pub fn advice(provider: &ProviderError, http_status: u16) -> Advice {
    use ProviderCode::*;
    if matches!(http_status, 408 | 425 | 429 | 500..=599) {
        return Advice::RetryLater;
    }
    if provider.error.as_ref().is_some_and(|error| ends_login(error.as_str())) {
        return Advice::LogInAgain;
    }
    match provider.code {
        InvalidGrant
        | AccessDenied
        | ExpiredToken
        | LoginRequired
        | InteractionRequired
        | ConsentRequired
        | AccountSelectionRequired
        | InvalidToken
        | InsufficientUserAuthentication => Advice::LogInAgain,
        InvalidRequest
        | UnsupportedGrantType
        | InvalidScope
        | UnsupportedResponseType
        | InvalidTarget
        | UnsupportedTokenType
        | InvalidDpopProof
        | InsufficientScope
        | InvalidAuthorizationDetails => Advice::FixRequest,
        InvalidClient | UnauthorizedClient => Advice::FixConfig,
        ServerError | TemporarilyUnavailable | AuthorizationPending | SlowDown => Advice::RetryLater,
        UseDpopNonce => Advice::Retry,
        Unknown if http_status == 403 => Advice::None, // a rule of the server's own
        Unknown => http_advice(http_status),
    }
}

/// The advice for an answer without an OAuth error.
pub fn http_advice(http_status: u16) -> Advice {
    match http_status {
        502 | 504 => Advice::OutcomeUnknown, // the server behind the gateway may have acted
        408 | 425 | 429 | 500..=599 => Advice::RetryLater,
        401 | 403..=407 | 410 | 421 => Advice::FixConfig,
        _ => Advice::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error() {
        for (body, expected) in [
            (r#"{"error":"invalid_grant"}"#, Some((Some("invalid_grant"), None))),
            (r#"{"error":"x","error_description":"d"}"#, Some((Some("x"), Some("d")))),
            (r#"{"error":{"type":"T","message":"m","code":1}}"#, Some((Some("T"), Some("m")))),
            (r#"{"error":{"code":403,"message":"m","status":"S"}}"#, Some((Some("S"), Some("m")))),
            (r#"{"error":{"code":403}}"#, Some((Some("403"), None))),
            (r#"{"error":{}}"#, None),
            (r#"{"error":""}"#, None),
            (r#"{"error":null}"#, None),
            (r#"{"error":false}"#, None),
            (r#"{"error":"a\u0000b","error_description":"d"}"#, Some((None, Some("d")))),
            (r#"{}"#, None),
        ] {
            let object = Object::parse(body).expect("JSON");
            let mut deviations = 0;
            let found = from_object(&object, &mut deviations);
            let found = found.as_ref().map(|found| {
                (found.error.as_ref().map(Secret::as_str), found.description.as_ref().map(Secret::as_str))
            });
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn codes_are_numbered_once() {
        for (index, (code, text)) in ProviderCode::ALL.iter().enumerate() {
            assert_eq!(*code as usize, index + 1);
            assert_eq!(ProviderCode::from_text(text), *code);
        }
    }
}
