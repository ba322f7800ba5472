//! A refresh that the server has refused: whether it ends the login, and what a record keeps of it.

use serde::de::IgnoredAny;

use crate::error::{Advice, Error, ProviderCode, ProviderError, Result, Status};
use crate::protocol::answer;
use crate::protocol::json::append_string;
use crate::protocol::message::Secrets;
use crate::protocol::saved::{Saved, append_name};
use crate::secret::{Secret, SecretBytes};

/// Pause after the first unclear refusal, in seconds: the clocks of two machines may round one away.
const FIRST_PAUSE_S: i64 = 2;
/// Pause after each further one, in seconds. The login counts as ended meanwhile.
const LATER_PAUSE_S: i64 = 15 * 60;
/// Unclear refusals in a row that count as the end.
const ENOUGH: u32 = 2;

/// What the failure of a refresh says about the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The refresh token is refused permanently.
    Ended,
    /// The server does not say it in the words of the RFC: perhaps.
    Unclear,
    /// Something else is wrong: the client, the load, the network.
    GoesOn,
}

impl Verdict {
    /// `is_public`: the client has not authenticated itself.
    pub fn of(error: &Error, is_public: bool) -> Self {
        let Some(response) = &error.response else { return Self::GoesOn };
        let said = match error.status {
            Status::Provider => error.provider.as_ref(),
            // A page comes from something between, such as a firewall.
            Status::Http if is_blank(&response.body) || is_json(&response.body) => None,
            _ => return Self::GoesOn,
        };
        let code = said.map(|provider| provider.code);
        match (response.status, code) {
            // The proxy's, the load's, or about the request as such, whatever else is said.
            (405 | 407 | 408 | 413..=415 | 421 | 425 | 429 | 431 | 451, _) => Self::GoesOn,
            (_, Some(_)) if error.advice == Advice::LogInAgain => Self::Ended,
            (_, Some(ProviderCode::InvalidClient | ProviderCode::UnauthorizedClient)) => Self::GoesOn,
            (_, Some(ProviderCode::ServerError | ProviderCode::TemporarilyUnavailable)) => Self::GoesOn,
            (_, Some(ProviderCode::InvalidTarget)) => Self::GoesOn, // about the resource (RFC 8707 section 2)
            (_, Some(ProviderCode::SlowDown | ProviderCode::UseDpopNonce | ProviderCode::InvalidDpopProof)) => {
                Self::GoesOn
            }
            // The client is meant (RFC 6749 section 5.2), if it has authenticated.
            (401, None | Some(ProviderCode::Unknown)) if !is_public => Self::GoesOn,
            (400..=499, _) | (200..=299, Some(_)) => Self::Unclear,
            _ => Self::GoesOn,
        }
    }
}

fn is_blank(body: &[u8]) -> bool {
    body.trim_ascii().is_empty()
}

fn is_json(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn cleaned(provider: &ProviderError, secrets: &Secrets) -> ProviderError {
    let clean = |text: &Option<Secret>| text.as_ref().and_then(|text| Secret::new(&secrets.clean(text.as_str())));
    ProviderError {
        error: clean(&provider.error),
        code: provider.code,
        description: clean(&provider.description),
        uri: clean(&provider.uri),
    }
}

/// The refusals of one refresh token, in a row, as the record of the login keeps them.
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    pub times: u32,
    /// In seconds since the epoch.
    pub last_at_s: i64,
    /// The server, or the program, was clear.
    pub is_final: bool,
    pub provider: Option<ProviderError>,
    /// What an error message says about the last one: HTTP status and words, without secrets.
    pub said: String,
}

impl Refusal {
    /// The one after `before`.
    /// The words are kept in one bounded line each, without `secrets`.
    pub fn new(error: &Error, is_final: bool, before: Option<&Self>, now_s: i64, secrets: &Secrets) -> Self {
        Self {
            times: before.map_or(0, |before| before.times).saturating_add(1),
            last_at_s: now_s,
            is_final,
            provider: error.provider.as_ref().map(|provider| cleaned(provider, secrets)),
            said: secrets.clean(&answer::said(error)),
        }
    }

    /// The same, after a try that brought no new word about it: the pause begins anew.
    pub fn tried_again(&self, now_s: i64) -> Self {
        Self { last_at_s: now_s, ..self.clone() }
    }

    pub fn ends_the_login(&self) -> bool {
        self.is_final || self.times >= ENOUGH
    }

    /// Seconds until the refresh token may be tried again; `None`: never.
    pub fn pause_s(&self, now_s: i64) -> Option<i64> {
        let pause_s = if self.times < ENOUGH { FIRST_PAUSE_S } else { LATER_PAUSE_S };
        let left_s = match self.last_at_s > now_s {
            true => 0, // a clock was set back: it must not stop anybody
            false => self.last_at_s.saturating_add(pause_s).saturating_sub(now_s).max(0),
        };
        (!self.is_final).then_some(left_s)
    }

    /// The error of a call during the pause after an unclear refusal.
    pub fn not_yet(&self, pause_s: i64) -> Error {
        let said = &self.said;
        let line = format!("the server refused the refresh token{said}; it is tried once more in {pause_s} s");
        let is_provider = self.provider.as_ref().is_some_and(|provider| provider.error.is_some());
        let mut error = Error::new(if is_provider { Status::Provider } else { Status::Http }, &line);
        error.advice = Advice::RetryLater;
        error.retry_after_s = u32::try_from(pause_s).ok();
        error.provider = self.provider.clone();
        error
    }

    pub fn append_to(&self, json: &mut SecretBytes) {
        json.extend(format!("{{\"times\":{},\"last_at_s\":{}", self.times, self.last_at_s).as_bytes());
        if self.is_final {
            json.extend(b",\"final\":true");
        }
        let provider = self.provider.as_ref();
        let texts = [
            ("said", Some(self.said.as_str()).filter(|said| !said.is_empty())),
            ("error", provider.and_then(|provider| provider.error.as_ref()).map(|text| text.as_str())),
            (
                "error_description",
                provider.and_then(|provider| provider.description.as_ref()).map(|text| text.as_str()),
            ),
            ("error_uri", provider.and_then(|provider| provider.uri.as_ref()).map(|text| text.as_str())),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                append_name(json, name);
                append_string(json, text);
            }
        }
        json.push(b'}');
    }

    pub fn read(saved: &Saved<'_>) -> Result<Self> {
        let any = |_: &str| true;
        let (error, description) = (saved.text("error", any)?, saved.text("error_description", any)?);
        let uri = saved.text("error_uri", any)?;
        let has_words = error.is_some() || description.is_some() || uri.is_some();
        let code = error.as_ref().map_or(ProviderCode::Unknown, |error| ProviderCode::from_text(error.as_str()));
        Ok(Self {
            times: saved.value("times", |_| true)?.unwrap_or(0),
            last_at_s: saved.value("last_at_s", |_| true)?.unwrap_or(0),
            is_final: saved.value("final", |_| true)?.unwrap_or(false),
            provider: has_words.then_some(ProviderError { error, code, description, uri }),
            said: saved.text("said", any)?.map_or_else(String::new, |said| said.as_str().to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Headers, Response};
    use crate::protocol::answer::Context;
    use std::time::UNIX_EPOCH;

    fn error(status: u16, body: &str) -> Error {
        let mut headers = Headers::default();
        headers.push(b"content-type", b"application/json");
        let response = Response { status, headers, body: body.as_bytes().to_vec().into(), cut: false };
        let context = Context { now: UNIX_EPOCH, deviations: 0, secrets: &|_| {} };
        let read = answer::read(response, &context, |_| false, |_| Err::<(), _>("no token"));
        read.map(|_| ()).expect_err("an error")
    }

    #[test]
    fn what_a_failed_refresh_says_about_the_login() {
        use Verdict::*;
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant"}"#, Ended),
            (200, r#"{"error":"bad_refresh_token"}"#, Ended),
            (401, r#"{"error":"invalid_refresh_token"}"#, Ended),
            (400, r#"{"error":"expired_token"}"#, Ended),
            (403, r#"{"error":"authorization_declined"}"#, Ended),
            (400, r#"{"error":"interaction_required"}"#, Ended),
            (400, r#"{"error":"consent_required"}"#, Ended),
            (400, r#"{"errors":[{"errorType":"invalid_grant","message":"gone"}]}"#, Ended),
            (400, r#"{"error":"invalid_request","error_description":"Refresh token inactive"}"#, Unclear),
            (400, r#"{"errors":["x","invalid_grant"]}"#, Ended),
            (400, r#"{"errors":[{"reason":"invalid_grant"}]}"#, Ended),
            (400, r#"{"error":{"error":"invalid_grant","error_description":"gone"}}"#, Ended),
            (400, "", Unclear),
            (400, "null", Unclear),
            (400, "[]", Unclear),
            (400, r#""bad token""#, Unclear),
            (404, " \r\n", Unclear),
            (400, r#"{"message":"Bad Request","errors":[{"code":"invalid"}]}"#, Unclear),
            (403, r#"{"error":"made_up"}"#, Unclear),
            (200, r#"{"error":"made_up"}"#, Unclear),
            (400, r#"{"error":"unsupported_grant_type"}"#, Unclear),
            (400, r#"{"error":"invalid_target"}"#, GoesOn),
            (401, r#"{"error":"invalid_client"}"#, GoesOn),
            (400, r#"{"error":"invalid_client"}"#, GoesOn),
            (400, r#"{"error":"unauthorized_client"}"#, GoesOn),
            (401, "", GoesOn),
            (401, r#"{"message":"Authentication failed"}"#, GoesOn),
            (401, r#"{"error":"unauthorized"}"#, GoesOn),
            (407, "", GoesOn),
            (405, "", GoesOn),
            (413, "", GoesOn),
            (451, "{}", GoesOn),
            (408, r#"{"error":"invalid_request"}"#, GoesOn),
            (408, r#"{"error":"invalid_grant"}"#, GoesOn),
            (425, r#"{"error":"bad_refresh_token"}"#, GoesOn),
            (425, "", GoesOn),
            (429, r#"{"error":"invalid_request"}"#, GoesOn),
            (429, r#"{"error":"invalid_grant"}"#, GoesOn),
            (500, r#"{"error":"invalid_request"}"#, GoesOn),
            (500, r#"{"error":"invalid_grant"}"#, GoesOn),
            (503, "", GoesOn),
            (400, r#"{"error":"temporarily_unavailable"}"#, GoesOn),
            (400, r#"{"error":"slow_down"}"#, GoesOn),
            (403, "<html>Access denied by policy</html>", GoesOn),
            (403, "Access denied", GoesOn),
            (302, "", GoesOn),
            (200, "{}", GoesOn),
        ] {
            assert_eq!(Verdict::of(&error(status, body), false), expected, "{status} {body}");
        }
        for (body, expected) in [
            ("", Unclear),
            (r#"{"error":"unauthorized"}"#, Unclear),
            (r#"{"error":"invalid_client"}"#, GoesOn),
            ("<html>", GoesOn),
        ] {
            assert_eq!(Verdict::of(&error(401, body), true), expected, "a public client: {body}");
        }
        assert_eq!(Verdict::of(&Error::new(Status::Timeout, "late"), false), GoesOn);
    }

    #[test]
    fn an_unclear_end_is_tried_again_and_a_clear_one_is_not() {
        let none = Secrets::default();
        let refused = error(400, r#"{"error":"invalid_request","error_description":"inactive"}"#);
        let first = Refusal::new(&refused, false, None, 1000, &none);
        assert_eq!((first.ends_the_login(), first.pause_s(1000), first.pause_s(1001)), (false, Some(2), Some(1)));
        assert_eq!((first.pause_s(1002), first.pause_s(999)), (Some(0), Some(0)), "a clock that was set back");
        let second = Refusal::new(&refused, false, Some(&first), 1002, &none);
        assert_eq!((second.ends_the_login(), second.pause_s(1002), second.pause_s(1902)), (true, Some(900), Some(0)));
        let last = Refusal::new(&refused, true, Some(&second), 2000, &none);
        assert_eq!((last.times, last.ends_the_login(), last.pause_s(9_999_999)), (3, true, None));
    }

    #[test]
    fn a_record_keeps_no_secret_and_no_more_than_a_line() {
        let body =
            format!(r#"{{"error":"invalid_grant","error_description":"s3cret-of-client {}"}}"#, "x".repeat(9000));
        let mut secrets = Secrets::default();
        secrets.add("s3cret-of-client");
        let refusal = Refusal::new(&error(400, &body), true, None, 7, &secrets);
        let mut json = SecretBytes::default();
        refusal.append_to(&mut json);
        assert!(json.len() < 2000 && !json.as_str().expect("text").contains("s3cret"), "{} bytes", json.len());
    }

    #[test]
    fn a_record_keeps_the_words() {
        let none = Secrets::default();
        let refused = error(400, r#"{"error":"invalid_request","error_description":"in\"active","error_uri":"u"}"#);
        for refusal in
            [Refusal::new(&refused, true, None, 7, &none), Refusal::new(&error(400, ""), false, None, 7, &none)]
        {
            let mut json = SecretBytes::default();
            refusal.append_to(&mut json);
            let saved = Saved::nested(json.as_str().expect("text")).expect("an object");
            let back = Refusal::read(&saved).expect("readable");
            let words = |refusal: &Refusal| {
                refusal.provider.as_ref().map(|provider| provider.words().as_str().unwrap_or_default().to_owned())
            };
            assert_eq!((back.times, back.last_at_s, back.is_final), (1, 7, refusal.is_final));
            assert_eq!((words(&back), &back.said), (words(&refusal), &refusal.said));
        }
    }
}
