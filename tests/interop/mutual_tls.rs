//! Clients that show a certificate (RFC 8705): at the aliases of the endpoints, with tokens that are bound to it.

use std::sync::Arc;

use super::client_authentication::{everywhere, own_token};
use super::*;

/// A client that shows this certificate of the server's making.
fn showing(interop: &Interop, name: &str, certificate: &str) -> Builder {
    let mut config = config_with_tls(interop, name);
    let path = interop.file(&format!("{certificate}.pem"));
    let key = keys::key(interop, &format!("{certificate}.key"), None);
    config.client_certificate = Some((path.to_str().expect("UTF-8").to_owned(), Some(Arc::new(key))));
    config
}

fn browser(interop: &Interop) -> impl Fn() -> Browser {
    let authority = interop.read("ca.pem");
    move || Browser::new().trust(&authority)
}

#[test]
fn a_certificate_is_good_everywhere() {
    let Some(interop) = interop() else { return };
    for (name, certificate) in [("TLS", "client"), ("TLS_BOUND", "client"), ("SELF_SIGNED", "self_signed")] {
        let mut config = showing(interop, name, certificate);
        config.authentication = (name == "SELF_SIGNED").then_some(Method::SelfSignedTlsClientAuth);
        everywhere(&client_of(&config), name, browser(interop));
    }
}

#[test]
fn a_certificate_of_somebody_else_is_refused() {
    let Some(interop) = interop() else { return };
    for (name, certificate) in
        [("TLS", "not_client"), ("TLS", "unknown"), ("SELF_SIGNED", "unknown"), ("SELF_SIGNED", "client")]
    {
        let client = client_of(&showing(interop, name, certificate));
        assert_eq!(refusal(own_token(&client)), "invalid_client", "{name} {certificate}");
        assert_eq!(refusal(client.device_authorization(None, None, None)), "invalid_client", "{name} {certificate}");
    }
    let without = client_of(&config_with_tls(interop, "TLS"));
    assert_eq!(refusal(own_token(&without)), "invalid_client");
}

#[test]
fn a_bound_token_is_good_with_its_certificate_only() {
    let Some(interop) = interop() else { return };
    let client = client_of(&showing(interop, "TLS_BOUND", "client"));
    let token = log_in(&client, "openid", browser(interop)()).expect("a token");
    assert_eq!(client.userinfo(&token, None).expect("shown again").string("sub"), Some("alice"));
    let seen = client.introspect(text(&token.access_token), None, None).expect("an answer");
    let bound_to = seen.json.get("cnf").map(|cnf| cnf.raw().as_str().to_owned()).expect("a binding");
    assert!(bound_to.contains("x5t#S256"), "{bound_to}");
    let other = client_of(&showing(interop, "TLS_BOUND", "not_client"));
    assert_eq!(refusal(other.userinfo(&token, None)), "invalid_token");
    assert_eq!(refusal(other.renew(&token, None, None, None)), "invalid_client");
}

/// A key says who the client is, and the certificate binds its tokens.
#[test]
fn a_certificate_may_come_beside_a_key() {
    let Some(interop) = interop() else { return };
    let mut config = showing(interop, "KEY_BOUND", "self_signed");
    config.client_key = Some(Arc::new(keys::key(interop, "p256.pem", None)));
    let client = client_of(&config);
    everywhere(&client, "KEY_BOUND", browser(interop));
    let token = log_in(&client, "openid", browser(interop)()).expect("a token");
    config.client_certificate = None;
    assert_eq!(refusal(client_of(&config).userinfo(&token, None)), "invalid_token");
}
