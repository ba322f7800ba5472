//! Clients that prove who they are by a certificate, and tokens that are bound to one (RFC 8705).

use std::sync::Arc;

use oauthclient::client::client_key::Setting;

use super::client_authentication::{everywhere, own_token};
use super::*;

/// A client with the certificate and the key of these files.
fn certified(interop: &Interop, name: &str, file: &str) -> Builder {
    let mut config = config_with_tls(interop, name);
    let key = keys::key(interop, &format!("{file}.key"), None);
    let path = interop.file(&format!("{file}.pem"));
    config.client_certificate = Some((path.to_str().expect("UTF-8").to_owned(), Some(Arc::new(key))));
    config
}

fn browser(interop: &Interop) -> Browser {
    Browser::new().trust(&interop.read("ca.pem"))
}

#[test]
fn a_certificate_is_good_everywhere() {
    let Some(interop) = interop() else { return };
    for (name, file) in [("TLS", "client"), ("TLS_BOUND", "client"), ("SELF_SIGNED", "self_signed")] {
        everywhere(&client_of(&certified(interop, name, file)), name, || browser(interop));
    }
}

#[test]
fn a_certificate_in_one_file_with_its_key_is_good_too() {
    let Some(interop) = interop() else { return };
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), interop.read("client.pem") + &interop.read("client.key")).expect("written");
    let mut config = config_with_tls(interop, "TLS");
    config.client_certificate = Some((file.path().to_str().expect("UTF-8").to_owned(), None));
    own_token(&client_of(&config)).expect("the certificate of the client");
}

#[test]
fn a_stranger_s_certificate_is_refused() {
    let Some(interop) = interop() else { return };
    for (name, file) in
        [("TLS", "not_client"), ("TLS", "unknown"), ("SELF_SIGNED", "client"), ("SELF_SIGNED", "unknown")]
    {
        let error = failure(own_token(&client_of(&certified(interop, name, file))));
        let code = error.provider.as_ref().and_then(|said| said.error.as_ref()).map(Secret::as_str);
        assert_eq!(code, Some("invalid_client"), "{name} {file}: {error}");
        // The metadata list others too.
        assert!(error.message.as_str().contains("tls_client_auth was used"), "{error}");
        let client = client_of(&certified(interop, name, file));
        assert_eq!(refusal(client.device_authorization(None, None, None)), "invalid_client", "{name} {file}");
    }
    let without = client_of(&config_with_tls(interop, "TLS"));
    assert_eq!(refusal(own_token(&without)), "invalid_client");
}

/// The key says who the client is; its tokens are good only over connections that show its certificate.
#[test]
fn a_token_is_bound_to_the_certificate() {
    let Some(interop) = interop() else { return };
    let key = Arc::new(keys::key(interop, "p256.pem", None));
    let keyed = |mut config: Builder| {
        config.client_key = Some(Setting::Key(key.clone()));
        client_of(&config)
    };
    let client = keyed(certified(interop, "KEY_BOUND", "client"));
    let token = log_in(&client, "openid email offline_access", browser(interop)).expect("a token");
    assert_eq!(client.userinfo(&token, None).expect("claims").string("sub"), Some("alice"));
    let seen = client.introspect(text(&token.access_token), None, None).expect("about the token");
    assert!(seen.json.get("cnf").is_some_and(|bound| bound.string("x5t#S256").is_some()));
    everywhere(&client, "KEY_BOUND", || browser(interop));
    let other = keyed(certified(interop, "KEY_BOUND", "not_client"));
    assert_eq!(refusal(other.userinfo(&token, None)), "invalid_token");
    let without = keyed(config_with_tls(interop, "KEY_BOUND"));
    assert_eq!(refusal(without.userinfo(&token, None)), "invalid_token");
    assert_eq!(refusal(own_token(&without)), "invalid_grant");
}
