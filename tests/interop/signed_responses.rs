//! Signed redirects (JARM), with each algorithm of the server.

use super::*;

const CLIENTS: [&str; 5] = ["JARM_RS256", "JARM_PS256", "JARM_ES256", "JARM_ES384", "JARM_EDDSA"];

fn client(interop: &Interop, name: &str) -> Client {
    let mut config = config(interop, name);
    config.signed_responses = true;
    client_of(&config)
}

fn come_back(authorization: &Authorization, mut browser: Browser) -> String {
    browser.log_in(authorization.request.url.as_str()).expect("a way back").to_url()
}

#[test]
fn a_redirect_is_signed_by_each_algorithm() {
    let Some(interop) = interop() else { return };
    for name in CLIENTS {
        let client = client(interop, name);
        let mut authorization = begin(&client, "openid", None);
        let redirect = come_back(&authorization, Browser::new());
        let query = redirect.split_once('?').expect("a query").1;
        assert!(form_urlencoded::parse(query.as_bytes()).all(|(name, _)| name == "response"), "{name}: {redirect}");
        let token = finish(&client, &mut authorization, &redirect).expect(name);
        assert_eq!(claim(&token, "sub"), Some("alice"), "{name}");
    }
}

#[test]
fn the_signed_answer_may_come_in_a_form_and_be_a_refusal() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "JARM_ES256");
    let form_post = parameters(&[("response_mode", "form_post")]);
    for (parameters, mut browser, agrees) in [
        (Some(&form_post), Browser::new(), true),
        (Some(&form_post), Browser::new().deny(), false),
        (None, Browser::new().deny(), false),
    ] {
        let mut authorization = begin(&client, "openid", parameters);
        let redirect = browser.log_in(authorization.request.url.as_str()).expect("a way back");
        let result = finish(&client, &mut authorization, redirect.form.as_deref().unwrap_or(&redirect.uri));
        match agrees {
            true => assert_eq!(claim(&result.expect("a token"), "sub"), Some("alice")),
            false => assert_eq!(refusal(result), "access_denied"),
        }
    }
}

/// Each of them leaves the authorization open for the right answer.
#[test]
fn an_answer_that_is_forged_or_meant_for_others_is_refused() {
    let Some(interop) = interop() else { return };
    let (client, other) = (client(interop, "JARM_ES256"), client(interop, "JARM_PS256"));
    let mut authorization = begin(&client, "openid", None);
    let right = come_back(&authorization, Browser::new());
    let (start, end) = right.rsplit_once('.').expect("a JWS");
    let mut flipped = end.to_owned();
    let middle = flipped.len() / 2;
    flipped.replace_range(middle..=middle, if &flipped[middle..=middle] == "A" { "B" } else { "A" });
    let of_others = come_back(&begin(&other, "openid", None), Browser::new());
    let earlier = come_back(&begin(&client, "openid", None), Browser::new());
    let plain =
        format!("{REDIRECT_URI}?code=c&state={}&iss={}", authorization.request.state.as_str(), interop.issuer());
    for wrong in [format!("{start}.{flipped}"), format!("{start}."), of_others, earlier, plain] {
        let error = failure(finish(&client, &mut authorization, &wrong));
        assert!(!error.request_sent, "{wrong}: {error}");
    }
    finish(&client, &mut authorization, &right).expect("the right answer");
}

/// The keys were fetched when the authorization began, by another client object.
#[test]
fn the_app_that_waits_for_its_browser_gets_a_signed_answer() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "JARM_EDDSA");
    let (token, page) = native_app::log_in_with(&client, Browser::new);
    assert_eq!(claim(&token.expect("a token"), "sub"), Some("alice"));
    assert!(page.contains("You are signed in"), "{page}");
    let (token, page) = native_app::log_in_with(&client, || Browser::new().deny());
    assert_eq!(refusal(token), "access_denied");
    assert!(page.contains("did not work"), "{page}");
}
