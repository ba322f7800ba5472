//! Tokens that are bound to a key (DPoP, RFC 9449), with a server that wants nonces and one that does not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use oauthclient::blocking::session::Session;
use oauthclient::client::dpop::Proof;
use oauthclient::protocol::dpop::{Bound, Setting};
use oauthclient::protocol::jose::key::Key;
use oauthclient::protocol::saved_token;
use oauthclient::protocol::token_request::Grant;
use oauthclient::store::Store;
use oauthclient::store::file::Files;
use oauthclient::store::memory::Memory;
use oauthclient::store::options::Settings;

use super::client_authentication::own_token;
use super::*;

fn bound(interop: &Interop, name: &str, dpop: Setting) -> Builder {
    let mut config = config(interop, name);
    config.dpop = dpop;
    config
}

fn thumbprint(token: &Token) -> String {
    assert_eq!((text(&token.token_type), token.authorization().is_none()), ("DPoP", true));
    token.dpop.as_ref().map(|bound| bound.thumbprint().to_owned()).expect("its key")
}

fn own_key(algorithm: &str) -> Setting {
    Setting::Key(Arc::new(Key::generate(Some(algorithm)).expect(algorithm)))
}

#[test]
fn a_login_is_bound_to_one_key_from_the_first_request_on() {
    let Some(interop) = interop() else { return };
    for name in ["DPOP", "DPOP_PUBLIC", "DPOP_NONCE", "DPOP_NONCE_PUBLIC"] {
        for setting in [Setting::Generated, own_key("EdDSA"), own_key("ES384")] {
            let client = client_of(&bound(interop, name, setting));
            let token = logged_in(&client, "openid email");
            assert_eq!(client.userinfo(&token, None).expect(name).string("email"), Some("alice@example.org"), "{name}");
            let renewed = client.renew(&token, None, None, None).expect(name);
            assert_eq!(thumbprint(&renewed), thumbprint(&token), "{name}");
            client.userinfo(&renewed, None).expect(name);
            let resource_server = super::client(interop, "RESOURCE_SERVER");
            let seen = resource_server.introspect(text(&renewed.access_token), None, None).expect("an answer");
            let confirmed = seen.json.get("cnf").expect("it is bound").raw().as_str();
            assert!(confirmed.contains(&thumbprint(&renewed)), "{name}: {confirmed}");
        }
    }
}

#[test]
fn machines_and_devices_have_bound_tokens() {
    let Some(interop) = interop() else { return };
    for name in ["DPOP", "DPOP_NONCE"] {
        let client = client_of(&bound(interop, name, Setting::Generated));
        let tokens = [own_token(&client).expect(name), own_token(&client).expect(name)];
        assert_ne!(thumbprint(&tokens[0]), thumbprint(&tokens[1]), "{name}: each login has a key of its own");
    }
    for name in ["DPOP_PUBLIC", "DPOP_NONCE"] {
        let client = client_of(&bound(interop, name, Setting::Generated));
        let mut device = client.device_authorization(Some("openid"), None, None).expect(name);
        let codes = &device.shown.codes;
        Browser::new().enter_code(codes.verification_uri.as_str(), codes.user_code.as_str()).expect(name);
        let token = client.wait(&mut device, None).expect(name);
        assert_eq!(client.userinfo(&token, None).expect(name).string("sub"), Some("alice"), "{name}");
        assert_eq!(thumbprint(&client.renew(&token, None, None, None).expect(name)), thumbprint(&token), "{name}");
    }
}

#[test]
fn a_client_that_has_to_bind_its_tokens_is_told_so() {
    let Some(interop) = interop() else { return };
    assert_eq!(refusal(own_token(&client(interop, "DPOP"))), "invalid_grant");
}

/// The refresh token of a public client is bound to its key (section 5); one that was stolen is of no use.
#[test]
fn a_stolen_refresh_token_of_a_public_client_renews_nothing() {
    let Some(interop) = interop() else { return };
    let client = client_of(&bound(interop, "DPOP_PUBLIC", Setting::Generated));
    let token = logged_in(&client, "read");
    for thief in [Setting::Generated, own_key("ES256"), Setting::Off] {
        let thief = client_of(&bound(interop, "DPOP_PUBLIC", thief));
        let grant = Grant::RefreshToken { refresh_token: text(&token.refresh_token), scope: None };
        assert_eq!(refusal(thief.token(grant, TokenArguments::default(), None)), "invalid_grant");
    }
    let renewed = client.renew(&token, None, None, None).expect("the thieves changed nothing");
    assert_eq!(refusal(client.renew(&token, None, None, None)), "invalid_grant"); // used twice
    assert_eq!(refusal(client.renew(&renewed, None, None, None)), "invalid_grant"); // which has ended the login
}

#[test]
fn a_saved_token_has_its_key_with_it() {
    let Some(interop) = interop() else { return };
    for name in ["DPOP_PUBLIC", "DPOP_NONCE_PUBLIC"] {
        let token = logged_in(&client_of(&bound(interop, name, Setting::Generated)), "openid");
        let saved = saved_token::write(&token);
        let read = saved_token::read(saved.as_str().expect("it is JSON")).expect("as it was written");
        // the settings that made it do not matter any more
        for setting in [Setting::Generated, Setting::Off] {
            let client = client_of(&bound(interop, name, setting));
            assert_eq!(client.userinfo(&read, None).expect(name).string("sub"), Some("alice"), "{name}");
        }
        let renewed = client_of(&bound(interop, name, Setting::Off)).renew(&read, None, None, None).expect(name);
        assert_eq!(thumbprint(&renewed), thumbprint(&token), "{name}");
    }
}

#[test]
fn a_key_of_the_program_is_not_saved_and_another_one_is_refused_by_name() {
    let Some(interop) = interop() else { return };
    let (key, other) = (own_key("ES256"), own_key("ES256"));
    for (name, is_public) in [("DPOP_PUBLIC", true), ("DPOP", false)] {
        let token = logged_in(&client_of(&bound(interop, name, key.clone())), "openid");
        let saved = saved_token::write(&token);
        let read = saved_token::read(saved.as_str().expect("it is JSON")).expect("as it was written");
        assert!(matches!(read.dpop, Some(Bound::Elsewhere(_))), "{name}");
        let stranger = client_of(&bound(interop, name, other.clone()));
        for result in [stranger.userinfo(&read, None).map(drop)].into_iter().chain(
            // the refresh token of a confidential client is bound to the client alone
            is_public.then(|| stranger.renew(&read, None, None, None).map(drop)),
        ) {
            let error = failure(result);
            assert!(!error.request_sent && error.message.as_str().contains("dpop_key"), "{name}: {error}");
        }
        let client = client_of(&bound(interop, name, if is_public { key.clone() } else { other.clone() }));
        let renewed = client.renew(&read, None, None, None).expect(name);
        assert_eq!(thumbprint(&renewed) == thumbprint(&token), is_public, "{name}");
        client.userinfo(&renewed, None).expect(name);
    }
}

fn session(client: Client, store: Arc<dyn Store>) -> Session {
    Session::open(Arc::new(client), store, "alice", Arc::default()).expect("opened")
}

/// Processes on a directory: the key is in the record.
#[test]
fn a_session_renews_a_bound_login_after_a_restart() {
    let Some(interop) = interop() else { return };
    for name in ["DPOP_PUBLIC", "DPOP_NONCE_PUBLIC"] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let open =
            || -> Arc<dyn Store> { Arc::new(Files::open(directory.path(), Settings::default()).expect("a store")) };
        let client = || client_of(&bound(interop, name, Setting::Generated));
        let token = logged_in(&client(), "openid offline_access");
        session(client(), open()).adopt(&token, None).expect("adopted");
        let later = session(client(), open());
        let held = later.with_token(None, Clone::clone).expect("a token");
        assert!(later.invalidate(text(&held.access_token)).expect("a token of the session"));
        let renewed = later.with_token(None, Clone::clone).expect(name);
        assert_ne!(text(&renewed.access_token), text(&token.access_token), "{name}");
        assert_eq!(thumbprint(&renewed), thumbprint(&token), "{name}");
        // Another process has the key from the store, and learns of nonces by itself.
        let other = session(client(), open());
        assert_eq!(thumbprint(&other.with_token(None, Clone::clone).expect(name)), thumbprint(&token), "{name}");
        let url = format!("{}/me", interop.issuer());
        for wants_nonce in [name.contains("NONCE"), false] {
            let (status, challenge, nonce) = ask(interop, &other.proof("GET", &url, None).expect("headers"));
            assert_eq!(status, if wants_nonce { 401 } else { 200 }, "{name}");
            assert_eq!(
                other.client().learns(&url, status, challenge.as_deref(), nonce.as_deref()),
                wants_nonce,
                "{name}"
            );
        }
    }
}

/// A request to a resource as a program makes it: the status, the challenge and the nonce of the answer.
fn ask(interop: &Interop, proof: &Proof) -> (i32, Option<Vec<u8>>, Option<Vec<u8>>) {
    let host = interop.issuer().trim_start_matches("http://");
    let mut head = format!("GET /me HTTP/1.0\r\nHost: {host}\r\nAuthorization: {}\r\n", proof.authorization.as_str());
    if let Some(dpop) = &proof.dpop {
        head += &format!("DPoP: {}\r\n", dpop.as_str());
    }
    let mut answer = String::new();
    let mut stream = TcpStream::connect(host).expect("the server runs");
    stream.write_all((head + "\r\n").as_bytes()).and_then(|()| stream.read_to_string(&mut answer)).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let header = |wanted: &str| {
        let lines = answer.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.as_bytes().to_vec())
    };
    (status, header("www-authenticate"), header("dpop-nonce"))
}

#[test]
fn a_proof_is_good_for_one_request_to_a_resource() {
    let Some(interop) = interop() else { return };
    let url = format!("{}/me", interop.issuer());
    for (name, attempts) in [("DPOP_PUBLIC", 1), ("DPOP_NONCE_PUBLIC", 2)] {
        let token = logged_in(&client_of(&bound(interop, name, Setting::Generated)), "openid");
        // another process, which has not seen a nonce yet
        let session = session(client_of(&bound(interop, name, Setting::Generated)), Arc::new(Memory::default()));
        session.adopt(&token, None).expect("adopted");
        for attempt in 1..=attempts {
            let proof = session.proof("GET", &url, None).expect("headers");
            let (status, challenge, nonce) = ask(interop, &proof);
            let again = session.client().learns(&url, status, challenge.as_deref(), nonce.as_deref());
            assert_eq!((status, again), if attempt == attempts { (200, false) } else { (401, true) }, "{name}");
            if !again {
                let (status, challenge, _) = ask(interop, &proof);
                let challenge = String::from_utf8(challenge.expect("why")).expect("ASCII");
                assert!(status == 401 && challenge.contains(r#"error="invalid_token""#), "{name}: {challenge}");
            }
        }
        for (method, url) in [("POST", url.as_str()), ("GET", "https://elsewhere.example/me")] {
            let proof = session.proof(method, url, None).expect("headers");
            assert_eq!(ask(interop, &proof).0, 401, "{name}: it is for another request");
        }
    }
}

/// As jose reads it (section 4.2).
#[test]
fn a_proof_says_what_rfc_9449_asks_for_and_no_more() {
    let Some(interop) = interop() else { return };
    for algorithm in ["ES256", "ES384", "EdDSA"] {
        let key = Key::generate(Some(algorithm)).expect(algorithm);
        let jwk: serde_json::Value = serde_json::from_str(&key.public().to_jwk()).expect("JSON");
        let client = client_of(&bound(interop, "DPOP_NONCE_PUBLIC", Setting::Key(Arc::new(key))));
        let token = logged_in(&client, "openid");
        let session = session(client, Arc::new(Memory::default()));
        session.adopt(&token, None).expect("adopted");
        let url = format!("{}/me?x=1", interop.issuer());
        let mut seen = Vec::new();
        for _ in 0..2 {
            let proof = session.proof("GET", &url, None).expect("headers");
            assert_eq!(proof.authorization.as_str(), format!("DPoP {}", text(&token.access_token)));
            let (header, claims) = jose::verify(interop, proof.dpop.expect("a proof").as_str(), None).expect(algorithm);
            assert_eq!(header, serde_json::json!({ "typ": "dpop+jwt", "alg": algorithm, "jwk": jwk }));
            assert_eq!((&claims["htm"], &claims["htu"]), (&"GET".into(), &format!("{}/me", interop.issuer()).into()));
            assert!(
                claims["iat"].is_i64()
                    && claims["nonce"].is_string()
                    && claims["ath"].as_str().is_some_and(|ath| ath.len() == 43)
            );
            assert_eq!(claims.as_object().map(|claims| claims.len()), Some(6), "{claims}");
            seen.push(claims["jti"].clone());
        }
        assert_ne!(seen[0], seen[1]);
    }
}

/// Without a nonce the server compares the clocks; it then gives one, with which they do not matter.
#[test]
fn a_clock_that_is_off_does_not_matter_to_proofs() {
    let Some(interop) = interop() else { return };
    for issuer in ["ISSUER_AHEAD", "ISSUER_BEHIND"] {
        let mut config = bound(interop, "DPOP_PUBLIC", Setting::Generated);
        config.issuer = Some(interop.setting(issuer).to_owned());
        let client = client_of(&config);
        let token = log_in(&client, "read", Browser::new()).expect(issuer);
        client.renew(&token, None, None, None).expect(issuer);
    }
}
