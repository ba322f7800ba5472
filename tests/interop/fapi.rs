//! Clients of the FAPI 2.0 profiles, for which the server refuses what is weaker: by a key or by a certificate, pushed, bound,
//! and with both directions signed.

use std::sync::Arc;

use oauthclient::blocking::session::Session;
use oauthclient::protocol::dpop::Setting;
use oauthclient::protocol::security_profile::SecurityProfile;
use oauthclient::store::memory::Memory;

use super::client_authentication::{everywhere, everywhere_but_on_a_device};
use super::*;

fn by_key(interop: &Interop, name: &str) -> Builder {
    let mut config = config_with_tls(interop, name);
    config.client_key = Some(keys::key(interop, "p256.pem", None).into());
    config.dpop = Setting::Generated;
    config.security_profile = match name {
        "FAPI_SIGNED" => SecurityProfile::Fapi2MessageSigning,
        _ => SecurityProfile::Fapi2,
    };
    config
}

fn by_certificate(interop: &Interop) -> Builder {
    let mut config = config_with_tls(interop, "FAPI_TLS");
    let key = keys::key(interop, "client.key", None);
    let path = interop.file("client.pem").to_str().expect("UTF-8").to_owned();
    config.client_certificate = Some((path, Some(Arc::new(key))));
    config.security_profile = SecurityProfile::Fapi2;
    config
}

fn all(interop: &Interop) -> [(&'static str, Builder); 3] {
    [
        ("FAPI", by_key(interop, "FAPI")),
        ("FAPI_SIGNED", by_key(interop, "FAPI_SIGNED")),
        ("FAPI_TLS", by_certificate(interop)),
    ]
}

fn browser(interop: &Interop) -> Browser {
    Browser::new().trust(&interop.read("ca.pem"))
}

#[test]
fn each_profile_is_good_everywhere() {
    let Some(interop) = interop() else { return };
    for (name, config) in all(interop) {
        let client = client_of(&config);
        match name {
            // The server wants a signed request there too, of which RFC 8628 knows nothing.
            "FAPI_SIGNED" => everywhere_but_on_a_device(&client, name, || browser(interop)),
            _ => everywhere(&client, name, || browser(interop)),
        }
        let token = log_in(&client, "openid email", browser(interop)).expect(name);
        assert_eq!(client.userinfo(&token, None).expect(name).string("email"), Some("alice@example.org"), "{name}");
        assert_eq!(refusal(log_in(&client, "openid", browser(interop).deny())), "access_denied", "{name}");
    }
}

#[test]
fn a_session_of_each_profile_stays_valid() {
    let Some(interop) = interop() else { return };
    for (name, config) in all(interop) {
        let client = Arc::new(client_of(&config));
        let session = Session::open(client.clone(), Arc::new(Memory::default()), "alice", Arc::default()).expect(name);
        session.adopt(&log_in(&client, "openid offline_access", browser(interop)).expect(name), None).expect(name);
        for _ in 0..2 {
            let token = session.with_token(None, Clone::clone).expect(name);
            assert_eq!(client.userinfo(&token, None).expect(name).string("sub"), Some("alice"), "{name}");
            assert!(session.invalidate(text(&token.access_token)).expect("a token of the session"));
        }
    }
}

/// The server refuses what the profile does, if the program does not set it and leaves something out.
#[test]
fn what_is_weaker_is_refused() {
    let Some(interop) = interop() else { return };
    let by_hand = |name| {
        let mut config = by_key(interop, name);
        config.security_profile = SecurityProfile::None;
        config.pushed_authorization = true;
        (config.signed_requests, config.signed_responses) = (name == "FAPI_SIGNED", name == "FAPI_SIGNED");
        config
    };
    for name in ["FAPI", "FAPI_SIGNED"] {
        log_in(&client_of(&by_hand(name)), "openid", browser(interop)).expect(name);
    }

    let mut not_pushed = by_hand("FAPI");
    not_pushed.pushed_authorization = false;
    let authorization = begin(&client_of(&not_pushed), "openid", None);
    let way_back = browser(interop).log_in(authorization.request.url.as_str());
    let said = way_back.map_or_else(|page| page, |redirect| redirect.to_url());
    assert!(said.contains("Pushed") && said.contains("invalid_request"), "{said}");

    let mut not_bound = by_hand("FAPI");
    not_bound.dpop = Setting::Off;
    assert_eq!(refusal(log_in(&client_of(&not_bound), "openid", browser(interop))), "invalid_grant");

    let mut not_signed = by_hand("FAPI_SIGNED");
    not_signed.signed_requests = false;
    let arguments = AuthorizationArguments { redirect_uri: REDIRECT_URI, scope: Some("openid"), parameters: None };
    assert_eq!(refusal(client_of(&not_signed).authorization(arguments, None)), "invalid_request");

    let mut for_the_endpoint = by_hand("FAPI");
    for_the_endpoint.assertion_audience = Some(format!("{}/token", interop.setting("TLS_ISSUER")));
    assert_eq!(refusal(client_of(&for_the_endpoint).authorization(arguments, None)), "invalid_client");
}
