//! A native app's log-in (RFC 8252): the browser comes back to a loopback listener.

use std::sync::Mutex;
use std::thread::JoinHandle;

use oauthclient::client::log_in::{LogInArguments, Show};
use oauthclient::transport::loopback::{Host, Options};

use super::support::c::{Linkage, Program, library_directory};
use super::*;

/// Logs in with somebody at the browser, and gives what the browser showed at the end.
fn log_in(
    client: &Client,
    listener: &Options,
    parameters: Option<&Parameters>,
    browse: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
) -> (Result<Token>, String) {
    let shown: Mutex<Option<JoinHandle<String>>> = Mutex::default();
    let show = |url: &str| {
        let (browse, url) = (browse.clone(), url.to_owned());
        *shown.lock().expect("no panic") = Some(std::thread::spawn(move || browse(&url)));
        Ok(())
    };
    let arguments = LogInArguments { scope: Some("openid"), parameters, show: Show::Program(&show), listener };
    let result = client.log_in(arguments, None);
    let browser = shown.into_inner().expect("no panic").expect("the URL was shown");
    (result, browser.join().expect("the browser came to an end"))
}

fn follow(mut browser: Browser, url: &str) -> String {
    let redirect = browser.log_in(url).expect("a way back");
    browser.follow(&redirect).expect("the program's page").1
}

#[test]
fn the_browser_is_told_how_it_went() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "PUBLIC");
    let (token, page) = log_in(&client, &Options::default(), None, |url| follow(Browser::new(), url));
    assert_eq!(claim(&token.expect("a token"), "sub"), Some("alice"));
    assert!(page.contains("You are signed in"), "{page}");
    let (token, page) = log_in(&client, &Options::default(), None, |url| follow(Browser::new().deny(), url));
    assert_eq!(refusal(token), "access_denied");
    assert!(page.contains("did not work"), "{page}");
}

/// With the scope openid, this server gives a token for its UserInfo endpoint unless the token request names the resource, too.
#[test]
fn a_token_is_for_the_resource_that_the_log_in_asked_for_and_so_are_the_next() {
    let Some(interop) = interop() else { return };
    let (client, resource_server) = (client(interop, "PUBLIC"), super::client(interop, "RESOURCE_SERVER"));
    let resource = parameters(&[("resource", interop.setting("RESOURCE"))]);
    let (token, _) = log_in(&client, &Options::default(), Some(&resource), |url| follow(Browser::new(), url));
    let is_for_it = |token: &Token| {
        let seen = resource_server.introspect(text(&token.access_token), None, None).expect("an answer");
        let audience = seen.json.get("aud").and_then(|audience| audience.text());
        audience.map(Secret::as_str) == Some(interop.setting("RESOURCE"))
    };
    let token = token.expect("a token");
    assert!(is_for_it(&token));
    let renewed = client.renew(&token, None, None, None).expect("a refresh token");
    assert!(is_for_it(&renewed));
    let again = client.renew(&renewed, None, None, None).expect("a refresh token");
    assert!(is_for_it(&again));
}

#[test]
fn the_redirect_may_be_a_form_and_the_listener_on_ipv6() {
    let Some(interop) = interop() else { return };
    let client = client(interop, "PUBLIC");
    let form_post = parameters(&[("response_mode", "form_post")]);
    let (token, page) = log_in(&client, &Options::default(), Some(&form_post), |url| follow(Browser::new(), url));
    assert!(token.is_ok() && page.contains("You are signed in"), "{page}");
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let mut ipv6 = Options::default();
    (ipv6.host, ipv6.path) = (Host::Ipv6, "/callback".to_owned());
    let (token, page) = log_in(&client, &ipv6, None, |url| follow(Browser::new(), url));
    assert!(token.is_ok() && page.contains("You are signed in"), "{page}");
}

#[test]
fn the_request_may_be_pushed_and_the_redirect_signed() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "JARM_ES256");
    (config.pushed_authorization, config.signed_responses) = (true, true);
    let client = client_of(&config);
    for mode in [None, Some(parameters(&[("response_mode", "form_post")]))] {
        let (token, page) = log_in(&client, &Options::default(), mode.as_ref(), |url| follow(Browser::new(), url));
        assert_eq!(claim(&token.expect("a token"), "sub"), Some("alice"));
        assert!(page.contains("You are signed in"), "{page}");
        let (token, page) =
            log_in(&client, &Options::default(), mode.as_ref(), |url| follow(Browser::new().deny(), url));
        assert_eq!(refusal(token), "access_denied");
        assert!(page.contains("did not work"), "{page}");
    }
}

/// Runs a C program that finds bob at its browser.
fn run_in_c(interop: &Interop, program: &str, client: &str, more: &[(&str, &str)]) {
    let browser = library_directory().with_file_name("oauthclient-test-browser");
    assert!(
        browser.exists(),
        "cargo test makes it; before cargo test --test interop alone, cargo build --workspace does"
    );
    let settings = [
        ("BROWSER", browser.to_str().expect("UTF-8")),
        ("OAUTH_BROWSER_USER", "bob"),
        ("OAUTH_ISSUER", interop.issuer()),
        ("OAUTH_CLIENT_ID", interop.client(client).0),
    ];
    let settings = [&settings[..], more].concat();
    let program = Program::build(program, Linkage::Shared);
    program.run(&settings);
    program.run_under_valgrind(&settings);
}

#[test]
fn a_c_program_needs_one_call_and_a_browser() {
    let Some(interop) = interop() else { return };
    run_in_c(interop, "interop_log_in", "PUBLIC", &[]);
}

#[test]
fn a_c_program_of_the_strictest_profile_needs_a_few_settings_more() {
    let Some(interop) = interop() else { return };
    let key = interop.file("p256.pem");
    run_in_c(interop, "interop_fapi", "FAPI_SIGNED", &[("KEY_FILE", key.to_str().expect("UTF-8"))]);
}
