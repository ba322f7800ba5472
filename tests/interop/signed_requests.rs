//! Signed authorization requests (RFC 9101), in the URL and pushed.

use std::sync::Arc;

use super::*;

/// Files of keys that are registered, one for each algorithm.
const KEYS: [(&str, Option<&str>); 5] = [
    ("rsa2048.pem", None),
    ("rsa3072.pem", Some("PS256")),
    ("p256.pem", None),
    ("p384.pem", None),
    ("EdDSA.jwk", None),
];

fn signing(interop: &Interop, name: &str, file: &str, algorithm: Option<&str>) -> Builder {
    let mut config = config(interop, name);
    config.client_key = Some(Arc::new(keys::key(interop, file, algorithm)));
    config.signed_requests = true;
    config.pushed_authorization = name.starts_with("PUSHED");
    config
}

#[test]
fn requests_signed_by_each_algorithm_are_good_in_the_url_and_pushed() {
    let Some(interop) = interop() else { return };
    for (file, algorithm) in KEYS {
        for name in ["SIGNED", "PUSHED_SIGNED"] {
            let token = log_in(
                &client_of(&signing(interop, name, file, algorithm)),
                "openid offline_access",
                Browser::new().user("bob"),
            );
            assert_eq!(claim(&token.expect(file), "sub"), Some("bob"), "{name} {file}");
        }
    }
}

#[test]
fn a_server_that_requires_it_gets_it_without_a_word_of_the_program() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "KEY_ES256");
    config.issuer = Some(interop.setting("ISSUER_SIGNED").to_owned());
    config.client_key = Some(Arc::new(keys::key(interop, "p256.pem", None)));
    assert_eq!(claim(&logged_in(&client_of(&config), "openid"), "iss"), Some(interop.setting("ISSUER_SIGNED")));
    // a client without a key cannot, and is told before anybody is sent there
    config.client_key = None;
    let arguments = AuthorizationArguments { redirect_uri: REDIRECT_URI, scope: None, parameters: None };
    let error = failure(client_of(&config).authorization(arguments, None));
    assert!(error.message.as_str().contains("client_key"), "{error}");
}

#[test]
fn a_request_signed_by_somebody_else_is_refused() {
    let Some(interop) = interop() else { return };
    let client = client_of(&signing(interop, "SIGNED", "stranger.pem", None));
    let authorization = begin(&client, "openid", None);
    // Nothing in such a request can be believed, where to send the user back least of all: they see the refusal there.
    let shown = Browser::new().log_in(authorization.request.url.as_str()).expect_err("a page of the server");
    assert!(shown.contains("invalid_request_object"), "{shown}");
}

/// As jose reads it: the parameters are inside, and what the URL says beside it is what OpenID Connect asks for.
#[test]
fn a_signed_request_says_who_asks_whom_and_for_how_long() {
    let Some(interop) = interop() else { return };
    for (file, algorithm) in KEYS {
        let client = client_of(&signing(interop, "SIGNED", file, algorithm));
        let extra = parameters(&[("login_hint", "bob@example.org")]);
        let authorization = begin(&client, "openid read", Some(&extra));
        let url = authorization.request.url.as_str();
        let query = url.split_once('?').expect("a query").1;
        let mut shown: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        shown.sort();
        let names: Vec<&str> = shown.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["client_id", "request", "response_type", "scope"], "{file}");
        let jwk = jose::public_jwk(interop, file).to_string();
        let (header, mut claims) = jose::verify(interop, &shown[1].1, Some(&jwk)).expect(file);
        assert_eq!(header["typ"], "oauth-authz-req+jwt", "{file}");
        let said = claims.as_object_mut().expect("an object");
        let mut time = |name: &str| said.remove(name).and_then(|time| time.as_i64()).expect("a time");
        assert!(time("exp") - time("nbf") <= 3600, "{file}");
        time("iat");
        for unguessable in ["state", "nonce", "code_challenge", "jti"] {
            let value = said.remove(unguessable).expect(unguessable);
            assert!(value.as_str().is_some_and(|value| value.len() >= 22), "{file}: {unguessable} is {value}");
        }
        let expected = serde_json::json!({
            "iss": "signed", "aud": interop.issuer(), "client_id": "signed", "response_type": "code",
            "redirect_uri": REDIRECT_URI, "scope": "openid read", "code_challenge_method": "S256",
            "login_hint": "bob@example.org",
        });
        assert_eq!(claims, expected, "{file}");
    }
}
