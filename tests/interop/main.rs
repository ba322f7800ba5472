//! Every flow against a certified authorization server: what it grants, and each refusal that it can give.

mod after;
mod authorization_code;
mod authorization_request;
mod client_authentication;
mod device;
mod dpop;
mod fapi;
mod grants;
mod jose;
mod keys;
mod mutual_tls;
mod native_app;
mod pkcs11;
#[path = "../support/mod.rs"]
mod support;
mod workload;

use oauthclient::blocking::Client;
use oauthclient::client::authorization::{Authorization, AuthorizationArguments};
use oauthclient::client::config::Builder;
use oauthclient::client::token::TokenArguments;
use oauthclient::error::{Result, Status};
use oauthclient::protocol::client_authentication::Method;
use oauthclient::protocol::parameters::Parameters;
use oauthclient::protocol::token::Token;
use oauthclient::secret::Secret;
use oauthclient_test_server::browser::Browser;
use support::calls::{client_of, failure, secret};
use support::interop::{Interop, interop};

/// At any port, as the server knows it.
const REDIRECT_URI: &str = "http://127.0.0.1:8765/callback";

fn parameters(all: &[(&str, &str)]) -> Parameters {
    let mut parameters = Parameters::default();
    all.iter().for_each(|(name, value)| parameters.set(secret(name), secret(value)));
    parameters
}

/// A client that knows the issuer and its own name, and nothing else.
fn config(interop: &Interop, name: &str) -> Builder {
    let (id, client_secret) = interop.client(name);
    let mut config = Builder::default();
    config.issuer = Some(interop.issuer().to_owned());
    config.client = Some((secret(id), client_secret.map(secret)));
    config.authentication = (name == "POST").then_some(Method::ClientSecretPost);
    config.use_environment = false;
    config
}

/// The same at the issuer with TLS, and with aliases for clients that have certificates.
fn config_with_tls(interop: &Interop, name: &str) -> Builder {
    let mut config = config(interop, name);
    config.issuer = Some(interop.setting("TLS_ISSUER").to_owned());
    config.use_system_ca = false;
    config.ca_pem = vec![interop.read("ca.pem").into_bytes()];
    config
}

fn client(interop: &Interop, name: &str) -> Client {
    client_of(&config(interop, name))
}

/// The same client, but somebody else.
fn impostor(interop: &Interop, name: &str) -> Client {
    let mut config = config(interop, name);
    config.client = Some((secret(interop.client(name).0), Some(secret("a wrong secret"))));
    client_of(&config)
}

fn begin(client: &Client, scope: &str, parameters: Option<&Parameters>) -> Authorization {
    let arguments = AuthorizationArguments { redirect_uri: REDIRECT_URI, scope: Some(scope), parameters };
    client.authorization(arguments, None).expect("the server's metadata are good")
}

fn finish(client: &Client, authorization: &mut Authorization, redirect: &str) -> Result<Token> {
    client.finish(authorization, redirect, None, None)
}

/// The whole log-in of a user with this browser.
fn log_in(client: &Client, scope: &str, mut browser: Browser) -> Result<Token> {
    let mut authorization = begin(client, scope, None);
    let redirect = browser.log_in(authorization.request.url.as_str()).expect("a way back");
    finish(client, &mut authorization, &redirect.uri)
}

/// The token of a user who agrees.
fn logged_in(client: &Client, scope: &str) -> Token {
    log_in(client, scope, Browser::new()).unwrap_or_else(|error| panic!("{error}"))
}

/// The `error` that the server gave.
fn refusal<T>(result: Result<T>) -> String {
    let error = failure(result);
    let provider = error.provider.as_ref().unwrap_or_else(|| panic!("{error}"));
    assert_eq!(error.status, Status::Provider, "{error}");
    provider.error.as_ref().expect("as sent").as_str().to_owned()
}

fn text(value: &Option<Secret>) -> &str {
    value.as_ref().expect("the server said so").as_str()
}

fn claim<'a>(token: &'a Token, name: &str) -> Option<&'a str> {
    token.claims.as_ref().expect("a checked ID token").string(name)
}
