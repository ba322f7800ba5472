//! Signed redirects (JARM): what is accepted, and what is refused without harm to the login.

mod keys;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oauthclient::client::Client;
use oauthclient::client::authorization::{Authorization, AuthorizationArguments};
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Advice, Error, ProviderCode, Result, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::jose::jws;
use oauthclient::protocol::jose::key::Key;
use oauthclient::protocol::jose::members::Members;
use oauthclient::protocol::parameters::Parameters;
use oauthclient::protocol::saved_authorization;
use oauthclient::protocol::token::Token;
use oauthclient::transport::{Call, Sending, Transport};

use crate::support::calls;

const ISSUER: &str = "https://as.example";
const REDIRECT_URI: &str = "https://app.example/cb";

/// A server with these keys, and how often each of its URLs was asked.
struct Server {
    /// Members of its metadata beside the endpoints.
    metadata: String,
    jwks: Mutex<(u16, String)>,
    asked: Mutex<BTreeMap<String, usize>>,
    /// How long it takes for its keys.
    takes: Duration,
}

impl Server {
    fn new(metadata: &str, key: &Key) -> Self {
        let jwks = Mutex::new((200, key.public_jwks().as_str().to_owned()));
        Self { metadata: metadata.to_owned(), jwks, asked: Mutex::default(), takes: Duration::ZERO }
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().expect("one thread").get(path).copied().unwrap_or_default()
    }

    fn has_keys(&self, status: u16, jwks: &str) {
        *self.jwks.lock().expect("one thread") = (status, jwks.to_owned());
    }
}

impl Transport for Server {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            let path = call.request.url.path().to_owned();
            *self.asked.lock().expect("one thread").entry(path.clone()).or_default() += 1;
            call.mark_sent();
            let (status, body) = match path.as_str() {
                "/.well-known/openid-configuration" => (
                    200,
                    format!(
                        r#"{{"issuer":"{ISSUER}","authorization_endpoint":"{ISSUER}/a","token_endpoint":"{ISSUER}/token"{}}}"#,
                        self.metadata
                    ),
                ),
                "/jwks" => {
                    tokio::time::sleep(self.takes).await;
                    self.jwks.lock().expect("one thread").clone()
                }
                "/.well-known/oauth-authorization-server" => (404, String::new()),
                "/token" => (200, r#"{"access_token":"at","token_type":"Bearer"}"#.to_owned()),
                other => panic!("nothing is at {other}"),
            };
            let mut headers = Headers::default();
            headers.push(b"content-type", b"application/json");
            headers.push(b"cache-control", b"max-age=86400");
            Ok(Response { status, headers, body: body.into_bytes().into(), cut: false })
        })
    }
}

const JWKS_URI: &str = r#","jwks_uri":"https://as.example/jwks""#;

fn client(signed_responses: bool) -> Client {
    let mut config = calls::config("https://as.example/token");
    config.issuer = Some(ISSUER.to_owned());
    config.signed_responses = signed_responses;
    config.retry.max_retries = 0;
    Client::new(config.build().expect("a good configuration").0)
}

async fn begin(client: &Client, server: &Server, parameters: Option<&Parameters>) -> Result<Authorization> {
    let arguments = AuthorizationArguments { redirect_uri: REDIRECT_URI, scope: None, parameters };
    client.authorization(server, arguments, &RequestOptions::begin(None)?).await
}

async fn finish(client: &Client, server: &Server, begun: &mut Authorization, redirect: &str) -> Result<Token> {
    client.finish(server, begun, redirect, None, &RequestOptions::begin(None)?).await
}

async fn fails(client: &Client, server: &Server, begun: &mut Authorization, redirect: &str) -> Error {
    calls::failure(finish(client, server, begun, redirect).await)
}

fn in_s(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("now") + seconds
}

fn state(begun: &Authorization) -> &str {
    begun.request.state.as_str()
}

fn good_claims(begun: &Authorization) -> Members {
    let claims = Members::new().text("iss", ISSUER).text("aud", "client").number("exp", in_s(60));
    claims.text("state", state(begun)).text("code", "c0de")
}

fn redirect_of(jwt: &str) -> String {
    format!("{REDIRECT_URI}?response={jwt}")
}

fn signed(key: &Key, claims: Members) -> String {
    redirect_of(jws::signed(key, key.header("JWT"), claims).expect("signed").as_str())
}

fn key(kid: &str) -> Key {
    Key::generate(None).and_then(|key| key.with_kid(Some(kid))).expect("a key")
}

fn parameter(name: &str, value: &str) -> Parameters {
    let mut parameters = Parameters::default();
    parameters.add(calls::secret(name), calls::secret(value));
    parameters
}

#[tokio::test(start_paused = true)]
async fn a_signed_redirect_is_treated_as_any_other() {
    for algorithm in ["ES256", "ES384", "EdDSA"] {
        let key = Key::generate(Some(algorithm)).expect("a key");
        let (client, server) = (client(true), Server::new(JWKS_URI, &key));
        let mut begun = begin(&client, &server, None).await.expect("begun");
        assert!(
            begun.request.url.as_str().contains("&response_mode=jwt&")
                || begun.request.url.as_str().ends_with("&response_mode=jwt")
        );
        assert_eq!(server.asked("/jwks"), 0, "keys are fetched when there is something to verify");
        let redirect = signed(&key, good_claims(&begun));
        assert!(begun.request.is_answered_by(&redirect), "a listener knows whose it is");
        let token = finish(&client, &server, &mut begun, &redirect).await.expect("a token");
        assert_eq!(calls::access_token(&token), "at");
        assert_eq!(server.asked("/jwks"), 1);
        let error = fails(&client, &server, &mut begun, &redirect).await;
        assert_eq!(error.status, Status::InvalidState);
        // Another login needs no fetch.
        let mut begun = begin(&client, &server, None).await.expect("begun");
        let claims = Members::new().text("iss", ISSUER).raw("aud", r#"["x","client"]"#).number("exp", in_s(60));
        let claims = claims.text("state", state(&begun)).text("error", "access_denied").text("error_description", "no");
        let error = fails(&client, &server, &mut begun, &signed(&key, claims)).await;
        assert_eq!((error.status, error.advice), (Status::Provider, Advice::LogInAgain));
        assert_eq!(error.provider.as_ref().expect("an error").code, ProviderCode::AccessDenied);
        assert_eq!(server.asked("/jwks"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_program_may_ask_for_one_in_its_parameters() {
    let key = key("k");
    let server = Server::new(JWKS_URI, &key);
    for (config_asks, mode, sent) in [
        (false, "jwt", "jwt"),
        (false, "query.jwt", "query.jwt"),
        (false, "form_post.jwt", "form_post.jwt"),
        (true, "form_post", "form_post.jwt"),
        (true, "query", "jwt"),
        (true, "query.jwt", "query.jwt"),
    ] {
        let client = client(config_asks);
        let mut begun = begin(&client, &server, Some(&parameter("response_mode", mode))).await.expect("begun");
        let url = url::Url::parse(begun.request.url.as_str()).expect("a URL");
        let modes: Vec<_> = url.query_pairs().filter(|(name, _)| name == "response_mode").collect();
        assert!(modes.len() == 1 && modes[0].1 == sent, "{mode}: {url}");
        // It is asked for also where it is finished.
        let saved = saved_authorization::write(&begun.request);
        let resumed = saved_authorization::read(saved.as_str().expect("text")).expect("readable");
        let mut resumed = client.resume(resumed).expect("ours");
        let plain = format!("code=c0de&state={}", state(&begun));
        let error = fails(&client, &server, &mut resumed, &plain).await;
        assert!(error.message.as_str().contains("not signed"), "{error}");
        let form = signed(&key, good_claims(&begun)).split_once('?').expect("a query").1.to_owned();
        finish(&client, &server, &mut resumed, &form).await.expect("a token");
        finish(&client, &server, &mut begun, &form).await.expect("a token");
    }
    for mode in ["fragment.jwt", "fragment", "web_message"] {
        let error = calls::failure(begin(&client(true), &server, Some(&parameter("response_mode", mode))).await);
        assert_eq!(error.status, Status::InvalidArgument, "{mode}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_that_is_not_good_is_refused_by_name_and_harms_nothing() {
    let (right, wrong) = (key("k"), key("k"));
    let (client, server) = (client(true), Server::new(JWKS_URI, &right));
    let mut begun = begin(&client, &server, None).await.expect("begun");
    let state = state(&begun).to_owned();
    let claims = |iss: &str, aud: &str, exp: i64, state: &str| {
        let claims = Members::new().text("iss", iss).raw("aud", aud).number("exp", exp);
        claims.text("state", state).text("code", "c0de")
    };
    let (client_id, later) = (r#""client""#, in_s(60));
    let good = signed(&right, good_claims(&begun));
    let parts: Vec<&str> = good.split(['=', '.']).skip(1).collect();
    let plain = |query: &str| format!("{REDIRECT_URI}?{query}&state={state}");
    const INVALID: Status = Status::InvalidResponse;
    for (redirect, status, named) in [
        (plain("code=c0de"), INVALID, "the redirect was not signed"),
        (
            plain("error=access_denied&error_description=no"),
            INVALID,
            "not signed, as the authorization asked for; it said: access_denied: no",
        ),
        (signed(&wrong, good_claims(&begun)), INVALID, "its signature is not by a key of the server"),
        (signed(&key("other"), good_claims(&begun)), INVALID, "keys have none with its key id"),
        (signed(&right, claims(ISSUER, r#""other""#, later, &state)), INVALID, "its audience is another client"),
        (signed(&right, claims(ISSUER, r#"["other"]"#, later, &state)), INVALID, "its audience is another client"),
        (signed(&right, claims(ISSUER, "null", later, &state)), INVALID, "its audience is another client"),
        (signed(&right, claims(ISSUER, client_id, in_s(-301), &state)), INVALID, "it has expired"),
        (signed(&right, claims(ISSUER, client_id, later, "other")), Status::StateMismatch, "another state"),
        (
            signed(&right, claims("https://evil.example", client_id, later, &state)),
            Status::IssuerMismatch,
            "https://evil.example",
        ),
        (
            signed(
                &right,
                Members::new().text("iss", ISSUER).text("aud", "client").text("state", &state).text("code", "c"),
            ),
            INVALID,
            "when it expires",
        ),
        (
            signed(
                &right,
                Members::new().text("aud", "client").number("exp", later).text("state", &state).text("code", "c"),
            ),
            Status::IssuerMismatch,
            "which server it came from",
        ),
        (
            signed(
                &right,
                Members::new().text("aud", "client").number("exp", later).text("state", &state).text("error", "x"),
            ),
            Status::IssuerMismatch,
            "which server it came from",
        ),
        (
            signed(
                &right,
                Members::new().text("iss", ISSUER).text("aud", "client").number("exp", later).text("code", "c"),
            ),
            Status::StateMismatch,
            "no state",
        ),
        (
            signed(
                &right,
                Members::new().text("iss", ISSUER).text("aud", "client").number("exp", later).text("state", &state),
            ),
            INVALID,
            "neither a code nor an error",
        ),
        (redirect_of(&format!("{}.{}.", "eyJhbGciOiJub25lIn0", parts[1])), INVALID, "it is not signed"),
        (
            redirect_of(
                jws::authenticated(calls::CLIENT_SECRET, Members::new(), good_claims(&begun)).expect("signed").as_str(),
            ),
            INVALID,
            "shared secret",
        ),
        (redirect_of("a.b.c.d.e"), INVALID, "it is encrypted, which is not supported"),
        (redirect_of(""), INVALID, "no JWT of three parts"),
        (format!("{good}&response={}", "a.b.c"), INVALID, "twice"),
        (good.replace("app.example", "evil.example"), INVALID, "elsewhere"),
        (format!("{REDIRECT_URI}#response=x&state={state}"), Status::StateMismatch, "no state"),
    ] {
        let error = fails(&client, &server, &mut begun, &redirect).await;
        let message = error.message.as_str();
        assert!(error.status == status && message.contains(named), "{:?}: {message}, not {named}", error.status);
        assert!(!message.contains(&state) && !message.contains("c0de") && !error.request_sent, "{message}");
    }
    assert_eq!(server.asked("/token"), 0);
    // What stands beside the JWT counts for nothing.
    let token = finish(&client, &server, &mut begun, &format!("{good}&state=other&code=evil&error=x")).await;
    assert_eq!(calls::access_token(&token.expect("a token")), "at");
}

#[tokio::test(start_paused = true)]
async fn one_that_was_not_asked_for_is_named() {
    let key = key("k");
    let (client, server) = (client(false), Server::new(JWKS_URI, &key));
    let mut begun = begin(&client, &server, None).await.expect("begun");
    assert!(!begun.request.url.as_str().contains("response_mode"));
    let redirect = signed(&key, good_claims(&begun));
    let error = fails(&client, &server, &mut begun, &redirect).await;
    assert!(error.message.as_str().contains("oauth_config_set_signed_responses"), "{error}");
    assert_eq!((error.advice, server.asked("/jwks")), (Advice::FixConfig, 0));
    assert!(!begun.request.is_answered_by(&redirect));
}
