//! Clients of one kind, and the two calls, for tests that are about what happens below them.

use std::sync::{Arc, Mutex, OnceLock};

use oauthclient::blocking::Client;
use oauthclient::client::config::Builder;
use oauthclient::client::log::{Level, Log};
use oauthclient::client::options::RequestOptions;
use oauthclient::client::token::TokenArguments;
use oauthclient::error::{Error, Result};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::token::Token;
use oauthclient::protocol::token_request::Grant;
use oauthclient::secret::Secret;
use oauthclient_test_server::certificates::Authority;
use oauthclient_test_server::scripted::{Answer, Exchange};

pub const CODE: &str = "c0de/of+the=user";
pub const REFRESH_TOKEN: &str = "r3fresh/t0ken+of=old";
pub const CLIENT_SECRET: &str = "client/s3cret+with=signs";

/// A good answer; its token is called "at".
pub fn token() -> Answer {
    Answer::json(200, r#"{"access_token":"at","token_type":"Bearer","expires_in":60}"#)
}

/// The authority that every client here trusts, and no other.
pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(Authority::new)
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text).expect("no NUL")
}

/// Set in a run that uses the connections of clients that know a proxy; to this machine they are direct all the same.
pub const PROXIED: (&str, &str) = ("OAUTHCLIENT_TEST_PROXIED", "http://127.0.0.1:9");

pub fn is_proxied() -> bool {
    std::env::var_os(PROXIED.0).is_some()
}

/// Settings that depend neither on this machine nor on its environment.
pub fn config(endpoint: &str) -> Builder {
    let mut config = Builder::default();
    config.set_endpoint(Endpoint::Token, endpoint.to_owned());
    config.client = Some((secret("client"), Some(secret(CLIENT_SECRET))));
    config.timeout_ms = 10_000;
    config.use_environment = is_proxied();
    config.use_system_ca = false;
    config.ca_pem = vec![authority().pem().into_bytes()];
    config
}

pub fn client_of(config: &Builder) -> Client {
    let (config, route) = config.build().expect("a good configuration");
    Client::new(config, route)
}

pub fn client(endpoint: &str) -> Client {
    client_of(&config(endpoint))
}

/// The two grants that every exchange is tried with.
pub fn grants() -> [Grant<'static>; 2] {
    [
        Grant::AuthorizationCode { code: CODE, redirect_uri: Some("http://127.0.0.1/callback"), code_verifier: None },
        Grant::RefreshToken { refresh_token: REFRESH_TOKEN, scope: None },
    ]
}

pub fn call(client: &Client, grant: Grant<'_>, options: Option<&RequestOptions>) -> Result<Token> {
    client.token(grant, TokenArguments::default(), options)
}

pub fn refresh(client: &Client) -> Result<Token> {
    call(client, grants()[1], None)
}

/// A call that must work.
pub fn refreshed(client: &Client) -> Token {
    refresh(client).unwrap_or_else(|error| panic!("{error}"))
}

/// The error of a call that must fail.
pub fn failure<T>(result: Result<T>) -> Error {
    match result {
        Err(error) => error,
        Ok(_) => panic!("the call worked"),
    }
}

pub fn access_token(token: &Token) -> &str {
    token.access_token.as_ref().expect("every token has one").as_str()
}

pub fn timeout_ms(timeout_ms: u32) -> RequestOptions {
    let mut options = RequestOptions::default();
    options.timeout_ms = Some(timeout_ms);
    options
}

/// Every log line, down to the least important.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub fn log(&self) -> Log {
        let lines = self.0.clone();
        Log::new(Level::Debug, Arc::new(move |_, line: &str| lines.lock().expect("no panic").push(line.to_owned())))
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

/// Serves one good answer for each request, whose token carries the refresh token that was sent.
pub fn echo(mut exchange: Exchange) -> std::io::Result<()> {
    while let Some(request) = exchange.read_request()? {
        let sent = request.form_value("refresh_token").unwrap_or_default();
        exchange.answer(&Answer::json(200, format!(r#"{{"access_token":"for-{sent}","token_type":"Bearer"}}"#)))?;
    }
    Ok(())
}

/// Runs all tests of this program again over the connections of clients that know a proxy, but for those with `skipped` in
/// their names.
pub fn pass_behind_a_proxy_too(skipped: &[&str]) {
    if is_proxied() {
        return;
    }
    let mut again = std::process::Command::new(std::env::current_exe().expect("this program"));
    for name in [PROXIED.0, "http_proxy", "https_proxy"] {
        again.env(name, PROXIED.1);
    }
    for part in skipped {
        again.args(["--skip", part]);
    }
    let output = again.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let passed = said.split(" passed").next().and_then(|before| before.rsplit(' ').next());
    assert!(passed.and_then(|number| number.parse().ok()).is_some_and(|passed: u32| passed > 30), "{said}");
}
