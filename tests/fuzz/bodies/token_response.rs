//! Any answer of a token endpoint is a token that a program can use, or an error that it can show.

use std::time::{Duration, UNIX_EPOCH};

use oauthclient::error::{ProviderCode, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::answer::Context;
use oauthclient::protocol::message::Secrets;
use oauthclient::protocol::token_response::{Asked, Refused, read};
use oauthclient::protocol::{content_coding, deviation};
use oauthclient::secret::Secret;
use oauthclient::text::has_control;

use crate::answer::Answer;
use crate::checks;

/// Of an unpacked body, in bytes.
const LIMIT: usize = 1 << 16;

pub fn run(input: &[u8]) {
    let answer = Answer::of(input);
    for refresh_token in [None, Some("the old refresh token")] {
        let mut response = response(&answer);
        if let Ok(true) = content_coding::unpack(&mut response, LIMIT) {
            assert!(response.body.len() <= LIMIT.max(answer.body.len()), "a bomb");
        }
        let (status, body_length) = (response.status, response.body.len());
        let asked = Asked {
            sent_at: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            refresh_token,
            id_token_alone: false,
            client_id: None,
            issuer: None,
        };
        let context = Context {
            now: UNIX_EPOCH + Duration::from_secs(1_700_000_002),
            deviations: 0,
            secrets: &|secrets: &mut Secrets| secrets.add(checks::PLANTED),
        };
        match read(response, &asked, &context) {
            Ok(token) => {
                assert!((200..300).contains(&status));
                assert_eq!(status != 200, token.deviations & deviation::STATUS != 0);
                checks::token(&token);
                assert_eq!(token.response.as_ref().map(|response| response.body.len()), Some(body_length));
                assert!(token.response_json().is_none_or(|json| json.as_str().trim_start().starts_with('{')));
                assert!(token.expires_at_s.is_some() == token.expires_in_s.is_some());
                if let Some(old) = refresh_token {
                    assert_eq!(token.rotated, token.refresh_token.as_ref().map(Secret::as_str) != Some(old));
                }
            }
            Err(Refused { error, refresh_token }) => {
                let is_whole = |token: &Secret| !token.as_str().is_empty() && !has_control(token.as_str());
                assert!(refresh_token.as_ref().is_none_or(is_whole));
                assert!(refresh_token.is_none() || error.status == Status::InvalidResponse);
                checks::error(&error);
                let response = error.response.as_ref().expect("an answer came");
                assert_eq!((response.status, response.body.len()), (status, body_length));
                let code = error.provider.as_ref().map(|provider| provider.code);
                assert!(code.is_some() || error.status != Status::Provider);
                assert!(error.status == Status::Provider || code.is_none_or(|code| code == ProviderCode::Unknown));
                assert_eq!(error.status == Status::Redirect, (300..400).contains(&status));
                assert!(error.status != Status::InvalidResponse || (200..300).contains(&status));
                assert!(error.retry_after_s.is_none_or(|seconds| seconds <= 3600));
            }
        }
    }
}

fn response(answer: &Answer<'_>) -> Response {
    let mut headers = Headers::default();
    answer.headers.iter().for_each(|(name, value)| headers.push(name, value));
    let status = u16::try_from(answer.status).unwrap_or(0);
    Response { status, headers, body: answer.body.to_vec().into(), cut: false }
}
