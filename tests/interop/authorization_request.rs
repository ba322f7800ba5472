//! Authorization requests that are pushed (RFC 9126), signed (RFC 9101), or answered by a signed redirect (JARM).

use std::sync::Arc;

use oauthclient::protocol::metadata::Endpoint;
use url::Url;

use super::*;

fn keyed(interop: &Interop, name: &str) -> Builder {
    let mut config = config(interop, name);
    config.client_key = Some(Arc::new(keys::key(interop, "p256.pem", None)));
    config
}

/// The names of the parameters in the URL for the browser, in order.
fn names(authorization: &Authorization) -> String {
    let url = Url::parse(authorization.request.url.as_str()).expect("a URL");
    url.query_pairs().map(|(name, _)| name.into_owned()).collect::<Vec<_>>().join(" ")
}

/// A whole log-in whose URL has these parameters; the redirect.
fn logs_in(client: &Client, expected: &str) -> String {
    let mut authorization = begin(client, "openid", None);
    assert_eq!(names(&authorization), expected);
    let redirect = Browser::new().user("bob").log_in(authorization.request.url.as_str()).expect("a way back");
    let token = finish(client, &mut authorization, &redirect.to_url()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(claim(&token, "sub"), Some("bob"));
    redirect.uri
}

#[test]
fn requests_are_pushed_where_the_server_or_the_program_says_so() {
    let Some(interop) = interop() else { return };
    for (name, key) in [("PUSHED", false), ("PUSHED_KEY", true), ("PUSHED_PUBLIC", false)] {
        // What it requires of one client, only the client knows.
        let mut config = if key { keyed(interop, name) } else { config(interop, name) };
        config.pushed_authorization = true;
        logs_in(&client_of(&config), "client_id request_uri");
    }
    let mut config = config(interop, "BASIC");
    config.issuer = Some(interop.setting("ISSUER_PUSHED").to_owned());
    let client = client_of(&config);
    logs_in(&client, "client_id request_uri");
    // A request URI is good once.
    let authorization = begin(&client, "openid", None);
    let mut browser = Browser::new();
    let redirect = browser.log_in(authorization.request.url.as_str()).expect("a way back");
    assert!(redirect.uri.contains("code="), "{}", redirect.uri);
    let again = Browser::new().log_in(authorization.request.url.as_str());
    assert!(again.as_ref().is_ok_and(|again| again.uri.contains("error=")) || again.is_err(), "{again:?}");
}

#[test]
fn what_the_server_says_to_a_pushed_request() {
    let Some(interop) = interop() else { return };
    let arguments = |redirect_uri| AuthorizationArguments { redirect_uri, scope: Some("openid"), parameters: None };
    let mut config = config(interop, "PUSHED");
    config.pushed_authorization = true;
    let client = client_of(&config);
    let error = failure(client.authorization(arguments("http://127.0.0.1:1/elsewhere"), None));
    assert_eq!(error.response.as_ref().map(|response| response.status), Some(400), "{error}");
    assert!(error.endpoint.as_ref().is_some_and(|endpoint| endpoint.as_str().ends_with("/request")), "{error}");
    assert!(error.provider.is_some() && error.status == Status::Provider);
    config.client = Some((secret(interop.client("PUSHED").0), Some(secret("a wrong secret"))));
    let error = failure(client_of(&config).authorization(arguments(REDIRECT_URI), None));
    assert_eq!(error.response.as_ref().map(|response| response.status), Some(401), "{error}");
    assert_eq!(refusal(client_of(&config).authorization(arguments(REDIRECT_URI), None)), "invalid_client");
}

#[test]
fn requests_are_signed_where_the_server_or_the_program_says_so() {
    let Some(interop) = interop() else { return };
    const SIGNED: &str = "client_id response_type scope request";
    let mut config = keyed(interop, "SIGNED");
    config.signed_requests = true;
    logs_in(&client_of(&config), SIGNED);
    config.client = Some((secret(interop.client("PUSHED_SIGNED").0), None));
    config.pushed_authorization = true;
    logs_in(&client_of(&config), "client_id request_uri");
    let mut config = keyed(interop, "KEY_ES256");
    config.issuer = Some(interop.setting("ISSUER_SIGNED").to_owned());
    logs_in(&client_of(&config), SIGNED);
    config.client_key = None;
    config.client = Some((secret(interop.client("BASIC").0), interop.client("BASIC").1.map(secret)));
    let arguments = AuthorizationArguments { redirect_uri: REDIRECT_URI, scope: Some("openid"), parameters: None };
    let error = failure(client_of(&config).authorization(arguments, None));
    assert!(error.message.as_str().starts_with("client_key is not set"), "{error}");
}

#[test]
fn requests_are_signed_by_each_algorithm() {
    let Some(interop) = interop() else { return };
    for (name, file) in client_authentication::CLIENTS {
        let mut config = config(interop, name);
        config.client_key = Some(Arc::new(client_authentication::key_for(interop, name, file)));
        config.signed_requests = true;
        config.pushed_authorization = true;
        logs_in(&client_of(&config), "client_id request_uri");
    }
}

#[test]
fn redirects_are_signed_by_each_algorithm() {
    let Some(interop) = interop() else { return };
    for name in ["JARM_RS256", "JARM_PS256", "JARM_ES256", "JARM_ES384", "JARM_EDDSA"] {
        let mut config = config(interop, name);
        config.signed_responses = true;
        let client = client_of(&config);
        let mut authorization = begin(&client, "openid", None);
        let redirect = Browser::new().deny().log_in(authorization.request.url.as_str()).expect("a way back");
        assert!(redirect.uri.contains("?response=") && !redirect.uri.contains("error"), "{name}: {}", redirect.uri);
        assert_eq!(refusal(finish(&client, &mut authorization, &redirect.uri)), "access_denied", "{name}");
        let mut authorization = begin(&client, "openid", None);
        let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect("a way back");
        // Not that of another authorization, and not with a letter changed.
        let error = failure(finish(&client, &mut begin(&client, "openid", None), &redirect.uri));
        assert_eq!(error.status, Status::StateMismatch, "{name}: {error}");
        let (before, signature) = redirect.uri.rsplit_once('.').expect("a JWT");
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let error = failure(finish(&client, &mut authorization, &format!("{before}.{first}{}", &signature[1..])));
        assert!(error.message.as_str().contains("signature"), "{name}: {error}");
        let token =
            finish(&client, &mut authorization, &redirect.uri).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(claim(&token, "sub"), Some("alice"), "{name}");
    }
    let parameters = parameters(&[("response_mode", "form_post.jwt")]);
    let client = client(interop, "JARM_ES256");
    let mut authorization = begin(&client, "openid", Some(&parameters));
    let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect("a way back");
    let form = redirect.form.expect("a form");
    assert!(form.starts_with("response="), "{form}");
    finish(&client, &mut authorization, &form).expect("a token");
}

#[test]
fn all_at_once() {
    let Some(interop) = interop() else { return };
    let mut config = keyed(interop, "PUSHED_SIGNED");
    (config.pushed_authorization, config.signed_requests, config.signed_responses) = (true, true, true);
    let redirect = logs_in(&client_of(&config), "client_id request_uri");
    assert!(redirect.contains("?response="), "{redirect}");
    // Where the program says where all is, and no metadata are read before the keys are needed.
    let issuer = interop.issuer();
    for (endpoint, path) in [
        (Endpoint::Authorization, "/auth"),
        (Endpoint::Token, "/token"),
        (Endpoint::PushedAuthorizationRequest, "/request"),
        (Endpoint::Jwks, "/jwks"),
    ] {
        config.set_endpoint(endpoint, format!("{issuer}{path}"));
    }
    logs_in(&client_of(&config), "client_id request_uri");
}
