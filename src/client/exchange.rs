//! One exchange with its retries, inside its time, until cancelled.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, timeout_at};

use crate::client::config::Config;
use crate::client::log::Level;
use crate::client::options::RequestOptions;
use crate::error::{Advice, Error, Result, Status};
use crate::http::{Request, Response};
use crate::protocol::message::{self, Secrets};
use crate::protocol::{endpoint, retry_after};
use crate::text::Text;
use crate::transport::{Call, Failure, FailureKind, Transport};

/// A request and all that bounds it.
pub struct Exchange<'a> {
    pub config: &'a Config,
    pub options: &'a RequestOptions,
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
    /// It can be repeated; used by grants without a single-use credential.
    Allowed,
}

/// A whole answer.
pub struct Answer {
    pub response: Response,
    pub sent_at: SystemTime,
    pub attempts: u32,
}

impl Exchange<'_> {
    /// Sends until there is an answer or no reason to go on.
    pub async fn run(&self, transport: &dyn Transport) -> Result<Answer> {
        let policy = self.options.retry.unwrap_or(self.config.retry);
        let deadline = Instant::now() + self.time();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let call =
                Call::new(self.request, deadline, self.options.cancel.as_deref(), self.config.max_response_bytes);
            let (sent_at, began) = (SystemTime::now(), Instant::now());
            let outcome = self.send(transport, &call).await;
            let may_repeat = attempts <= policy.max_retries;
            let (error, pause) = match outcome {
                Ok(response) => {
                    self.log(Level::Debug, || {
                        format!("HTTP {} after {} ms", response.status, began.elapsed().as_millis())
                    });
                    let wait = retry_wait(&response, policy.backoff_ms, attempts);
                    let again = policy.retry_statuses && self.resend == Resend::Allowed && may_repeat;
                    match wait.filter(|wait| again && Instant::now() + *wait < deadline) {
                        Some(wait) => (None, wait),
                        None => return Ok(Answer { response, sent_at, attempts }),
                    }
                }
                Err(stop) => {
                    let repeatable = stop.repeatable();
                    let error = self.failed(self.describe(stop, call.was_sent()), attempts);
                    let pause = backoff(policy.backoff_ms, attempts);
                    if !(repeatable && may_repeat && Instant::now() + pause < deadline) {
                        return Err(error);
                    }
                    (Some(error), pause)
                }
            };
            self.log(Level::Warn, || format!("trying again in {} ms", pause.as_millis()));
            if self.cancelled_during(pause).await {
                return Err(error.unwrap_or_else(|| self.failed(self.describe(Stop::Cancelled, true), attempts)));
            }
        }
    }

    /// Completes an error with what is known of the exchange, and logs it.
    pub fn failed(&self, mut error: Error, attempts: u32) -> Error {
        error.attempts = attempts;
        error.endpoint = Some(Text::sentence(self.shown_endpoint()));
        error.request_sent |= error.response.is_some();
        self.log(Level::Error, || error.message.as_str().to_owned());
        error
    }

    fn time(&self) -> Duration {
        let timeout = self.options.timeout_ms.map_or(self.config.timeout, |ms| Duration::from_millis(ms.into()));
        self.options.deadline_ms.map_or(timeout, |ms| timeout.min(Duration::from_millis(ms.into())))
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

    async fn cancelled_during(&self, pause: Duration) -> bool {
        let Some(cancel) = self.options.cancel.as_deref() else {
            sleep(pause).await;
            return false;
        };
        timeout_at(Instant::now() + pause, cancel.wait()).await.is_ok()
    }

    fn shown_endpoint(&self) -> &str {
        endpoint::shown(self.request.url)
    }

    fn log(&self, level: Level, make: impl FnOnce() -> String) {
        self.config.log.line(level, make);
    }

    fn describe(&self, stop: Stop, was_sent: bool) -> Error {
        let (status, what, cause) = match stop {
            Stop::Cancelled => (Status::Cancelled, "the call was cancelled", String::new()),
            Stop::Timeout => (Status::Timeout, "no complete answer came in time", String::new()),
            Stop::Failure(failure) => {
                let (status, what) = words(failure.kind);
                (status, what, failure.cause)
            }
        };
        let sent = was_sent && !matches!(status, Status::Connect | Status::Tls);
        let mut line = format!("{what}: {}", self.shown_endpoint());
        if !cause.is_empty() {
            let mut secrets = Secrets::default();
            (self.secrets)(&mut secrets);
            line.push_str(": ");
            line.push_str(&secrets.clean(&cause));
        }
        message::shorten(&mut line);
        let mut error = Error::new(status, &line);
        error.request_sent = sent;
        if sent {
            error.advice = Advice::OutcomeUnknown;
        } else if status == Status::ConnectionLost {
            error.advice = Advice::Retry;
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
fn retry_wait(response: &Response, backoff_ms: u32, attempts: u32) -> Option<Duration> {
    if !matches!(response.status, 429 | 502..=504) {
        return None;
    }
    let asked = response.headers.get("retry-after").and_then(|value| retry_after::parse(value, SystemTime::now()));
    Some(asked.map_or_else(|| backoff(backoff_ms, attempts), |seconds| Duration::from_secs(seconds.into())))
}

/// Twice as long each time, between a half and one and a half of it: callers that failed together do not return together.
fn backoff(backoff_ms: u32, attempts: u32) -> Duration {
    let doubled = f64::from(backoff_ms) * f64::from(1_u32 << (attempts - 1).min(16));
    let jitter = getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
    Duration::from_secs_f64(doubled * (0.5 + jitter) / 1000.0)
}
