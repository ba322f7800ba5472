//! When a device polls (RFC 8628 section 3.5), to the millisecond: on a clock that runs only while everybody waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauthclient::client::Client;
use oauthclient::client::device::Device;
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Advice, Error, ProviderCode, Result, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::protocol::token::Token;
use oauthclient::transport::cancel::Cancel;
use oauthclient::transport::{Call, Failure, FailureKind, Sending, Transport};
use tokio::time::Instant;

use crate::support::calls;

/// What becomes of one poll.
#[derive(Clone)]
enum Step {
    /// HTTP status, seconds of `Retry-After` (0: none), body.
    Answer(u16, u32, String),
    /// The same after so many seconds.
    Late(u64, u16, String),
    Fails(FailureKind),
    Silence,
    Cancels(Arc<Cancel>),
}

use Step::{Answer, Fails, Late, Silence};

/// A server that follows a script, and notes when it was asked.
struct Script {
    began: Instant,
    steps: Mutex<VecDeque<Step>>,
    asked_s: Mutex<Vec<f64>>,
}

impl Transport for Script {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            if call.request.url.path() == "/device" {
                return Ok(response(200, 0, &codes()));
            }
            self.asked_s.lock().expect("one thread").push(self.began.elapsed().as_secs_f64());
            let step = self.steps.lock().expect("one thread").pop_front().expect("no poll after the last step");
            if !matches!(step, Fails(FailureKind::Connect | FailureKind::Tls)) {
                call.mark_sent();
            }
            match step {
                Answer(status, retry_after_s, body) => Ok(response(status, retry_after_s, &body)),
                Late(seconds, status, body) => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    Ok(response(status, 0, &body))
                }
                Fails(kind) => Err(Failure { kind, cause: String::new(), passing: true }),
                Silence => std::future::pending().await,
                Step::Cancels(cancel) => {
                    cancel.trigger();
                    Ok(response(400, 0, &error("authorization_pending")))
                }
            }
        })
    }
}

fn response(status: u16, retry_after_s: u32, body: &str) -> Response {
    let mut headers = Headers::default();
    headers.push(b"content-type", b"application/json");
    if retry_after_s > 0 {
        headers.push(b"retry-after", retry_after_s.to_string().as_bytes());
    }
    Response { status, headers, body: body.as_bytes().to_vec().into(), cut: false }
}

/// Every five seconds, for a minute and a half.
fn codes() -> String {
    let codes = r#"{"device_code":"DC","user_code":"UC","verification_uri":"https://as.example/","#;
    format!(r#"{codes}"interval":5,"expires_in":90}}"#)
}

fn error(error: &str) -> String {
    format!(r#"{{"error":"{error}"}}"#)
}

fn says(text: &str) -> Step {
    Answer(400, 0, error(text))
}

fn pending() -> Step {
    says("authorization_pending")
}

fn slow_down() -> Step {
    says("slow_down")
}

fn token() -> Step {
    Answer(200, 0, r#"{"access_token":"at","token_type":"Bearer"}"#.to_owned())
}

fn client() -> Client {
    let mut config = calls::config("https://as.example/token");
    config.set_endpoint(Endpoint::DeviceAuthorization, "https://as.example/device".to_owned());
    config.issuer = Some("https://as.example".to_owned());
    config.retry.max_retries = 0; // its pauses are drawn by lot
    Client::new(config.build().expect("a good configuration").0)
}

/// A device that was begun just now, and the server that it asks.
struct Polled {
    client: Client,
    script: Script,
    device: Device,
}

impl Polled {
    async fn begin(steps: &[Step]) -> Self {
        let script =
            Script { began: Instant::now(), steps: Mutex::new(steps.to_vec().into()), asked_s: Mutex::default() };
        let (client, bounds) = (client(), RequestOptions::begin(None).expect("no options"));
        let device = client.device_authorization(&script, None, None, &bounds).await.expect("codes");
        Self { client, script, device }
    }

    async fn wait(&mut self, options: &RequestOptions) -> Result<Token> {
        let bounds = RequestOptions::begin(Some(options))?;
        self.client.wait(&self.script, &mut self.device, &bounds).await
    }

    /// When each poll was sent, and now, in seconds.
    fn seen(&self) -> (Vec<f64>, f64) {
        (self.script.asked_s.lock().expect("one thread").clone(), self.script.began.elapsed().as_secs_f64())
    }
}

fn deadline_s(seconds: u32) -> RequestOptions {
    let mut options = RequestOptions::default();
    options.deadline_ms = Some(seconds * 1000);
    options
}

#[tokio::test(start_paused = true)]
async fn device_polls_are_sent_as_the_server_asks() {
    let (lost, unreachable) = (Fails(FailureKind::Lost), Fails(FailureKind::Connect));
    let busy = |status, retry_after_s| Answer(status, retry_after_s, "busy".to_owned());
    for (why, steps, polls) in [
        ("at once", vec![token()], &[5.0][..]),
        ("steadily", vec![pending(), pending(), token()], &[5.0, 10.0, 15.0]),
        ("pending under HTTP 200", vec![Answer(200, 0, error("authorization_pending")), token()], &[5.0, 10.0]),
        ("slower for good", vec![slow_down(), slow_down(), pending(), token()], &[5.0, 15.0, 30.0, 45.0]),
        ("less and less while nobody answers", vec![unreachable.clone(); 3], &[5.0, 15.0, 35.0, 75.0]),
        ("as usual once they do", vec![unreachable, lost, pending(), pending()], &[5.0, 15.0, 35.0, 40.0, 45.0]),
        ("TLS may come right", vec![Fails(FailureKind::Tls), token()], &[5.0, 15.0]),
        ("after a timeout of 10 s", vec![Silence, pending(), token()], &[5.0, 25.0, 30.0]),
        ("after the transport's own timeout", vec![Fails(FailureKind::Timeout), token()], &[5.0, 15.0]),
        ("when a busy server says so", vec![busy(503, 30), pending(), token()], &[5.0, 35.0, 40.0]),
        ("never earlier than that", vec![busy(429, 2), token()], &[5.0, 15.0]),
        ("busy without a word on when", vec![busy(503, 0), busy(502, 0), token()], &[5.0, 15.0, 35.0]),
        (
            "busy in OAuth's words",
            vec![Answer(429, 20, error("slow_down")), says("temporarily_unavailable"), token()],
            &[5.0, 25.0, 45.0],
        ),
        ("a late answer counts from when it came", vec![Late(3, 400, error("slow_down")), token()], &[5.0, 18.0]),
    ] {
        let mut steps = steps;
        if steps.len() < polls.len() {
            steps.push(token());
        }
        let mut polled = Polled::begin(&steps).await;
        let token = polled.wait(&RequestOptions::default()).await.unwrap_or_else(|error| panic!("{why}: {error}"));
        assert_eq!(calls::access_token(&token), "at");
        assert_eq!(polled.seen().0, polls, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_wait_ends_with_a_decision_an_expiry_or_an_error() {
    let no_json = Answer(200, 0, "<html>".to_owned());
    let none = RequestOptions::default;
    for (why, steps, options, (status, sent), polls, end) in [
        ("no", vec![pending(), says("access_denied")], none(), (Status::Provider, true), &[5.0, 10.0][..], 10.0),
        ("the server's expiry", vec![says("expired_token")], none(), (Status::Expired, true), &[5.0], 5.0),
        ("a client that it does not know", vec![says("invalid_client")], none(), (Status::Provider, true), &[5.0], 5.0),
        ("nonsense", vec![no_json], none(), (Status::InvalidResponse, true), &[5.0], 5.0),
        ("a missing page", vec![Answer(404, 0, String::new())], none(), (Status::Http, true), &[5.0], 5.0),
        (
            "no poll after the expiry",
            vec![Answer(503, 600, String::new())],
            none(),
            (Status::Expired, false),
            &[5.0],
            90.0,
        ),
        ("the deadline", vec![pending(), pending()], deadline_s(12), (Status::Timeout, false), &[5.0, 10.0], 12.0),
        ("the deadline of a poll", vec![Silence], deadline_s(12), (Status::Timeout, true), &[5.0], 12.0),
        (
            "an answer at the deadline",
            vec![Late(7, 400, error("authorization_pending"))],
            deadline_s(12),
            (Status::Timeout, false),
            &[5.0],
            12.0,
        ),
    ] {
        let mut polled = Polled::begin(&steps).await;
        let error = calls::failure(polled.wait(&options).await);
        assert_eq!((error.status, error.request_sent), (status, sent), "{why}: {error}");
        assert_eq!(polled.seen(), (polls.to_vec(), end), "{why}");
    }
}

/// While the user is waited for, the server may be what is missing.
#[tokio::test(start_paused = true)]
async fn a_device_wait_that_runs_out_of_time_says_why_the_last_poll_failed() {
    let none = RequestOptions::default;
    let busy = |retry_after_s| Answer(503, retry_after_s, "busy".to_owned());
    let down = r#"{"error":"temporarily_unavailable","error_description":"back at DC o'clock"}"#;
    let (expired, timeout) = ((Status::Expired, Advice::LogInAgain), (Status::Timeout, Advice::Retry));
    let unanswered = (Status::Timeout, Advice::OutcomeUnknown);
    for (why, steps, options, end, said, http_status, provider) in [
        ("an expiry", vec![Answer(503, 600, down.to_owned())], none(), expired, "unavailable: back", Some(503), true),
        ("a deadline", vec![busy(0)], deadline_s(12), timeout, "HTTP 503", Some(503), false),
        ("no answer", vec![Fails(FailureKind::Connect)], deadline_s(12), timeout, "could not connect", None, false),
        ("the last one counts", vec![Silence, busy(60)], deadline_s(40), timeout, "HTTP 503", Some(503), false),
        ("a poll at the deadline", vec![busy(0), Silence], deadline_s(20), unanswered, "HTTP 503", Some(503), false),
        ("the server is back", vec![busy(0), pending()], deadline_s(17), timeout, "", None, false),
        ("nothing failed", vec![pending()], deadline_s(7), timeout, "", None, false),
    ] {
        let mut polled = Polled::begin(&steps).await;
        let error = calls::failure(polled.wait(&options).await);
        let message = error.message.as_str();
        assert_eq!((error.status, error.advice), end, "{why}: {error}");
        let words = message.split_once("; the last poll failed: ").map_or("", |(_, words)| words);
        assert!(words.contains(said) && words.is_empty() == said.is_empty(), "{why}: {error}");
        assert!(!words.contains("DC"), "the device code is a secret: {error}");
        assert_eq!(error.response.as_ref().map(|response| response.status), http_status, "{why}");
        let code = error.provider.as_ref().map(|provider| provider.code);
        assert_eq!(code, provider.then_some(ProviderCode::TemporarilyUnavailable), "{why}");
        let mut brief = RequestOptions::default();
        brief.deadline_ms = Some(1);
        // Asked once more, without a poll between, it says the same.
        let again = calls::failure(polled.wait(&brief).await);
        assert_eq!(again.message.as_str().contains("; the last poll failed: "), !said.is_empty(), "{why}: {again}");
    }
}

/// Also where the program polled by itself in between.
#[tokio::test(start_paused = true)]
async fn a_failed_poll_is_forgotten_when_the_server_answers() {
    let mut polled = Polled::begin(&[Answer(503, 0, "busy".to_owned()), pending()]).await;
    let said = |error: Error| error.message.as_str().contains("; the last poll failed: ");
    assert!(said(calls::failure(polled.wait(&deadline_s(7)).await)));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let bounds = RequestOptions::begin(None).expect("no options");
    let error = calls::failure(polled.client.poll(&polled.script, &mut polled.device, &bounds).await);
    assert_eq!((error.status, error.request_sent), (Status::AuthorizationPending, true));
    assert!(!said(calls::failure(polled.wait(&deadline_s(2)).await)));
}

#[tokio::test(start_paused = true)]
async fn a_device_wait_can_be_called_again_after_a_timeout() {
    let cancel = Arc::new(Cancel::default());
    let mut cancelled = RequestOptions::default();
    cancelled.cancel = Some(cancel.clone());
    let mut polled = Polled::begin(&[Step::Cancels(cancel), token()]).await;
    assert_eq!(calls::failure(polled.wait(&deadline_s(2)).await).status, Status::Timeout);
    assert_eq!(polled.seen(), (vec![], 2.0));
    assert_eq!(calls::failure(polled.wait(&cancelled).await).status, Status::Cancelled);
    assert_eq!(polled.seen(), (vec![5.0], 5.0));
    calls::access_token(&polled.wait(&RequestOptions::default()).await.expect("a token"));
    assert_eq!(polled.seen(), (vec![5.0, 10.0], 10.0));
}

/// Nobody sends a nonce here; issuer and audience are checked all the same.
#[tokio::test(start_paused = true)]
async fn the_id_token_of_a_device_log_in_is_checked() {
    for (issuer, status) in [("https://as.example", None), ("https://evil.example", Some(Status::IdToken))] {
        let claims = format!(r#"{{"iss":"{issuer}","sub":"s","aud":"client","exp":32503680000,"iat":1}}"#);
        let [header, payload] = ["{}", &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let body = format!(r#"{{"access_token":"at","id_token":"{header}.{payload}."}}"#);
        let mut polled = Polled::begin(&[Answer(200, 0, body)]).await;
        let result = polled.wait(&RequestOptions::default()).await;
        assert_eq!(result.as_ref().err().map(|error| error.status), status, "{issuer}");
        assert_eq!(result.is_ok_and(|token| token.claims.is_some()), status.is_none());
    }
}
