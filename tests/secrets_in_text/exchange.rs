//! Clients that hold every planted value, and all texts that come of their calls.

use std::cell::Cell;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauthclient::blocking::Client;
use oauthclient::client::config::Builder;
use oauthclient::client::options::RequestOptions;
use oauthclient::client::token::TokenArguments;
use oauthclient::error::{Error, Result, Status};
use oauthclient::protocol::client_authentication::{BasicEncoding, Method, basic};
use oauthclient::protocol::parameters::Parameters;
use oauthclient::protocol::token::Token;
use oauthclient::protocol::token_request::Grant;
use oauthclient::transport::callback;

use crate::planted::*;
use crate::support::calls::{Lines, config, secret};

/// How the client says who it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Credentials {
    Configured(Method),
    /// The program's own header.
    Basic(BasicEncoding),
    Custom,
}

pub const CREDENTIALS: [Credentials; 7] = [
    Credentials::Configured(Method::ClientSecretBasic),
    Credentials::Configured(Method::ClientSecretBasicRaw),
    Credentials::Configured(Method::ClientSecretPost),
    Credentials::Configured(Method::None),
    Credentials::Basic(BasicEncoding::Form),
    Credentials::Basic(BasicEncoding::Raw),
    Credentials::Custom,
];

pub const GRANTS: [Grant<'static>; 2] = [
    Grant::AuthorizationCode { code: CODE, redirect_uri: Some("http://127.0.0.1/callback"), code_verifier: None },
    Grant::RefreshToken { refresh_token: REFRESH_TOKEN, scope: Some("a b") },
];

pub struct Exchanges {
    client: Client,
    credentials: Credentials,
    lines: Lines,
    /// How many of the lines were looked at.
    checked: Cell<usize>,
}

impl Exchanges {
    /// With the library's own transport.
    pub fn native(endpoint: &str, credentials: Credentials, change: impl FnOnce(&mut Builder)) -> Self {
        let lines = Lines::default();
        let mut config = config(&format!("{endpoint}?key={QUERY}"));
        config.client = None; // what only the program's own header holds is known from there
        if let Credentials::Configured(method) = credentials {
            config.client = Some((secret("client"), Some(secret(CLIENT_SECRET))));
            config.authentication = Some(method);
        }
        config.headers.push(("X-Key".to_owned(), secret(HEADER)));
        config.retry.backoff_ms = 1;
        config.log = lines.log();
        change(&mut config);
        let (config, route) = config.build().expect("a good configuration");
        Self { client: Client::new(config, route), credentials, lines, checked: Cell::new(0) }
    }

    /// With a transport of the program's.
    pub fn callback(credentials: Credentials, transport: Arc<callback::Send>) -> Self {
        Self::native("https://as.example/token", credentials, |config| config.transport = Some(transport))
    }

    /// One call; all that can be shown of it is looked at.
    pub fn call(&self, grant: Grant<'_>) -> Result<Token> {
        let mut parameters = Parameters::default();
        parameters.set(secret("password"), secret(PASSWORD));
        if matches!(grant, Grant::AuthorizationCode { .. }) {
            parameters.set(secret("code_verifier"), secret(VERIFIER));
        }
        let mut options = RequestOptions::default();
        options.add_header("X-More", secret(HEADER));
        let header = match self.credentials {
            Credentials::Configured(_) => None,
            Credentials::Basic(encoding) => Some(basic("client", CLIENT_SECRET, encoding).expect("encodable")),
            Credentials::Custom => Some(secret(AUTHORIZATION)),
        };
        let arguments = TokenArguments {
            authorization_header: header.as_ref().map(|header| header.as_str()),
            field_parameters: Some(&parameters),
            ..TokenArguments::default()
        };
        let result = self.client.token(grant, arguments, Some(&options));
        match &result {
            Ok(token) => check_token(token),
            Err(error) => check_error(error),
        }
        check(&format!("{result:?} {header:?}"));
        let lines = self.lines();
        for line in &lines[self.checked.replace(lines.len())..] {
            assert!(line.len() <= 512 && !line.contains('\n'), "{line}");
            check(line);
        }
        result
    }

    pub fn error(&self, grant: Grant<'_>, status: Status) -> Error {
        let error = self.call(grant).expect_err("the call fails");
        assert_eq!(error.status, status, "{error}");
        error
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.all()
    }
}

fn check_token(token: &Token) {
    let texts = [&token.access_token, &token.refresh_token, &token.id_token, &token.scope];
    check(&format!("{token:?} {token:#?} {:?} {:?} {texts:?}", token.response, token.client_id));
    check(&format!("{:?} {:?}", token.authorization(), token.response_json()));
    let saved = oauthclient::protocol::saved_token::write(token);
    check(&format!("{saved:?}"));
    let broken = saved.as_str().expect("UTF-8").replace("\":", "\"");
    check_error(&oauthclient::protocol::saved_token::read(&broken).expect_err("damaged"));
}

fn check_error(error: &Error) {
    check(&format!("{error} {error:?} {error:#?} {} {:?}", error.message, error.endpoint));
    check(&format!("{:?} {:#?}", error.provider, error.provider));
    let headers = error.response.as_ref().map(|response| &response.headers);
    check(&format!("{:?} {:#?} {headers:?}", error.response, error.response));
}

/// What a server may make of a request in its words: each header and each field of the form, as it came and decoded.
pub fn echoes(target: &str, headers: &[(String, String)], body: &[u8]) -> Vec<String> {
    let mut echoes = vec![format!("cannot serve {target}"), String::from_utf8_lossy(body).into_owned()];
    for (name, value) in headers {
        echoes.push(format!("bad header {name}: {value}!"));
        if let Some(plain) = value.strip_prefix("Basic ").and_then(|value| STANDARD.decode(value).ok()) {
            let plain = String::from_utf8(plain).expect("what the client put there");
            echoes.push(format!("no client {plain}"));
            let secret = plain.split_once(':').expect("a colon").1;
            echoes.push(format!("wrong secret '{secret}'"));
            echoes.extend(Some(decoded(secret)).filter(|_| !secret.contains('&'))); // it was encoded
        }
    }
    for (name, value) in form_urlencoded::parse(body) {
        echoes.extend([
            format!("bad {name} ({value})"),
            encoded(&value),
            encoded_small(&value),
            value.replace(' ', "+"),
        ]);
        echoes.push(format!("{value}{value}\r\n{value}"));
    }
    echoes
}

fn decoded(component: &str) -> String {
    form_urlencoded::parse(format!("x={component}").as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// A JSON string with what JSON needs escaped, and slashes too.
pub fn quoted(text: &str) -> String {
    let mut json = oauthclient::secret::SecretBytes::default();
    oauthclient::protocol::json::append_string(&mut json, text);
    json.as_str().expect("UTF-8").replace('/', "\\/")
}
