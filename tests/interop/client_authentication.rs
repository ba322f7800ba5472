//! Clients that prove who they are by a key: each way at each endpoint, and each refusal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use oauthclient::blocking::session::Session;
use oauthclient::clock::Clock;
use oauthclient::error::Error;
use oauthclient::protocol::jose::key::Key;
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::token_request::Grant;
use oauthclient::store::memory::Memory;
use oauthclient_test_server::scripted::Scripted;
use serde_json::Value;

use super::*;

/// Clients by the name that the server gave them, and the file of a key that is registered for each.
pub const CLIENTS: [(&str, &str); 5] = [
    ("KEY_RS256", "rsa2048.pem"),
    ("KEY_PS256", "rsa3072.pkcs1.pem"),
    ("KEY_ES256", "p256.sec1.pem"),
    ("KEY_ES384", "p384.pem"),
    ("KEY_EDDSA", "ed25519.pem"),
];

fn keyed(interop: &Interop, name: &str, key: Key) -> Builder {
    let mut config = config(interop, name);
    config.client_key = Some(key.into());
    config
}

/// A key for the algorithm at the end of the client's name.
pub fn key_for(interop: &Interop, name: &str, file: &str) -> Key {
    keys::key(interop, file, (name == "KEY_PS256").then_some("PS256"))
}

pub fn own_token(client: &Client) -> Result<Token> {
    client.token(Grant::ClientCredentials { scope: Some("read") }, TokenArguments::default(), None)
}

/// A log-in, a refresh, a token of its own, introspection, revocation, and a device.
pub fn everywhere(client: &Client, name: &str, browser: impl Fn() -> Browser) {
    everywhere_but_on_a_device(client, name, &browser);
    let mut device = client.device_authorization(Some("openid"), None, None).expect(name);
    browser()
        .enter_code(device.shown.codes.verification_uri.as_str(), device.shown.codes.user_code.as_str())
        .expect(name);
    let token = client.wait(&mut device, None).expect(name);
    assert_eq!(claim(&token, "sub"), Some("alice"), "{name}");
}

pub fn everywhere_but_on_a_device(client: &Client, name: &str, browser: impl Fn() -> Browser) {
    let token = log_in(client, "openid offline_access", browser().user("bob")).expect(name);
    assert_eq!(claim(&token, "sub"), Some("bob"), "{name}");
    let token = client.renew(&token, None, None, None).expect(name);
    assert!(token.rotated, "{name}");
    let own = own_token(client).expect(name);
    let seen = client.introspect(text(&own.access_token), None, None).expect(name);
    assert!(seen.active, "{name}");
    client.revoke(text(&token.refresh_token), None, None).expect(name);
    assert_eq!(refusal(client.renew(&token, None, None, None)), "invalid_grant", "{name}");
}

#[test]
fn a_key_of_each_algorithm_is_good_everywhere() {
    let Some(interop) = interop() else { return };
    for (name, file) in CLIENTS {
        everywhere(&client_of(&keyed(interop, name, key_for(interop, name, file))), name, Browser::new);
    }
}

#[test]
fn keys_of_jose_have_names_that_the_server_knows() {
    let Some(interop) = interop() else { return };
    for (name, _) in CLIENTS {
        let algorithm = name.trim_start_matches("KEY_").replace("EDDSA", "EdDSA");
        let key = keys::key(interop, &format!("{algorithm}.jwk"), None);
        own_token(&client_of(&keyed(interop, name, key))).expect(name);
    }
}

#[test]
fn a_secret_may_sign_and_is_not_sent() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "SECRET_JWT");
    config.authentication = Some(Method::ClientSecretJwt);
    everywhere(&client_of(&config), "SECRET_JWT", Browser::new);
    config.client = Some((secret("secret_jwt"), Some(secret("another secret that is long enough to sign with"))));
    assert_eq!(refusal(own_token(&client_of(&config))), "invalid_client");
}

#[test]
fn a_stranger_s_key_is_refused_everywhere() {
    let Some(interop) = interop() else { return };
    let right = client_of(&keyed(interop, "KEY_ES256", keys::key(interop, "p256.pem", None)));
    let token = logged_in(&right, "openid offline_access");
    let stranger = client_of(&keyed(interop, "KEY_ES256", keys::key(interop, "stranger.pem", None)));
    assert_eq!(refusal(log_in(&stranger, "openid", Browser::new())), "invalid_client");
    assert_eq!(refusal(stranger.renew(&token, None, None, None)), "invalid_client");
    assert_eq!(refusal(own_token(&stranger)), "invalid_client");
    assert_eq!(refusal(stranger.introspect(text(&token.access_token), None, None)), "invalid_client");
    assert_eq!(refusal(stranger.revoke(text(&token.refresh_token), None, None)), "invalid_client");
    assert_eq!(refusal(stranger.device_authorization(None, None, None)), "invalid_client");
    right.renew(&token, None, None, None).expect("the refusals changed nothing");
    // a good key, but one of an algorithm that the client has not registered
    let other = client_of(&keyed(interop, "KEY_ES256", keys::key(interop, "p384.pem", None)));
    assert_eq!(refusal(own_token(&other)), "invalid_client");
}

/// A signer that fails is as a network that fails: the login is as it was.
#[test]
fn a_session_signs_each_renewal_and_survives_a_signer_that_fails() {
    let Some(interop) = interop() else { return };
    let works = Arc::new(AtomicBool::new(true));
    let signer = {
        let (works, key) = (works.clone(), keys::key(interop, "p256.pem", None));
        move |_, message: &[u8]| match works.load(SeqCst) {
            true => key.sign(message),
            false => Err(Error::new(Status::Callback, "the card is out")),
        }
    };
    let public_jwk = jose::public_jwk(interop, "p256.pem").to_string();
    let key = Key::from_signer(&public_jwk, Some("ES256"), Box::new(signer)).expect("a public key");
    let client = Arc::new(client_of(&keyed(interop, "KEY_ES256", key)));
    let session = Session::open(client.clone(), Arc::new(Memory::default()), "alice", Arc::default()).expect("opened");
    session.adopt(&logged_in(&client, "openid offline_access"), None).expect("adopted");
    let now = || session.with_token(None, |token| text(&token.access_token).to_owned());
    let first = now().expect("a token");
    assert!(session.invalidate(&first).expect("a token of the session"));
    works.store(false, SeqCst);
    let error = failure(now());
    assert!(error.status == Status::Callback && error.message.as_str().contains("the card is out"), "{error}");
    assert!(!error.request_sent, "{error}");
    works.store(true, SeqCst);
    let second = now().expect("a new token");
    assert_ne!(first, second);
    assert!(session.invalidate(&second).expect("a token of the session"));
    assert_ne!(now().expect("a new token"), second);
}

/// The server's clock is ten minutes off: what is signed has expired there, or is from the future.
#[test]
fn a_clock_that_is_off_is_named() {
    let Some(interop) = interop() else { return };
    for (issuer, minutes) in [("ISSUER_AHEAD", 10), ("ISSUER_BEHIND", -10)] {
        let mut config = keyed(interop, "KEY_ES256", keys::key(interop, "p256.pem", None));
        config.issuer = Some(interop.setting(issuer).to_owned());
        let error = failure(own_token(&client_of(&config)));
        assert_eq!(
            error.provider.as_ref().and_then(|said| said.error.as_ref()).map(Secret::as_str),
            Some("invalid_client")
        );
        let which = if minutes < 0 { "s behind this machine's" } else { "s ahead of this machine's" };
        let message = error.message.as_str();
        assert!(message.contains("the server's clock (") && message.contains(which), "{message}");
        config.clock = Clock::shifted();
        config.clock.set_wall(minutes * 60_000);
        own_token(&client_of(&config)).expect(issuer);
    }
}

#[test]
fn the_audience_is_the_issuer_unless_the_program_says_otherwise() {
    let Some(interop) = interop() else { return };
    let mut config = keyed(interop, "OLDER", keys::key(interop, "p256.pem", None));
    assert_eq!(refusal(own_token(&client_of(&config))), "invalid_client");
    config.assertion_audience = Some(format!("{}/token", interop.issuer()));
    own_token(&client_of(&config)).expect("the token endpoint");
}

/// As jose reads what goes over the wire.
#[test]
fn an_assertion_says_what_rfc_7523_asks_for_and_no_more() {
    let Some(interop) = interop() else { return };
    for (name, file) in CLIENTS {
        let server = Scripted::sequence(vec![support::calls::token()]);
        let key = key_for(interop, name, file);
        let jwk = key.public_jwk().as_str().to_owned();
        let mut config = keyed(interop, name, key);
        config.issuer = None;
        config.set_endpoint(Endpoint::Token, server.url("/token"));
        config.assertion_audience = Some("https://as.example".to_owned());
        let client = client_of(&config);
        own_token(&client).expect(name);
        own_token(&client).expect(name);
        let seen = server.seen();
        assert_eq!(seen.requests.len(), 2);
        let assertions: Vec<Value> = seen
            .requests
            .iter()
            .map(|request| {
                assert_eq!(request.header("authorization"), None, "{name}");
                assert_eq!(
                    request.form_value("client_assertion_type").as_deref(),
                    Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                );
                let jws = request.form_value("client_assertion").expect("an assertion");
                let (header, claims) = jose::verify(interop, &jws, Some(&jwk)).expect(name);
                assert_eq!(header["typ"], "client-authentication+jwt");
                let mut names: Vec<&String> = claims.as_object().expect("an object").keys().collect();
                names.sort();
                assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "sub"], "{name}");
                assert_eq!(
                    (claims["aud"].as_str(), &claims["iss"]),
                    (Some("https://as.example"), &claims["sub"]),
                    "{name}"
                );
                assert!(
                    claims["exp"]
                        .as_i64()
                        .zip(claims["iat"].as_i64())
                        .is_some_and(|(exp, iat)| exp > iat && exp - iat <= 60)
                );
                claims
            })
            .collect();
        assert_ne!(assertions[0]["jti"], assertions[1]["jti"], "{name}");
    }
}
