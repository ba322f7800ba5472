//! Reads an OAuth error in an answer (RFC 6749 section 5.2), in all shapes that servers send, and gives the advice for
//! it.

use crate::error::{Advice, ProviderCode, ProviderError};
use crate::protocol::deviation;
use crate::protocol::json::{Object, decode_string};
use crate::secret::Secret;

/// The error in an object's members; `None` if there is none, or an empty one.
pub fn from_object(object: &Object<'_>, deviations: &mut u32) -> Option<ProviderError> {
    let raw = object.get("error")?;
    if raw.starts_with('{') {
        let nested = Object::parse(raw)?;
        *deviations |= deviation::ERROR_OBJECT;
        let error = ["type", "status", "code"].iter().find_map(|name| text(nested.get(name)?));
        let description = nested.get("message").and_then(text);
        if error.is_none() && description.is_none() {
            return None;
        }
        return Some(build(
            error.as_deref().map(String::as_str),
            description.as_deref().map(String::as_str),
            None,
            deviations,
        ));
    }
    let Some(error) = decode_string(raw) else {
        *deviations |= deviation::MEMBER_TYPE;
        return None;
    };
    if error.as_str().is_empty() {
        return None;
    }
    let mut optional = |name| {
        let raw = object.get(name)?;
        let text = decode_string(raw);
        if text.is_none() {
            *deviations |= deviation::MEMBER_TYPE;
        }
        text
    };
    let (description, uri) = (optional("error_description"), optional("error_uri"));
    let (description, uri) = (description.as_ref().map(|text| text.as_str()), uri.as_ref().map(|text| text.as_str()));
    Some(build(Some(error.as_str()), description, uri, deviations))
}

/// The error in a form's pairs.
pub fn from_form(pairs: &[(Secret, Secret)], deviations: &mut u32) -> Option<ProviderError> {
    let get = |wanted: &str| pairs.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value.as_str());
    let error = get("error").filter(|error| !error.is_empty())?;
    Some(build(Some(error), get("error_description"), get("error_uri"), deviations))
}

/// A string's text, or a number as it is written.
fn text(raw: &str) -> Option<zeroize::Zeroizing<String>> {
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

/// The advice for an error that came with this HTTP status.
pub fn advice(code: ProviderCode, http_status: u16) -> Advice {
    use ProviderCode::*;
    if matches!(http_status, 429 | 503) {
        return Advice::RetryLater;
    }
    match code {
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
