//! Authorization requests that are pushed (RFC 9126), signed (RFC 9101), or answered by a signed redirect (JARM).

use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::saved_authorization;
use url::Url;

use super::*;

fn keyed(interop: &Interop, name: &str) -> Builder {
    let mut config = config(interop, name);
    config.client_key = Some(keys::key(interop, "p256.pem", None).into());
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
        config.client_key = Some(client_authentication::key_for(interop, name, file).into());
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

#[test]
fn the_user_is_not_sent_anywhere_with_a_request_that_is_refused() {
    let Some(interop) = interop() else { return };
    let refused = |config: &Builder, scope: &str, redirect_uri: &str| {
        let arguments = AuthorizationArguments { redirect_uri, scope: Some(scope), parameters: None };
        refusal(client_of(config).authorization(arguments, None))
    };
    let mut config = config(interop, "BASIC");
    config.pushed_authorization = true;
    assert_eq!(refused(&config, "openid write", REDIRECT_URI), "invalid_scope");
    assert_eq!(refused(&config, "openid", "http://127.0.0.1/other"), "invalid_request");
    config.client = Some((secret("basic"), Some(secret("a wrong secret"))));
    assert_eq!(refused(&config, "openid", REDIRECT_URI), "invalid_client");
    let mut config = keyed(interop, "PUSHED_KEY");
    config.pushed_authorization = true;
    config.client_key = Some(keys::key(interop, "stranger.pem", None).into());
    assert_eq!(refused(&config, "openid", REDIRECT_URI), "invalid_client");
}

#[test]
fn a_pushed_request_is_resumed_by_another_process() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "PUSHED");
    config.pushed_authorization = true;
    let (client, other) = (client_of(&config), client_of(&config));
    let authorization = begin(&client, "openid", None);
    let saved = saved_authorization::write(authorization.to_save().expect("it is open"));
    let saved = saved_authorization::read(saved.as_str().expect("it is JSON")).expect("as it was written");
    let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect("a way back");
    let mut resumed = other.resume(saved).expect("the same client");
    assert_eq!(claim(&finish(&other, &mut resumed, &redirect.uri).expect("a token"), "sub"), Some("alice"));
}

#[test]
fn a_request_signed_by_somebody_else_is_refused() {
    let Some(interop) = interop() else { return };
    let mut config = keyed(interop, "SIGNED");
    config.client_key = Some(keys::key(interop, "stranger.pem", None).into());
    config.signed_requests = true;
    let client = client_of(&config);
    let authorization = begin(&client, "openid", None);
    // Nothing in such a request can be believed, where to send the user back least of all: they see the refusal there.
    let shown = Browser::new().log_in(authorization.request.url.as_str()).expect_err("a page of the server");
    assert!(shown.contains("invalid_request_object"), "{shown}");
}

/// As jose reads it: the parameters are inside, and what the URL says beside it is what OpenID Connect asks for.
#[test]
fn a_signed_request_says_who_asks_whom_and_for_how_long() {
    let Some(interop) = interop() else { return };
    for (name, file) in client_authentication::CLIENTS {
        let mut config = config(interop, "SIGNED");
        config.client_key = Some(client_authentication::key_for(interop, name, file).into());
        config.signed_requests = true;
        let client = client_of(&config);
        let extra = parameters(&[("login_hint", "bob@example.org")]);
        let authorization = begin(&client, "openid read", Some(&extra));
        let url = Url::parse(authorization.request.url.as_str()).expect("a URL");
        let request = url.query_pairs().find(|(name, _)| name == "request").expect("it is signed").1;
        let jwk = jose::public_jwk(interop, file).to_string();
        let (header, mut claims) = jose::verify(interop, &request, Some(&jwk)).expect(file);
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

/// Each of them leaves the authorization open for the right answer.
#[test]
fn an_answer_that_is_forged_or_meant_for_others_is_refused() {
    let Some(interop) = interop() else { return };
    let client = |name| {
        let mut config = config(interop, name);
        config.signed_responses = true;
        client_of(&config)
    };
    let come_back = |authorization: &Authorization| {
        Browser::new().log_in(authorization.request.url.as_str()).expect("a way back").uri
    };
    let (client, other) = (client("JARM_ES256"), client("JARM_PS256"));
    let mut authorization = begin(&client, "openid", None);
    let right = come_back(&authorization);
    let (start, end) = right.rsplit_once('.').expect("a JWS");
    let of_others = come_back(&begin(&other, "openid", None));
    let earlier = come_back(&begin(&client, "openid", None));
    let plain =
        format!("{REDIRECT_URI}?code=c&state={}&iss={}", authorization.request.state.as_str(), interop.issuer());
    for wrong in [format!("{start}."), format!("{start}.{}", end.to_uppercase()), of_others, earlier, plain] {
        let error = failure(finish(&client, &mut authorization, &wrong));
        assert!(!error.request_sent, "{wrong}: {error}");
    }
    finish(&client, &mut authorization, &right).expect("the right answer");
}

/// For a server whose clock is behind, what is signed now is from the future.
#[test]
fn a_clock_that_is_off_is_named() {
    let Some(interop) = interop() else { return };
    let mut config = keyed(interop, "SIGNED_BASIC");
    config.authentication = Some(Method::ClientSecretBasic);
    (config.pushed_authorization, config.signed_requests) = (true, true);
    config.issuer = Some(interop.setting("ISSUER_AHEAD").to_owned());
    begin(&client_of(&config), "read", None);
    config.issuer = Some(interop.setting("ISSUER_BEHIND").to_owned());
    let arguments = AuthorizationArguments { redirect_uri: REDIRECT_URI, scope: Some("read"), parameters: None };
    let error = failure(client_of(&config).authorization(arguments, None));
    let message = error.message.as_str();
    assert!(message.contains("invalid_request_object") && message.contains("s behind this machine's"), "{message}");
}
