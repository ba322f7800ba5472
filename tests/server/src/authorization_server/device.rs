//! Access for a device without a browser (RFC 8628).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, Response};
use chrono::Utc;
use oxide_auth::primitives::generator::TagGrant;
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::prelude::*;
use serde_json::json;

use super::credentials::ClientRequest;
use super::form::Form;
use super::provider::Provider;
use super::token_error::{TokenError, answer};
use super::{Options, Shared, USER};

pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What `slow_down` adds to the interval (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// Letters that are neither vowels nor taken for digits (RFC 8628 §6.1).
const USER_CODE_LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// The devices that wait, by device code.
pub(super) type Devices = HashMap<String, Device>;

pub(super) struct Device {
    user_code: String,
    grant: Grant,
    expiry: Instant,
    interval: Duration,
    polls: u32,
    last_poll: Option<Instant>,
    user_agreed: Option<bool>,
}

impl Device {
    pub fn expire(&mut self) {
        self.expiry = Instant::now();
    }
}

/// The device authorization endpoint.
pub(super) async fn authorize(
    State(shared): State<Shared>,
    ClientRequest { credentials, form }: ClientRequest,
) -> Result<Response, TokenError> {
    let Options { device_lifetime_s, device_interval_s, .. } = shared.options;
    let provider = &mut *shared.provider();
    let client = provider.clients.pre_grant(&credentials.client_id, form.get("scope"))?;
    let grant = Grant {
        owner_id: USER.to_string(),
        client_id: client.client_id,
        scope: client.scope,
        redirect_uri: client.redirect_uri.into_url(),
        until: Utc::now(),
        extensions: Extensions::new(),
    };
    let [device_code, letters] = [0, 1].map(|usage| RandomGenerator::new(16).tag(usage, &grant).expect("randomness"));
    let letter = |byte: u8| char::from(USER_CODE_LETTERS[usize::from(byte) % USER_CODE_LETTERS.len()]);
    let mut user_code: String = letters.bytes().take(8).map(letter).collect();
    user_code.insert(4, '-');
    let verification_uri = format!("{}/device", shared.issuer);
    let body = json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": verification_uri,
        "verification_uri_complete": format!("{verification_uri}?user_code={user_code}"),
        "expires_in": device_lifetime_s,
        "interval": device_interval_s,
    });
    let device = Device {
        user_code,
        grant,
        expiry: Instant::now() + Duration::from_secs(device_lifetime_s.into()),
        interval: Duration::from_secs(device_interval_s.into()),
        polls: 0,
        last_poll: None,
        user_agreed: None,
    };
    provider.devices.insert(device_code, device);
    Ok(answer(StatusCode::OK, &body))
}

/// One poll at the token endpoint.
pub(super) fn redeem(
    options: &Options,
    provider: &mut Provider,
    client_id: &str,
    form: &Form,
) -> Result<Response, TokenError> {
    let device_code = form.require("device_code")?;
    let device = provider.devices.get_mut(device_code).filter(|device| device.grant.client_id == client_id);
    let device = device.ok_or_else(|| TokenError::new("invalid_grant", "The device code is unknown or was used."))?;
    let now = Instant::now();
    device.polls += 1;
    let too_soon = device.last_poll.replace(now).is_some_and(|last| now - last < device.interval);
    if now >= device.expiry {
        return Err(TokenError::new("expired_token", "The device code has expired."));
    }
    if too_soon || (options.device_slow_down && device.polls == 1) {
        device.interval += SLOWER;
        return Err(TokenError::new("slow_down", "The device polls too often."));
    }
    let decides = options.device_pending_polls.is_some_and(|pending| device.polls > pending);
    match device.user_agreed.or(decides.then_some(options.user_agrees)) {
        None => return Err(TokenError::new("authorization_pending", "The user has not decided.")),
        Some(false) => return Err(TokenError::new("access_denied", "The user refused.")),
        Some(true) => {}
    }
    let grant = provider.devices.remove(device_code).expect("it was found").grant;
    let scope = grant.scope.to_string();
    let token = provider.tokens.issue(grant).expect("a token map issues");
    let body = json!({
        "access_token": token.token,
        "token_type": "Bearer",
        "expires_in": options.access_token_lifetime_s,
        "refresh_token": token.refresh,
        "scope": scope,
    });
    Ok(answer(StatusCode::OK, &body))
}

/// The page at the verification URI.
pub(super) async fn page(RawQuery(query): RawQuery) -> Html<String> {
    // A user code of ours: letters and a hyphen. Nothing else is put into the page.
    let query = query.unwrap_or_default();
    let user_code = query.strip_prefix("user_code=").unwrap_or_default();
    let user_code: String = user_code.chars().filter(|c| c.is_ascii_uppercase() || *c == '-').collect();
    Html(format!(
        r#"<!DOCTYPE html><title>Device</title><form method="post" action="/device">
<input type="text" name="user_code" value="{user_code}"><button type="submit">Allow</button>
<button type="submit" name="abort" value="yes">Refuse</button></form>"#
    ))
}

/// What the user decided there.
pub(super) async fn decide(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Html<&'static str>, TokenError> {
    let form = Form::parse(&headers, &body)?;
    let user_code = form.require("user_code")?;
    let devices = &mut shared.provider().devices;
    let device = devices.values_mut().find(|device| device.user_code == user_code);
    let device = device.ok_or_else(|| TokenError::invalid_request("The user code is unknown."))?;
    device.user_agreed = Some(form.get("abort").is_none());
    Ok(Html("<!DOCTYPE html><title>Device</title><p>You can go back to your device.</p>"))
}
