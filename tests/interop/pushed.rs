//! Pushed authorization requests (RFC 9126), and signed redirects (JARM).

use std::sync::Arc;

use oauthclient::protocol::saved_authorization;

use super::*;

fn pushing(interop: &Interop, name: &str) -> Builder {
    let mut config = config(interop, name);
    config.pushed_authorization = true;
    if name.ends_with("KEY") {
        config.client_key = Some(Arc::new(keys::key(interop, "p256.pem", None)));
    }
    config
}

/// The names of what the browser sees of a request.
fn shown(authorization: &Authorization) -> Vec<String> {
    let url = authorization.request.url.as_str();
    let query = url.split_once('?').expect("a query").1;
    let mut names: Vec<String> = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    names.sort();
    names
}

#[test]
fn each_kind_of_client_pushes_its_request() {
    let Some(interop) = interop() else { return };
    for name in ["PUSHED", "PUSHED_KEY", "PUSHED_PUBLIC", "BASIC"] {
        let client = client_of(&pushing(interop, name));
        let mut authorization = begin(&client, "openid", None);
        assert_eq!(shown(&authorization), ["client_id", "request_uri"], "{name}");
        let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect(name);
        let token = finish(&client, &mut authorization, &redirect.uri).expect(name);
        assert_eq!(claim(&token, "sub"), Some("alice"), "{name}");
        client.renew(&token, None, None, None).expect(name);
    }
}

#[test]
fn a_server_that_requires_it_gets_it_without_a_word_of_the_program() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "PUBLIC");
    config.issuer = Some(interop.setting("ISSUER_PUSHED").to_owned());
    let client = client_of(&config);
    assert_eq!(shown(&begin(&client, "openid", None)), ["client_id", "request_uri"]);
    assert_eq!(claim(&logged_in(&client, "openid"), "iss"), Some(interop.setting("ISSUER_PUSHED")));
    let (token, page) = native_app::log_in_with(&client, Browser::new);
    assert_eq!(claim(&token.expect("a token"), "sub"), Some("alice"), "{page}");
}

#[test]
fn the_user_is_not_sent_anywhere_with_a_request_that_is_refused() {
    let Some(interop) = interop() else { return };
    let refused = |config: &Builder, scope: &str, redirect_uri: &str| {
        let arguments = AuthorizationArguments { redirect_uri, scope: Some(scope), parameters: None };
        refusal(client_of(config).authorization(arguments, None))
    };
    let mut config = pushing(interop, "BASIC");
    assert_eq!(refused(&config, "openid write", REDIRECT_URI), "invalid_scope");
    assert_eq!(refused(&config, "openid", "http://127.0.0.1/other"), "invalid_request");
    config.client = Some((secret("basic"), Some(secret("a wrong secret"))));
    assert_eq!(refused(&config, "openid", REDIRECT_URI), "invalid_client");
    let mut config = pushing(interop, "PUSHED_KEY");
    config.client_key = Some(Arc::new(keys::key(interop, "stranger.pem", None)));
    assert_eq!(refused(&config, "openid", REDIRECT_URI), "invalid_client");
}

#[test]
fn a_pushed_request_is_resumed_by_another_process() {
    let Some(interop) = interop() else { return };
    let client = client_of(&pushing(interop, "PUSHED"));
    let authorization = begin(&client, "openid", None);
    let saved = saved_authorization::write(authorization.to_save().expect("it is open"));
    let saved = saved_authorization::read(saved.as_str().expect("it is JSON")).expect("as it was written");
    let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect("a way back");
    let other = client_of(&pushing(interop, "PUSHED"));
    let mut resumed = other.resume(saved).expect("the same client");
    assert_eq!(claim(&finish(&other, &mut resumed, &redirect.uri).expect("a token"), "sub"), Some("alice"));
}
