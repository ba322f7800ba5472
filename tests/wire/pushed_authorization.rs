//! Pushed authorization requests (RFC 9126) that get no answer: within the call's limits, and anew with each attempt.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauthclient::client::Client;
use oauthclient::client::authorization::{Authorization, AuthorizationArguments};
use oauthclient::client::options::RequestOptions;
use oauthclient::error::{Advice, Result, Status};
use oauthclient::http::{Headers, Response};
use oauthclient::protocol::form;
use oauthclient::protocol::jose::key::Key;
use oauthclient::protocol::metadata::Endpoint;
use oauthclient::transport::cancel::Cancel;
use oauthclient::transport::{Call, Failure, FailureKind, Sending, Transport};
use tokio::time::Instant;

use crate::support::calls;

/// What becomes of a request.
enum Fate {
    Refused,
    Lost,
    Silence,
    Cancelled(Arc<Cancel>),
    Pushed,
}

/// A server with these fates for what it gets, in order; the last one stays.
struct Server {
    fates: Mutex<Vec<Fate>>,
    /// The forms that came.
    forms: Mutex<Vec<Vec<(String, String)>>>,
}

impl Server {
    fn new(fates: impl IntoIterator<Item = Fate>) -> Self {
        Self { fates: Mutex::new(fates.into_iter().collect()), forms: Mutex::default() }
    }

    fn values(&self, wanted: &str) -> Vec<String> {
        let forms = self.forms.lock().expect("one thread");
        let all = forms.iter().flatten().filter(|(name, _)| name == wanted);
        all.map(|(_, value)| value.clone()).collect()
    }
}

impl Transport for Server {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            assert_eq!(call.request.url.path(), "/par");
            let form = form::parse(std::str::from_utf8(call.request.body()).expect("a form")).expect("a form");
            let pairs = form.pairs.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
            self.forms.lock().expect("one thread").push(pairs.collect());
            let fate = {
                let mut fates = self.fates.lock().expect("one thread");
                if fates.len() > 1 { fates.remove(0) } else { std::mem::replace(&mut fates[0], Fate::Pushed) }
            };
            let fails = |kind| Err(Failure { kind, cause: String::new(), passing: true });
            if matches!(fate, Fate::Refused) {
                return fails(FailureKind::Connect);
            }
            call.mark_sent();
            match fate {
                Fate::Lost => fails(FailureKind::Lost),
                Fate::Silence => std::future::pending().await,
                Fate::Cancelled(cancel) => {
                    cancel.trigger();
                    std::future::pending().await
                }
                _ => {
                    let body = br#"{"request_uri":"urn:one","expires_in":60}"#.to_vec();
                    Ok(Response { status: 201, headers: Headers::default(), body: body.into(), cut: false })
                }
            }
        })
    }
}

/// It authenticates by its key and signs its requests.
fn client() -> Client {
    let mut config = calls::config("https://as.example/token");
    config.issuer = Some("https://as.example".to_owned());
    config.set_endpoint(Endpoint::Authorization, "https://as.example/a".to_owned());
    config.set_endpoint(Endpoint::PushedAuthorizationRequest, "https://as.example/par".to_owned());
    config.client = Some((calls::secret("client"), None));
    config.client_key = Some(Key::generate(None).expect("a key").into());
    (config.pushed_authorization, config.signed_requests) = (true, true);
    Client::new(config.build().expect("a good configuration").0)
}

async fn begin(server: &Server, options: &RequestOptions) -> Result<Authorization> {
    let arguments = AuthorizationArguments { redirect_uri: "https://app.example/cb", scope: None, parameters: None };
    client().authorization(server, arguments, &RequestOptions::begin(Some(options))?).await
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_signed_anew() {
    let server = Server::new([Fate::Refused, Fate::Refused, Fate::Pushed]);
    let begun = begin(&server, &RequestOptions::default()).await.expect("begun");
    assert_eq!(begun.request.url.as_str(), "https://as.example/a?client_id=client&request_uri=urn%3Aone");
    for name in ["client_assertion", "request"] {
        let values = server.values(name);
        assert_eq!((values.len(), values.iter().collect::<BTreeSet<_>>().len()), (3, 3), "{name}");
    }
    assert_eq!(server.values("client_id"), ["client"; 3]);
}

#[tokio::test(start_paused = true)]
async fn one_without_an_answer_ends_in_time_and_may_be_begun_again() {
    let limited = |timeout_ms, deadline_ms| {
        let mut options = RequestOptions::default();
        (options.timeout_ms, options.deadline_ms) = (timeout_ms, deadline_ms);
        options
    };
    let cancel = Arc::new(Cancel::default());
    let mut cancelled = RequestOptions::default();
    cancelled.set_cancel(Some(cancel.clone()));
    for (fate, options, status, advice, seconds) in [
        (Fate::Lost, RequestOptions::default(), Status::ConnectionLost, Advice::Retry, 0),
        (Fate::Silence, RequestOptions::default(), Status::Timeout, Advice::Retry, 10),
        (Fate::Silence, limited(Some(3_000), None), Status::Timeout, Advice::Retry, 3),
        (Fate::Silence, limited(None, Some(2_000)), Status::Timeout, Advice::Retry, 2),
        (Fate::Cancelled(cancel), cancelled, Status::Cancelled, Advice::None, 0),
    ] {
        let (server, began) = (Server::new([fate]), Instant::now());
        let error = calls::failure(begin(&server, &options).await);
        assert_eq!((error.status, error.advice, error.attempts), (status, advice, 1), "{error}");
        assert!(error.request_sent && error.message.as_str().contains("https://as.example/par"), "{error}");
        assert_eq!(began.elapsed(), Duration::from_secs(seconds), "{error}");
    }
}
