//! Whatever a source gives: the value at a JSON pointer is the one that another reader finds, and a token can be used.
//!
//! The first line is the pointer, the rest is the text.

use std::time::{Duration, UNIX_EPOCH};

use oauthclient::protocol::json_pointer::Pointer;
use oauthclient::protocol::token_response::{Asked, read_text};
use oauthclient::secret::Secret;
use oauthclient::text::has_control;
use serde_json::Value;

pub fn run(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (place, text) = input.split_once('\n').unwrap_or(("", input));
    if let Ok(pointer) = Pointer::parse(place) {
        let (ours, whole) = (pointer.text(text), serde_json::from_str::<Value>(text));
        let theirs = whole.as_ref().ok().and_then(|whole| whole.pointer(place));
        match (&ours, theirs) {
            (Ok(text), Some(Value::String(found))) => assert_eq!(text.as_str(), found),
            (Ok(text), Some(Value::Number(_))) => assert!(text.as_str().parse::<f64>().is_ok()),
            (Ok(_), Some(other)) => panic!("{other}"),
            // The other reader knows no surrogates by themselves, no large numbers and no deep nesting.
            (Ok(_), None) => assert!(whole.is_err()),
            (Err(_), Some(Value::String(_) | Value::Number(_))) => {
                assert_ne!(ours.err(), Some("is no JSON"), "it is");
            }
            (Err(_), _) => {}
        }
    }
    let asked = Asked {
        sent_at: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        refresh_token: None,
        id_token_alone: false,
        client_id: None,
        issuer: None,
    };
    if let Ok(token) = read_text(text, &asked) {
        let access_token = token.access_token.as_ref().map_or("", Secret::as_str);
        assert!(!access_token.is_empty() && !has_control(access_token));
        assert!(token.expires_at_s.is_none_or(|expires_at_s| expires_at_s > 1_700_000_000));
    }
}
