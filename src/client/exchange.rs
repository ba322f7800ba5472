//! One exchange with its retries, inside its time, until cancelled.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::client::config::Config;
use crate::client::log::Level;
use crate::client::options::{Bounds, jittered};
use crate::error::{Advice, Error, Result, Status};
use crate::http::{Request, Response};
use crate::protocol::message::Secrets;
use crate::protocol::{endpoint, retry_after};
use crate::text::Text;
use crate::transport::{Call, Failure, FailureKind, Transport};

/// A request and all that bounds it.
pub struct Exchange<'a> {
    pub config: &'a Config,
    pub bounds: &'a Bounds<'a>,
    pub request: &'a Request<'a>,
    /// Adds the secrets of the request; asked for only when a message is made.
    pub secrets: &'a (dyn Fn(&mut Secrets) + Sync),
    pub resend: Resend,
}

/// Whether the request may go out again after the server had it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// It carries a code or a refresh token, which servers take once.
    Never,
    /// It can be repeated.
    Allowed,
}

/// A whole answer.
pub struct Answer {
    pub response: Response,
    pub sent_at: SystemTime,
    pub received_at: SystemTime,
    pub attempts: u32,
}

impl Exchange<'_> {
    /// Sends until there is an answer or no reason to go on.
    pub async fn run(&self, transport: &dyn Transport) -> Result<Answer> {
        let policy = self.bounds.options.retry.unwrap_or(self.config.retry);
        let deadline = self.bounds.exchange_ends(self.config.timeout);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let call = Call::new(
                self.request,
                deadline,
                self.bounds.options.cancel.as_deref(),
                self.config.max_response_bytes,
            );
            let (sent_at, began) = (self.config.clock.system_time(), Instant::now());
            let outcome = self.send(transport, &call).await;
            let answered = outcome.is_ok();
            let may_repeat = attempts <= policy.max_retries;
            let pause = match outcome {
                Ok(response) => {
                    self.log(Level::Debug, || {
                        format!("HTTP {} after {} ms", response.status, began.elapsed().as_millis())
                    });
                    let again = policy.retry_statuses && self.resend == Resend::Allowed && may_repeat;
                    let wait = again
                        .then(|| retry_wait(&response, self.config.clock.system_time(), policy.backoff_ms, attempts))
                        .flatten();
                    match wait.filter(|wait| Instant::now() + *wait < deadline) {
                        Some(wait) => wait,
                        None => {
                            return Ok(Answer {
                                response,
                                sent_at,
                                received_at: self.config.clock.system_time(),
                                attempts,
                            });
                        }
                    }
                }
                Err(stop) => {
                    let pause = backoff(policy.backoff_ms, attempts);
                    let again = stop.repeatable() && may_repeat && Instant::now() + pause < deadline;
                    let error = self.describe(stop, call.was_sent());
                    if !again {
                        return Err(self.failed(error, attempts));
                    }
                    self.log(Level::Warn, || error.message.as_str().to_owned());
                    pause
                }
            };
            self.log(Level::Warn, || format!("trying again in {} ms", pause.as_millis()));
            if self.bounds.pause("between two tries", pause).await.is_err() {
                return Err(self.failed(self.describe(Stop::Cancelled, answered), attempts)); // else nothing was sent
            }
        }
    }

    /// Completes an error with what is known of the exchange, and logs it.
    pub fn failed(&self, mut error: Error, attempts: u32) -> Error {
        error.attempts = attempts;
        error.endpoint = Some(Text::lossy(self.shown_endpoint()));
        error.request_sent |= error.response.is_some();
        self.log(Level::Error, || error.message.as_str().to_owned());
        error
    }

    async fn send(&self, transport: &dyn Transport, call: &Call<'_>) -> std::result::Result<Response, Stop> {
        self.log(Level::Debug, || format!("{} {}", self.request.method, self.shown_endpoint()));
        let sending = timeout_at(call.deadline, transport.send(call));
        let outcome = match call.cancel {
            None => sending.await,
            Some(cancel) => tokio::select! {
                biased;
                () = cancel.wait() => return Err(Stop::Cancelled),
                outcome = sending => outcome,
            },
        };
        outcome.map_err(|_| Stop::Timeout)?.map_err(Stop::Failure)
    }

    fn shown_endpoint(&self) -> &str {
        endpoint::shown(self.request.url)
    }

    fn log(&self, level: Level, make: impl FnOnce() -> String) {
        self.config.log.line(level, make);
    }

    fn describe(&self, stop: Stop, was_sent: bool) -> Error {
        let (kind, passing, cause) = match stop {
            Stop::Cancelled => (FailureKind::Cancelled, false, String::new()),
            Stop::Timeout => (FailureKind::Timeout, true, String::new()),
            Stop::Failure(failure) => (failure.kind, failure.passing, failure.cause),
        };
        let (status, what) = words(kind);
        let sent = was_sent && !matches!(status, Status::Connect | Status::Tls);
        let mut line = format!("{what}: {}", self.shown_endpoint());
        if !cause.is_empty() {
            let mut secrets = Secrets::default();
            (self.secrets)(&mut secrets);
            line.push_str(": ");
            line.push_str(&secrets.clean(&cause));
        }
        let mut error = Error::new(status, &line);
        error.request_sent = sent;
        match status {
            Status::Cancelled if self.resend == Resend::Allowed => {} // nothing is lost, and nobody wants it
            Status::Timeout | Status::ConnectionLost if sent && self.resend == Resend::Allowed => {
                error.advice = Advice::Retry;
            }
            _ if sent => error.advice = Advice::OutcomeUnknown,
            Status::Connect | Status::Tls if !passing => error.advice = Advice::FixConfig,
            Status::Tls => error.advice = Advice::Retry,
            _ => {}
        }
        error
    }
}

/// Why an attempt ended without an answer.
enum Stop {
    Cancelled,
    Timeout,
    Failure(Failure),
}

impl Stop {
    /// Nothing was sent, and the cause may pass.
    fn repeatable(&self) -> bool {
        let Self::Failure(failure) = self else { return false };
        failure.passing && matches!(failure.kind, FailureKind::Connect | FailureKind::ConnectTimeout | FailureKind::Tls)
    }
}

fn words(kind: FailureKind) -> (Status, &'static str) {
    match kind {
        FailureKind::Connect => (Status::Connect, "could not connect"),
        FailureKind::ConnectTimeout => (Status::Timeout, "could not connect in time"),
        FailureKind::Tls => (Status::Tls, "the TLS handshake failed"),
        FailureKind::Lost => (Status::ConnectionLost, "the connection was lost before the answer was complete"),
        FailureKind::TooLarge => (Status::ResponseTooLarge, "the answer was too large"),
        FailureKind::NotHttp => (Status::InvalidResponse, "the answer was no HTTP"),
        FailureKind::Callback => (Status::Callback, "the transport callback failed"),
        FailureKind::Timeout => (Status::Timeout, "no complete answer came in time"),
        FailureKind::Cancelled => (Status::Cancelled, "the call was cancelled"),
    }
}

/// How long to wait after an answer that asks for it.
fn retry_wait(response: &Response, now: SystemTime, backoff_ms: u32, attempts: u32) -> Option<Duration> {
    if !matches!(response.status, 429 | 502..=504) {
        return None;
    }
    let asked = response.headers.get("retry-after").and_then(|value| retry_after::parse(value, now));
    Some(asked.map_or_else(|| backoff(backoff_ms, attempts), |seconds| Duration::from_secs(seconds.into())))
}

/// Twice as long each time, give or take a half.
fn backoff(backoff_ms: u32, attempts: u32) -> Duration {
    let doubled = f64::from(backoff_ms) * f64::from(1_u32 << (attempts - 1).min(16));
    jittered(Duration::from_secs_f64(doubled / 1000.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::client::config::Builder;
    use crate::client::options::{RequestOptions, RetryPolicy};
    use crate::http::Headers;
    use crate::protocol::metadata::Endpoint;
    use crate::secret::SecretBytes;
    use crate::transport::Sending;

    /// Gives one answer after the other; 0 stands for a refused connection.
    struct Answers(Mutex<Vec<(u16, &'static str)>>);

    impl Transport for Answers {
        fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
            Box::pin(async move {
                let (status, retry_after) = self.0.lock().expect("one thread").remove(0);
                if status == 0 {
                    return Err(Failure { kind: FailureKind::Connect, cause: "refused".to_owned(), passing: true });
                }
                call.mark_sent();
                let mut headers = Headers::default();
                if !retry_after.is_empty() {
                    headers.push(b"retry-after", retry_after.as_bytes());
                }
                Ok(Response { status, headers, body: SecretBytes::default() })
            })
        }
    }

    /// What the exchange ends with (0: an error) after how many attempts and how much time.
    fn run(resend: Resend, policy: RetryPolicy, answers: &[(u16, &'static str)]) -> (u16, u32, Duration) {
        let mut builder = Builder::default();
        builder.set_endpoint(Endpoint::Token, "https://as.example/token".to_owned());
        let url = url::Url::parse("https://as.example/token").expect("a URL");
        let (config, _) = builder.build().expect("a good config");
        let request = Request::new("POST", &url, Headers::default(), |_| {});
        let mut options = RequestOptions::default();
        options.retry = Some(policy);
        let bounds = RequestOptions::begin(Some(&options)).expect("good options");
        let exchange = Exchange { config: &config, bounds: &bounds, request: &request, secrets: &|_| {}, resend };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let began = Instant::now();
            match exchange.run(&Answers(Mutex::new(answers.to_vec()))).await {
                Ok(answer) => (answer.response.status, answer.attempts, began.elapsed()),
                Err(error) => (0, error.attempts, began.elapsed()),
            }
        })
    }

    #[test]
    fn statuses_are_retried_only_where_asked_for_and_allowed() {
        let asked = RetryPolicy { retry_statuses: true, backoff_ms: 1, ..RetryPolicy::default() };
        let (busy, good) = ((503, ""), (200, ""));
        assert_eq!(run(Resend::Allowed, asked, &[busy, (429, "0"), good]).1, 3);
        assert_eq!(run(Resend::Allowed, RetryPolicy::default(), &[busy]).0, 503);
        assert_eq!(run(Resend::Never, asked, &[busy]).0, 503, "a code is never sent twice");
        assert_eq!(run(Resend::Allowed, asked, &[busy, busy, busy]).1, 3, "two retries and no more");
        for status in [400, 401, 500] {
            assert_eq!(run(Resend::Allowed, asked, &[(status, "1")]).0, status);
        }
    }

    #[test]
    fn retry_after_is_kept_and_beyond_the_deadline_the_answer_is_given_at_once() {
        let asked = RetryPolicy { retry_statuses: true, ..RetryPolicy::default() };
        let (status, _, waited) = run(Resend::Allowed, asked, &[(429, "1"), (200, "")]);
        assert!(status == 200 && waited >= Duration::from_secs(1), "{waited:?}");
        let (status, attempts, waited) = run(Resend::Allowed, asked, &[(429, "31")]);
        assert!((status, attempts) == (429, 1) && waited < Duration::from_secs(1), "the timeout is 30 s: {waited:?}");
    }

    #[test]
    fn what_never_left_is_tried_again_with_growing_pauses() {
        let (status, attempts, waited) = run(Resend::Never, RetryPolicy::default(), &[(0, ""), (0, ""), (200, "")]);
        assert_eq!((status, attempts), (200, 3));
        assert!(waited >= Duration::from_millis(150), "half of 100 and of 200 ms at the least: {waited:?}");
        assert_eq!(run(Resend::Never, RetryPolicy::default(), &[(0, ""), (0, ""), (0, "")]).1, 3);
        let none = RetryPolicy { max_retries: 0, ..RetryPolicy::default() };
        assert_eq!(run(Resend::Never, none, &[(0, "")]).1, 1);
    }
}
