//! One exchange with an endpoint: its attempts, within its deadline, until cancelled.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::client::config::Config;
use crate::client::log::Level;
use crate::client::message::Message;
use crate::client::options::{Bounds, RetryPolicy, jittered};
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::http::Response;
use crate::protocol::answer::Context;
use crate::protocol::content_coding::{self, Unreadable};
use crate::protocol::json::Object;
use crate::protocol::message::Secrets;
use crate::protocol::parameters::Fields;
use crate::protocol::{deviation, endpoint, provider_error, retry_after};
use crate::text::Text;
use crate::transport::{Call, Failure, FailureKind, Transport};

/// Whether the request may be sent again after the server may have received it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// It carries a code or a refresh token, which servers accept once.
    Never,
    Allowed,
}

/// An exchange with one endpoint. Each attempt makes a new message. The error of a failed attempt goes to
/// [`Exchange::again`], which decides whether another one follows.
pub struct Exchange<'a> {
    config: &'a Config,
    bounds: &'a Bounds<'a>,
    transport: &'a dyn Transport,
    url: &'a Url,
    resend: Resend,
    policy: RetryPolicy,
    deadline: Instant,
    attempts: u32,
    /// The last attempt sent nothing, and its cause may pass.
    may_follow: bool,
    /// The last attempt went over a connection that had been closed, and has to be made anew.
    is_stale: bool,
    /// That was done.
    has_resent: bool,
}

/// A complete answer, and the message that it answers.
pub struct Answer<'a> {
    pub response: Response,
    pub sent_at: SystemTime,
    pub received_at: SystemTime,
    /// [`deviation`] bits of the way in which it came.
    deviations: u32,
    message: &'a Message<'a>,
}

impl Answer<'_> {
    /// Reads the answer by `read`, which also gets the time of the answer and the secrets of the message.
    pub fn read<T>(self, read: impl FnOnce(Response, &Context<'_>) -> T) -> T {
        let secrets = |secrets: &mut Secrets| self.message.add_secrets(secrets);
        read(self.response, &Context { now: self.received_at, deviations: self.deviations, secrets: &secrets })
    }
}

impl<'a> Exchange<'a> {
    pub fn new(
        config: &'a Config,
        bounds: &'a Bounds<'a>,
        transport: &'a dyn Transport,
        url: &'a Url,
        resend: Resend,
    ) -> Self {
        let policy = bounds.options.retry.unwrap_or(config.retry);
        let deadline = bounds.exchange_ends(config.timeout);
        Self {
            config,
            bounds,
            transport,
            url,
            resend,
            policy,
            deadline,
            attempts: 0,
            may_follow: false,
            is_stale: false,
            has_resent: false,
        }
    }

    /// What is left of the call for what comes before a message.
    pub fn bounds(&self) -> Bounds<'a> {
        Bounds { deadline: Some(self.deadline), ..*self.bounds }
    }

    /// A message to the endpoint: a POST of the fields, or a GET without any.
    pub fn message<'m>(&self, fields: Option<&'m Fields<'m>>, authorization: Option<&'m str>) -> Message<'m>
    where
        'a: 'm,
    {
        Message { config: self.config, options: self.bounds.options, url: self.url, fields, authorization, proof: None }
    }

    /// Sends one message and waits for the complete answer.
    pub async fn send<'m>(&mut self, message: &'m Message<'m>) -> Result<Answer<'m>> {
        self.attempts += 1;
        let was_slow = || message.is_signed() && self.config.signs_elsewhere();
        if let Some(gate) = self.bounds.gate.filter(|_| self.attempts > 1 || was_slow()) {
            gate()?;
        }
        if let Some(progress) = self.bounds.progress {
            progress.sends(self.shown_endpoint(), self.attempts, message.fields.is_some());
        }
        let request = message.to_request();
        let cancel = self.bounds.options.cancel.as_deref();
        let mut call = Call::new(&request, self.deadline, cancel, self.config.max_response_bytes);
        // A server takes what was signed once.
        call.once = message.is_signed();
        call.on_a_new_connection = self.has_resent;
        let (sent_at, began) = (self.config.clock.system_time(), Instant::now());
        self.log(Level::Debug, || format!("{} {}", request.method, self.shown_endpoint()));
        if self.bounds.process != host::generation() {
            return Err(Error::in_forked_child()); // a function of the program has forked
        }
        if began >= self.deadline {
            // What signs may have taken all of the time.
            return Err(self.describe(Stop::Timeout, false, message));
        }
        match self.outcome(&call).await {
            Ok(response) => {
                self.may_follow = false;
                self.log(Level::Debug, || format!("HTTP {} after {} ms", response.status, began.elapsed().as_millis()));
                let received_at = self.config.clock.system_time();
                let (response, deviations) = self.whole(response, message)?;
                Ok(Answer { response, sent_at, received_at, deviations, message })
            }
            Err(mut stop) => {
                if let Stop::Failure(failure) = &mut stop
                    && self.has_resent
                    && failure.kind.is_before_sending()
                {
                    failure.kind = FailureKind::Lost; // the first one may have been taken
                }
                self.may_follow = stop.repeatable();
                self.is_stale = matches!(&stop, Stop::Failure(failure) if failure.kind == FailureKind::Stale);
                Err(self.describe(stop, call.was_sent() || self.has_resent, message))
            }
        }
    }

    /// The answer with its body unpacked, and the deviations so far; an error if it is not the whole body.
    fn whole(&self, mut response: Response, message: &Message<'_>) -> Result<(Response, u32)> {
        let coding = match content_coding::unpack(&mut response, self.config.max_response_bytes) {
            Ok(true) => deviation::CONTENT_CODING,
            Ok(false) => 0,
            Err(why) => return Err(self.unreadable(why, response)),
        };
        if !response.cut {
            return Ok((response, coding));
        }
        let is_error_alone = response.status >= 300 && response.body.trim_ascii().is_empty();
        let text = response.body.as_str().map(|text| text.trim_start_matches('\u{feff}'));
        match text.and_then(Object::parse) {
            Some(_) => Ok((response, coding | deviation::NO_CLOSE_NOTIFY)), // what is complete was not cut
            None if is_error_alone => Ok((response, coding)),               // the status says it all
            None => {
                let cause = "TLS ended without close_notify".to_owned();
                let stop = Stop::Failure(Failure { kind: FailureKind::Lost, cause, passing: false });
                Err(self.describe(stop, true, message))
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn unreadable(&self, why: Unreadable, response: Response) -> Error {
        let (status, what) = match why {
            Unreadable::TooLarge => {
                let limit = self.config.max_response_bytes;
                (
                    Status::ResponseTooLarge,
                    format!("the answer was too large: it was compressed, and had more than {limit} bytes"),
                )
            }
            Unreadable::Damaged => (Status::InvalidResponse, "the answer was compressed, and damaged".to_owned()),
            Unreadable::Unknown(name) => {
                (Status::InvalidResponse, format!("the answer had the content coding {name}, which was not asked for"))
            }
        };
        let mut error = Error::new(status, &format!("{what} (HTTP {})", response.status));
        error.advice = match response.status {
            200..=299 => Advice::OutcomeUnknown,
            status => provider_error::http_advice(status),
        };
        error.response = Some(response);
        error
    }

    /// Waits until the next attempt is due. If none may follow, returns the error, completed and logged.
    pub async fn again(&mut self, error: Error) -> Result<()> {
        if self.attempts == 0 {
            return Err(error); // nothing was tried
        }
        let may_follow = std::mem::take(&mut self.may_follow); // of that attempt alone
        if std::mem::take(&mut self.is_stale) && !std::mem::replace(&mut self.has_resent, true) {
            return Ok(()); // as the transport does it by itself with what may be sent twice
        }
        let (policy, attempts) = (self.policy, self.attempts);
        let pause = match &error.response {
            Some(response) => {
                let wait = retry_wait(response, self.config.clock.system_time(), policy.backoff_ms, attempts);
                wait.filter(|_| policy.retry_statuses && self.resend == Resend::Allowed)
            }
            None => may_follow.then(|| backoff(policy.backoff_ms, attempts)),
        };
        let pause = pause.filter(|pause| attempts <= policy.max_retries && Instant::now() + *pause < self.deadline);
        let Some(pause) = pause else { return Err(self.completed(error)) };
        let answered = error.response.is_some();
        if !answered {
            self.log(Level::Warn, || error.message.as_str().to_owned());
        }
        self.log(Level::Warn, || format!("trying again in {} ms", pause.as_millis()));
        if self.bounds.pause("between two tries", pause).await.is_err() {
            let cancelled = self.stopped(FailureKind::Cancelled, true, answered, "");
            return Err(self.completed(cancelled));
        }
        Ok(())
    }

    /// Completes an error with the facts of the exchange, and logs it.
    fn completed(&self, mut error: Error) -> Error {
        error.attempts = self.attempts;
        error.endpoint = Some(Text::lossy(self.shown_endpoint()));
        error.request_sent |= error.response.is_some();
        self.log(Level::Error, || error.message.as_str().to_owned());
        error
    }

    async fn outcome(&self, call: &Call<'_>) -> std::result::Result<Response, Stop> {
        let sending = timeout_at(call.deadline, self.transport.send(call));
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
        endpoint::shown(self.url)
    }

    fn log(&self, level: Level, make: impl FnOnce() -> String) {
        self.config.log.line(level, make);
    }

    #[cold]
    #[inline(never)]
    fn describe(&self, stop: Stop, was_sent: bool, message: &Message<'_>) -> Error {
        let (kind, passing, cause) = match stop {
            Stop::Cancelled => (FailureKind::Cancelled, false, String::new()),
            Stop::Timeout => (FailureKind::Timeout, true, String::new()),
            Stop::Failure(failure) => (failure.kind, failure.passing, failure.cause),
        };
        if cause.is_empty() {
            return self.stopped(kind, passing, was_sent, "");
        }
        let mut secrets = Secrets::default();
        message.add_secrets(&mut secrets);
        self.stopped(kind, passing, was_sent, &secrets.clean(&cause))
    }

    /// The error of an attempt without an answer. `cause` may be empty and holds no secrets.
    fn stopped(&self, kind: FailureKind, passing: bool, was_sent: bool, cause: &str) -> Error {
        let (status, what) = words(kind);
        let sent = was_sent && !matches!(status, Status::Connect | Status::Tls);
        let mut line = format!("{what}: {}", self.shown_endpoint());
        if !cause.is_empty() {
            line.push_str(": ");
            line.push_str(cause);
        }
        let mut error = Error::new(status, &line);
        error.request_sent = sent;
        match status {
            Status::Cancelled if self.resend == Resend::Allowed => {} // nothing is lost: the advice stays None
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
        failure.passing && failure.kind.is_before_sending()
    }
}

fn words(kind: FailureKind) -> (Status, &'static str) {
    match kind {
        FailureKind::Connect => (Status::Connect, "could not connect"),
        FailureKind::ConnectTimeout => (Status::Timeout, "could not connect in time"),
        FailureKind::Tls => (Status::Tls, "the TLS handshake failed"),
        FailureKind::Lost | FailureKind::Stale => {
            (Status::ConnectionLost, "the connection was lost before the answer was complete")
        }
        FailureKind::TooLarge => (Status::ResponseTooLarge, "the answer was too large"),
        FailureKind::NotHttp => (Status::InvalidResponse, "the answer was no HTTP"),
        FailureKind::Callback => (Status::Callback, "the transport callback failed"),
        FailureKind::Timeout => (Status::Timeout, "no complete answer came in time"),
        FailureKind::Cancelled => (Status::Cancelled, "the call was cancelled"),
    }
}

/// How long to wait before the request is sent again; `None` if the status does not ask for that.
fn retry_wait(response: &Response, now: SystemTime, backoff_ms: u32, attempts: u32) -> Option<Duration> {
    if !matches!(response.status, 429 | 502..=504) {
        return None;
    }
    let asked = response.headers.get("retry-after").and_then(|value| retry_after::parse(value, now));
    Some(asked.map_or_else(|| backoff(backoff_ms, attempts), |seconds| Duration::from_secs(seconds.into())))
}

/// The pause after so many attempts: doubled each time, then [`jittered`].
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

    /// Gives the answers in order; the status 0 is a refused connection.
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
                Ok(Response { status, headers, body: SecretBytes::default(), cut: false })
            })
        }
    }

    /// The final status (0: no answer), the number of attempts, and the time that they took.
    fn run(resend: Resend, policy: RetryPolicy, answers: &[(u16, &'static str)]) -> (u16, u32, Duration) {
        let mut builder = Builder::default();
        builder.set_endpoint(Endpoint::Token, "https://as.example/token".to_owned());
        let url = url::Url::parse("https://as.example/token").expect("a URL");
        let (config, _) = builder.build().expect("a good config");
        let mut options = RequestOptions::default();
        options.retry = Some(policy);
        let bounds = RequestOptions::begin(Some(&options)).expect("good options");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let began = Instant::now();
            let transport = Answers(Mutex::new(answers.to_vec()));
            let mut exchange = Exchange::new(&config, &bounds, &transport, &url, resend);
            loop {
                let message = exchange.message(None, None);
                let read = |response: Response| match response.status {
                    200 => Ok(200),
                    _ => {
                        let mut error = Error::new(Status::Http, "no success");
                        error.response = Some(response);
                        Err(error)
                    }
                };
                let outcome = exchange.send(&message).await.and_then(|answer| read(answer.response));
                let end = match outcome {
                    Ok(status) => return (status, exchange.attempts, began.elapsed()),
                    Err(error) => exchange.again(error).await,
                };
                if let Err(error) = end {
                    let status = error.response.as_ref().map_or(0, |response| response.status);
                    return (status, error.attempts, began.elapsed());
                }
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
    fn retry_after_is_waited_for_unless_it_is_beyond_the_deadline() {
        let asked = RetryPolicy { retry_statuses: true, ..RetryPolicy::default() };
        let (status, _, waited) = run(Resend::Allowed, asked, &[(429, "1"), (200, "")]);
        assert!(status == 200 && waited >= Duration::from_secs(1), "{waited:?}");
        let (status, attempts, waited) = run(Resend::Allowed, asked, &[(429, "31")]);
        assert!((status, attempts) == (429, 1) && waited < Duration::from_secs(1), "the timeout is 30 s: {waited:?}");
    }

    #[test]
    fn a_failure_to_connect_is_retried_with_growing_pauses() {
        let (status, attempts, waited) = run(Resend::Never, RetryPolicy::default(), &[(0, ""), (0, ""), (200, "")]);
        assert_eq!((status, attempts), (200, 3));
        assert!(waited >= Duration::from_millis(150), "half of 100 and of 200 ms at the least: {waited:?}");
        assert_eq!(run(Resend::Never, RetryPolicy::default(), &[(0, ""), (0, ""), (0, "")]).1, 3);
        let none = RetryPolicy { max_retries: 0, ..RetryPolicy::default() };
        assert_eq!(run(Resend::Never, none, &[(0, "")]).1, 1);
    }
}
