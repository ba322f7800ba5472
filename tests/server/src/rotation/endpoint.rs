//! What the server answers: at the token endpoint (RFC 6749 section 6) and at a resource (RFC 6750).

use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::login::{Login, Outcome};
use super::{Fault, Renewal, State};
use crate::scripted::{Answer, Exchange, Handler, SeenRequest};

pub(super) fn handler(state: Arc<State>) -> impl Handler {
    move |mut exchange| {
        // Not kept: a run of ten minutes makes a million of them.
        while let Some(request) = exchange.read_unrecorded_request()? {
            match request.target.as_str() {
                "/token" => token(&state, &mut exchange, &request)?,
                "/api" => exchange.answer(&api(&state, &request))?,
                "/.well-known/oauth-authorization-server" => exchange.answer(&metadata(&request))?,
                _ => exchange.answer(&Answer::new(404, &[], ""))?,
            }
        }
        Ok(())
    }
}

pub(super) fn refresh_token(login: usize, sequence: u64) -> String {
    format!("refresh-{login}-{sequence}")
}

fn token(state: &State, exchange: &mut Exchange, request: &SeenRequest) -> io::Result<()> {
    let sent = request.form_value("refresh_token").unwrap_or_default();
    let Some((login, sequence)) = numbers(&sent, "refresh-") else {
        return exchange.answer(&error("invalid_grant"));
    };
    let mut inside = state.lock();
    let fault = inside.faults.pop_front();
    let Some(known) = inside.logins.get_mut(login as usize) else {
        return exchange.answer(&error("invalid_grant"));
    };
    let newest = known.newest;
    let (outcome, answer) = match fault {
        Some(Fault::Unavailable { retry_after_s }) => {
            let retry_after = retry_after_s.to_string();
            (Outcome::Unavailable, Answer::new(503, &[("Retry-After", retry_after.as_str())], ""))
        }
        _ => match known.take(sequence, state.options.reuse) {
            Outcome::Refused => (Outcome::Refused, error("invalid_grant")),
            taken => (taken, issued(login, known, state.options.access_token_lifetime_s)),
        },
    };
    let user_agent = request.header("user-agent").unwrap_or_default().to_owned();
    let held = fault == Some(Fault::HoldAnswer);
    let renewal = Renewal { login: login as usize, sequence, newest, outcome, user_agent };
    if held {
        inside.held.push_back(renewal.clone());
    }
    inside.renewals.push(renewal);
    state.changed.notify_all();
    drop(inside);
    if held {
        exchange.wait_for_go()?;
    }
    match fault {
        Some(Fault::DropAnswer) => Err(io::Error::other("the answer is dropped")),
        _ => exchange.answer(&answer),
    }
}

fn issued(login: u64, known: &Login, lifetime_s: u32) -> Answer {
    let (newest, expiry_ms) = (known.newest, now_ms() + u64::from(lifetime_s) * 1000);
    let refresh_token = refresh_token(login as usize, newest);
    Answer::json(
        200,
        format!(
            r#"{{"access_token":"access-{login}-{newest}-{expiry_ms}","token_type":"Bearer","expires_in":{lifetime_s},"refresh_token":"{refresh_token}"}}"#
        ),
    )
}

/// RFC 8414.
fn metadata(request: &SeenRequest) -> Answer {
    let issuer = format!("http://{}", request.header("host").unwrap_or_default());
    Answer::json(
        200,
        format!(
            r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/token","userinfo_endpoint":"{issuer}/api","response_types_supported":["code"]}}"#
        ),
    )
}

fn error(code: &str) -> Answer {
    Answer::json(400, format!(r#"{{"error":"{code}"}}"#))
}

fn api(state: &State, request: &SeenRequest) -> Answer {
    let sent = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match sent.is_some_and(|token| is_valid(state, token)) {
        true => Answer::json(200, r#"{"sub":"alice"}"#),
        false => Answer::new(401, &[("WWW-Authenticate", "Bearer error=\"invalid_token\"")], ""),
    }
}

/// Whether the access token has not expired, and its login has not ended.
pub(super) fn is_valid(state: &State, access_token: &str) -> bool {
    let live = |login: u64| state.lock().logins.get(login as usize).is_some_and(|login| !login.revoked);
    access_token.rsplit_once('-').is_some_and(|(token, expiry_ms)| {
        numbers(token, "access-").is_some_and(|(login, _)| live(login))
            && expiry_ms.parse().is_ok_and(|expiry_ms: u64| now_ms() < expiry_ms)
    })
}

fn numbers(token: &str, kind: &str) -> Option<(u64, u64)> {
    let (login, sequence) = token.strip_prefix(kind)?.split_once('-')?;
    Some((login.parse().ok()?, sequence.parse().ok()?))
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
