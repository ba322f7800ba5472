//! The authorization code grant with PKCE and an ID token.

use oauthclient::protocol::token_request::Grant;

use super::*;

#[test]
fn each_kind_of_client_logs_a_user_in() {
    let Some(interop) = interop() else { return };
    for name in ["BASIC", "POST", "PUBLIC", "ENCODED"] {
        let token = log_in(&client(interop, name), "openid read", Browser::new().user("bob")).expect(name);
        assert_eq!((claim(&token, "sub"), claim(&token, "iss")), (Some("bob"), Some(interop.issuer())), "{name}");
        assert_eq!((text(&token.scope), token.deviations), ("openid read", 0), "{name}");
    }
}

#[test]
fn an_issuer_may_have_a_path() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "BASIC");
    config.issuer = Some(interop.setting("ISSUER_WITH_PATH").to_owned());
    let token = logged_in(&client_of(&config), "openid");
    assert_eq!(claim(&token, "iss"), Some(interop.setting("ISSUER_WITH_PATH")));
}

#[test]
fn an_issuer_may_have_an_authority_of_its_own() {
    let Some(interop) = interop() else { return };
    let authority = interop.read("ca.pem");
    let client = client_of(&config_with_tls(interop, "BASIC"));
    let token = log_in(&client, "openid", Browser::new().trust(&authority)).expect("a token");
    assert_eq!(claim(&token, "iss"), Some(interop.setting("TLS_ISSUER")));
}

#[test]
fn metadata_of_another_issuer_are_refused() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "BASIC");
    config.issuer = Some(interop.issuer().replace("127.0.0.1", "localhost"));
    assert_eq!(failure(client_of(&config).metadata(None)).status, Status::IssuerMismatch);
}

#[test]
fn the_answer_may_come_in_a_form() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let form_post = parameters(&[("response_mode", "form_post")]);
    for (mut browser, agrees) in [(Browser::new(), true), (Browser::new().deny(), false)] {
        let mut authorization = begin(&client, "openid", Some(&form_post));
        let redirect = browser.log_in(authorization.request.url.as_str()).expect("a form");
        let result = finish(&client, &mut authorization, &redirect.form.expect("a form"));
        match agrees {
            true => assert_eq!(claim(&result.expect("a token"), "sub"), Some("alice")),
            false => assert_eq!(refusal(result), "access_denied"),
        }
    }
}

#[test]
fn a_user_who_refuses_is_reported() {
    let Some(interop) = interop() else { return };
    assert_eq!(refusal(log_in(&client(interop, "BASIC"), "openid", Browser::new().deny())), "access_denied");
}

#[test]
fn a_scope_beyond_the_client_s_is_refused_and_an_unknown_one_is_not_granted() {
    let Some(interop) = interop() else { return };
    assert_eq!(refusal(log_in(&client(interop, "BASIC"), "openid write", Browser::new())), "invalid_scope");
    assert_eq!(text(&logged_in(&client(interop, "PUBLIC"), "openid write unknown").scope), "openid write");
}

#[test]
fn a_wrong_secret_is_refused() {
    let Some(interop) = interop() else { return };
    assert_eq!(refusal(log_in(&impostor(interop, "BASIC"), "openid", Browser::new())), "invalid_client");
}

/// The code that a user brings back, and its verifier.
fn code(client: &Client) -> (String, String) {
    let authorization = begin(client, "read", None);
    let redirect = Browser::new().log_in(authorization.request.url.as_str()).expect("a way back");
    let query = redirect.uri.split_once('?').expect("a query").1;
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").expect("a code").1;
    (code.into_owned(), text(&authorization.request.code_verifier).to_owned())
}

fn redeem(client: &Client, code: &str, code_verifier: &str, redirect_uri: &str) -> Result<Token> {
    let redirect_uri = Some(redirect_uri);
    let grant = Grant::AuthorizationCode { code, redirect_uri, code_verifier: Some(code_verifier) };
    client.token(grant, TokenArguments::default(), None)
}

#[test]
fn a_code_is_accepted_once() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "BASIC");
    let (code, verifier) = code(&client);
    let token = redeem(&client, &code, &verifier, REDIRECT_URI).expect("a fresh code");
    assert_eq!(refusal(redeem(&client, &code, &verifier, REDIRECT_URI)), "invalid_grant");
    assert_eq!(refusal(client.renew(&token, None, None, None)), "invalid_grant");
}

#[test]
fn a_code_is_good_for_its_verifier_its_redirect_uri_and_its_client_only() {
    let Some(interop) = interop() else { return };
    let basic = client(interop, "BASIC");
    let other = client(interop, "POST");
    for (client, wrong_verifier, redirect_uri) in
        [(&basic, true, REDIRECT_URI), (&basic, false, "http://127.0.0.1:8766/callback"), (&other, false, REDIRECT_URI)]
    {
        let (code, mut verifier) = code(&basic);
        if wrong_verifier {
            verifier = verifier.chars().rev().collect();
        }
        assert_eq!(refusal(redeem(client, &code, &verifier, redirect_uri)), "invalid_grant");
    }
}

#[test]
fn a_code_and_a_token_that_have_expired_are_refused() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "SHORT");
    let (code, verifier) = code(&client);
    let token = logged_in(&client, "openid");
    std::thread::sleep(std::time::Duration::from_secs(2)); // by the server's clock, in its unit
    assert_eq!(refusal(redeem(&client, &code, &verifier, REDIRECT_URI)), "invalid_grant");
    assert_eq!(refusal(client.userinfo(&token, None)), "invalid_token");
}
