//! Every flow against a certified authorization server: what it grants, and each refusal it can give.

mod support;

use oauthclient::blocking::Client;
use oauthclient::client::TokenArguments;
use oauthclient::client::config::Builder;
use oauthclient::error::Result;
use oauthclient::protocol::client_authentication::Method;
use oauthclient::protocol::parameters::Parameters;
use oauthclient::protocol::token::Token;
use oauthclient::protocol::token_request::Grant;
use oauthclient_test_server::authorization_server::{CODE_CHALLENGE, CODE_VERIFIER};
use oauthclient_test_server::browser::Browser;
use support::calls::{access_token, client_of, secret};
use support::interop::{Interop, interop};

const REDIRECT_URI: &str = "http://127.0.0.1:8765/callback";

fn config(interop: &Interop, name: &str) -> Builder {
    let (id, client_secret) = interop.client(name);
    let mut config = support::calls::config(&format!("{}/token", interop.issuer()));
    config.client = Some((secret(id), client_secret.map(secret)));
    config
}

/// The code of a user who agrees.
fn code(interop: &Interop, name: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", interop.client(name).0)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", REDIRECT_URI)
        .append_pair("scope", "openid")
        .append_pair("code_challenge", CODE_CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let redirect = Browser::new().log_in(&format!("{}/auth?{query}", interop.issuer())).expect("the user agrees");
    let (_, query) = redirect.uri.split_once('?').expect("a query");
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
    code.expect("a code").1.into_owned()
}

fn redeem(client: &Client, code: &str, verifier: &str) -> Result<Token> {
    let mut parameters = Parameters::default();
    parameters.set(secret("code_verifier"), secret(verifier));
    let grant = Grant::AuthorizationCode { code, redirect_uri: Some(REDIRECT_URI) };
    client.token(grant, TokenArguments { field_parameters: Some(&parameters), ..TokenArguments::default() })
}

fn refresh(client: &Client, token: &Token) -> Result<Token> {
    let refresh_token = token.refresh_token.as_ref().expect("a refresh token").as_str();
    client.token(Grant::RefreshToken { refresh_token, scope: None }, TokenArguments::default())
}

/// The `error` that the server gave.
fn refusal(result: Result<Token>) -> String {
    let error = support::calls::failure(result);
    let provider = error.provider.as_ref().unwrap_or_else(|| panic!("{error}"));
    provider.error.as_ref().expect("as sent").as_str().to_owned()
}

#[test]
fn each_kind_of_client_gets_a_token_for_a_code() {
    let Some(interop) = interop() else { return };
    for name in ["BASIC", "POST", "PUBLIC", "ENCODED"] {
        let mut config = config(interop, name);
        config.authentication = (name == "POST").then_some(Method::Body);
        let token = redeem(&client_of(&config), &code(interop, name), CODE_VERIFIER).expect(name);
        assert!(!access_token(&token).is_empty() && token.id_token.is_some(), "{name}");
    }
}

#[test]
fn a_code_is_good_once_and_for_its_verifier() {
    let Some(interop) = interop() else { return };
    let client = client_of(&config(interop, "BASIC"));
    let used = code(interop, "BASIC");
    redeem(&client, &used, CODE_VERIFIER).expect("a fresh code");
    assert_eq!(refusal(redeem(&client, &used, CODE_VERIFIER)), "invalid_grant");
    let wrong = CODE_VERIFIER.replace('d', "e");
    assert_eq!(refusal(redeem(&client, &code(interop, "BASIC"), &wrong)), "invalid_grant");
}

#[test]
fn a_wrong_secret_is_refused() {
    let Some(interop) = interop() else { return };
    let mut config = config(interop, "BASIC");
    config.client = Some((secret(interop.client("BASIC").0), Some(secret("wrong"))));
    assert_eq!(refusal(redeem(&client_of(&config), "any", CODE_VERIFIER)), "invalid_client");
}

#[test]
fn a_rotated_refresh_token_used_again_ends_the_login() {
    let Some(interop) = interop() else { return };
    let client = client_of(&config(interop, "BASIC"));
    let first = redeem(&client, &code(interop, "BASIC"), CODE_VERIFIER).expect("a fresh code");
    let second = refresh(&client, &first).expect("a fresh refresh token");
    assert!(second.rotated);
    assert_eq!(refusal(refresh(&client, &first)), "invalid_grant");
    assert_eq!(refusal(refresh(&client, &second)), "invalid_grant");
}
