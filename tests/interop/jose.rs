//! A JOSE library of others (npm's jose, by the routes of jose.mjs): what it says of a JWS, and what it signs.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::support::interop::Interop;

/// The header and the claims of a JWS whose signature is good by this public JWK, or by the one in its own header.
pub fn verify(interop: &Interop, jws: &str, jwk: Option<&str>) -> Result<(Value, Value), String> {
    let jwk: Option<Value> = jwk.map(|jwk| serde_json::from_str(jwk).expect("a JWK is JSON"));
    let mut seen: Value = post(interop, "/jose/verify", &json!({ "jws": jws, "jwk": jwk })).map(|text| parse(&text))?;
    Ok((seen["header"].take(), seen["claims"].take()))
}

/// Signs with a private key that the server made, by the name of its file.
pub fn sign(interop: &Interop, key: &str, header: &Value, claims: &Value) -> String {
    post(interop, "/jose/sign", &json!({ "key": key, "header": header, "claims": claims })).expect("jose signs")
}

/// The public JWK of a key that the server made; its `kid` is the thumbprint (RFC 7638).
pub fn public_jwk(interop: &Interop, key: &str) -> Value {
    parse(&post(interop, "/jose/public", &json!({ "key": key })).expect("a key of the server"))
}

/// A new client that proves itself by this public key (RFC 7591); its id.
pub fn register(interop: &Interop, algorithm: &str, jwk: Value) -> String {
    let client = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": algorithm,
        "jwks": { "keys": [jwk] },
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "redirect_uris": [super::REDIRECT_URI],
    });
    let answer = parse(&post(interop, "/reg", &client).expect("the server registers anybody"));
    answer["client_id"].as_str().expect("an id").to_owned()
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("jose.mjs answers in JSON")
}

fn post(interop: &Interop, path: &str, asked: &Value) -> Result<String, String> {
    let host = interop.issuer().trim_start_matches("http://");
    let body = asked.to_string();
    let mut stream = TcpStream::connect(host).expect("the server runs");
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut answer = String::new();
    stream
        .write_all((head + &body).as_bytes())
        .and_then(|()| stream.read_to_string(&mut answer))
        .map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("it is HTTP");
    if head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
        Ok(body.to_owned())
    } else {
        Err(body.to_owned())
    }
}

/// The verifier itself is right: it takes what it signed, and refuses what was changed, and other keys.
#[test]
fn the_verifier_refuses_what_was_not_signed() {
    let Some(interop) = super::interop() else { return };
    for (key, algorithm) in [
        ("rsa2048.pem", "RS256"),
        ("rsa3072.pkcs1.pem", "PS256"),
        ("p256.sec1.pem", "ES256"),
        ("p384.pem", "ES384"),
        ("ed25519.pem", "EdDSA"),
        ("ES256.jwk", "ES256"),
    ] {
        let claims = json!({ "sub": key });
        let signed = sign(interop, key, &json!({ "alg": algorithm }), &claims);
        let public = public_jwk(interop, key).to_string();
        let (header, seen) = verify(interop, &signed, Some(&public)).expect(key);
        assert_eq!((header["alg"].as_str(), seen), (Some(algorithm), claims), "{key}");
        let forged = signed.replacen('.', ".e", 1);
        assert!(verify(interop, &forged, Some(&public)).is_err(), "{key}");
    }
    let signed = sign(interop, "p256.pem", &json!({ "alg": "ES256" }), &json!({}));
    assert!(verify(interop, &signed, Some(&public_jwk(interop, "stranger.pem").to_string())).is_err());
}
