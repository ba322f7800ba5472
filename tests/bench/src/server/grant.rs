//! Refresh tokens that work once, so that a client which sends anything but the token it was last given fails.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::request::Request;
use crate::load::{AUTHORIZATIONS, FIRST_REFRESH_TOKEN};

#[derive(Default)]
pub struct Grants {
    issued: AtomicU64,
    unused: Mutex<HashSet<u64>>,
}

/// Characters that a form must encode, around the number.
const BEFORE: &str = "1//0g";
const AFTER: &str = "+bench/refresh==";

impl Grants {
    /// Checks a refresh as RFC 6749 §6 asks, and returns the number of the answer.
    pub fn redeem(&self, request: &Request<'_>) -> Result<u64, &'static str> {
        // What a key has signed is verified elsewhere: here it would cost the server more than the client.
        let is_signed = || field(request.body, "client_assertion").is_some_and(|field| field.split('.').count() == 3);
        match request.header("authorization") {
            Some(value) if AUTHORIZATIONS.contains(&value) => {}
            None if is_signed() => {}
            _ => return Err("invalid_client"),
        }
        let json = request.header("accept").is_some_and(|types| types.contains("application/json"));
        if !json || request.header("content-type") != Some("application/x-www-form-urlencoded") {
            return Err("invalid_request");
        }
        if field(request.body, "grant_type") != Some("grant_type=refresh_token") {
            return Err("unsupported_grant_type");
        }
        let sent = field(request.body, "refresh_token")
            .and_then(|field| decode(field.split_once('=')?.1))
            .ok_or("invalid_request")?;
        let mut unused = self.unused.lock().map_err(|_| "server_error")?;
        if sent != FIRST_REFRESH_TOKEN && !number(&sent).is_some_and(|number| unused.remove(&number)) {
            return Err("invalid_grant");
        }
        let next = self.issued.fetch_add(1, Relaxed);
        unused.insert(next);
        Ok(next)
    }
}

pub fn refresh_token(number: u64) -> String {
    format!("{BEFORE}{number:024}{AFTER}")
}

fn number(refresh_token: &str) -> Option<u64> {
    refresh_token.strip_prefix(BEFORE)?.strip_suffix(AFTER)?.parse().ok()
}

fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').find(|field| field.split_once('=').is_some_and(|(found, _)| found == name))
}

fn decode(encoded: &str) -> Option<String> {
    let mut bytes = encoded.bytes();
    let mut decoded = Vec::with_capacity(encoded.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
