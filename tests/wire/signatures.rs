//! Signatures of other people's making, and broken ones: `cases/signatures.jsonl`, made by Python's `cryptography`.
//!
//! One case a line: a server's keys (those of the first case where there are none), a JWT, and why it is refused.

use oauthclient::protocol::jose::jwks::Jwks;
use oauthclient::protocol::jose::verify::{Refused, Signed};
use serde_json::Value;

/// Why a JWT is not taken, if it is not.
fn refusal(jwks: &str, jwt: &str) -> Result<(), &'static str> {
    let keys = Jwks::parse(jwks)?;
    Signed::parse(jwt)?.verify(&keys).map_err(Refused::why)
}

#[test]
fn signatures_are_verified_or_refused_for_the_right_reason() {
    let cases: Vec<Value> = include_str!("../cases/signatures.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert!(cases.len() > 90);
    for case in &cases {
        let jwks = case.get("jwks").unwrap_or(&cases[0]["jwks"]).as_str().expect("keys");
        let refused = refusal(jwks, case["jwt"].as_str().expect("a JWT"));
        match case["why"].as_str() {
            None => assert_eq!(refused, Ok(()), "{}", case["id"]),
            Some(why) => assert!(refused.is_err_and(|said| said.starts_with(why)), "{}: {refused:?}", case["id"]),
        }
    }
}
