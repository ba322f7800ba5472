//! Answers that real token endpoints have given, and broken ones, over a real socket: `cases/token-responses.jsonl`.
//!
//! One case a line: the answer, and what a client makes of it. In `body`, `\n \r \t \\ \xHH` are escapes.

use oauthclient::error::{Error, Result, Status};
use oauthclient::protocol::token::Token;
use oauthclient::protocol::token_request::Grant;
use oauthclient::secret::Secret;
use oauthclient_test_server::scripted::{Answer, Scripted};
use serde_json::Value;

use crate::support::calls::{REFRESH_TOKEN, call, client, grants};

fn cases() -> Vec<Value> {
    let lines = include_str!("../cases/token-responses.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn unescaped(body: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = body.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            bytes.extend(character.to_string().as_bytes());
            continue;
        }
        bytes.push(match rest.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
            }
            other => panic!("unknown escape {other:?}"),
        });
    }
    bytes
}

fn answer(case: &Value) -> Answer {
    let status = case["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let headers = case["headers"].as_object().expect("headers").iter();
    let headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.as_str().expect("text"))).collect();
    Answer::new(status, &headers, unescaped(case["body"].as_str().expect("a body")))
}

/// What `expect` says, in the library's words; `None` for a success.
fn status(expect: &Value) -> Option<Status> {
    match expect["error_class"].as_str() {
        _ if expect["ok"] == true => None,
        Some("oauth_error") => Some(Status::Provider),
        Some("http_error") => Some(Status::Http),
        Some("parse_error" | "invalid_response") => Some(Status::InvalidResponse),
        Some("refused_redirect") => Some(Status::Redirect),
        other => panic!("unknown error class {other:?}"),
    }
}

fn text(value: &Option<Secret>) -> Option<&str> {
    value.as_ref().map(Secret::as_str)
}

fn check_token(id: &str, token: &Token, expect: &Value, grant: Grant<'_>) {
    assert_eq!(text(&token.access_token), expect["access_token"].as_str(), "{id}");
    let lower = |text: &str| text.to_ascii_lowercase();
    assert_eq!(text(&token.token_type).map(lower), expect["token_type"].as_str().map(lower), "{id}");
    assert_eq!(token.expires_in_s, expect["expires_in"].as_i64(), "{id}");
    assert_eq!(text(&token.scope), expect["scope"].as_str(), "{id}");
    let sent = expect["refresh_token"].as_str();
    match grant {
        Grant::RefreshToken { .. } => {
            assert_eq!(text(&token.refresh_token), Some(sent.unwrap_or(REFRESH_TOKEN)), "{id}");
            assert_eq!(token.rotated, sent.is_some(), "{id}");
        }
        _ => assert_eq!(text(&token.refresh_token), sent, "{id}"),
    }
}

fn check_error(id: &str, error: &Error, expect: &Value) {
    let http_status = error.response.as_ref().map(|response| u64::from(response.status));
    assert_eq!(http_status, expect["http_status"].as_u64(), "{id}");
    let provider = error.provider.as_ref();
    assert_eq!(provider.and_then(|provider| text(&provider.error)), expect["error"].as_str(), "{id}");
    let description = provider.and_then(|provider| text(&provider.description));
    match expect["error_description_any"].as_array() {
        Some(any) => assert!(any.iter().any(|one| one.as_str() == description), "{id}: {description:?}"),
        None => assert_eq!(description, expect["error_description"].as_str(), "{id}"),
    }
    if let Some(uri) = expect["error_uri"].as_str() {
        assert_eq!(provider.and_then(|provider| text(&provider.uri)), Some(uri), "{id}");
    }
    for retry_after in ["retry_after", "retry_after_capped"] {
        if let Some(seconds) = expect[retry_after].as_u64() {
            assert_eq!(error.retry_after_s.map(u64::from), Some(seconds), "{id}");
        }
    }
    assert!(error.request_sent && error.attempts == 1 && !error.message.as_str().is_empty(), "{id}: {error}");
}

fn check(id: &str, outcome: &Result<Token>, expect: &Value, grant: Grant<'_>) {
    if expect["either_ok"] == true {
        let refused = outcome.as_ref().err().map(|error| error.status);
        return assert!(matches!(refused, None | Some(Status::InvalidResponse)), "{id}: {refused:?}");
    }
    match (outcome, status(expect)) {
        (Ok(token), None) => check_token(id, token, expect, grant),
        (Err(error), Some(status)) if error.status == status => check_error(id, error, expect),
        (Ok(_), Some(status)) => panic!("{id}: it worked, not {status:?}"),
        (Err(error), expected) => panic!("{id}: {error} ({:?}, not {expected:?})", error.status),
    }
}

#[test]
fn every_answer_is_understood() {
    let cases = cases();
    assert!(cases.len() > 40);
    for case in &cases {
        let id = case["id"].as_str().expect("an id");
        let expect = &case["expect"];
        for grant in grants() {
            let server = Scripted::sequence(vec![answer(case)]);
            let outcome = call(&client(&server.url("/token")), grant, None);
            check(id, &outcome, expect, grant);
            let requests = server.requests();
            assert_eq!(requests.len() as u64, expect["max_requests"].as_u64().unwrap_or(1), "{id}");
            assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("POST", "/token"), "{id}");
        }
    }
}
