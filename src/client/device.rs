//! The device grant (RFC 8628): the user enters a code on another device, and the client polls until the user decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use once_cell::race::OnceBox;
use tokio::time::Instant;

use crate::client::Client;
use crate::client::form::Form;
use crate::client::options::Bounds;
use crate::client::token::{TokenArguments, id_token_rule};
use crate::error::{Advice, Error, ProviderCode, Result, Status};
use crate::http::Response;
use crate::protocol::answer::{self, Content};
use crate::protocol::client_authentication::Credentials;
use crate::protocol::device_authorization::{self, DeviceAuthorization};
use crate::protocol::device_polling::{Outcome, Polling};
use crate::protocol::dpop::Bound;
use crate::protocol::metadata::Endpoint;
use crate::protocol::parameters::{Fields, Parameters};
use crate::protocol::qr_code;
use crate::protocol::token::Token;
use crate::protocol::token_request::{self, Grant};
use crate::secret::Secret;
use crate::text::Text;
use crate::transport::Transport;

/// A device authorization that was begun.
pub struct Device {
    pub shown: Arc<Shown>,
    polling: Polling,
    /// Resource indicators of the request, separated by spaces.
    resources: Option<Secret>,
    /// The key to which the token will be bound.
    dpop: Option<Bound>,
    /// No poll may follow: the server has decided, or the code is used up.
    finished: bool,
    /// Why the last poll of a wait failed, until the server answers a later one.
    failure: Option<Error>,
}

/// What the user and the program see of it, also while it is polled.
pub struct Shown {
    pub codes: DeviceAuthorization,
    /// Seconds since the epoch.
    pub expires_at_s: i64,
    began: Instant,
    /// In nanoseconds after the beginning.
    next_poll_at_ns: AtomicU64,
    qr_text: OnceBox<Option<Secret>>,
}

impl Client {
    /// Requests the codes (RFC 8628 section 3.1).
    pub async fn device_authorization(
        &self,
        transport: &dyn Transport,
        scope: Option<&str>,
        parameters: Option<&Parameters>,
        bounds: &Bounds<'_>,
    ) -> Result<Device> {
        let client_id = self.config.client_id.as_deref().map(Secret::as_str);
        let form = DeviceRequest { client_id, scope, parameters };
        let (codes, _) = self
            .post(transport, bounds, Endpoint::DeviceAuthorization, &form, |answer| {
                answer.read(|response, context| answer::read(response, context, |_| true, codes))
            })
            .await?;
        let lifetime_s = i64::try_from(codes.expires_in.as_secs()).unwrap_or(i64::MAX);
        let polling = Polling::new(codes.interval, codes.expires_in);
        let shown = Shown {
            expires_at_s: self.config.clock.now_s().saturating_add(lifetime_s),
            codes,
            began: Instant::now(),
            next_poll_at_ns: AtomicU64::default(),
            qr_text: OnceBox::new(),
        };
        shown.note(&polling);
        let resources = parameters.and_then(Parameters::resources);
        let dpop = self.new_bound()?;
        Ok(Device { shown: Arc::new(shown), polling, resources, dpop, finished: false, failure: None })
    }

    /// Polls once. A poll that is not due yet sends nothing and returns `AuthorizationPending`.
    pub async fn poll(&self, transport: &dyn Transport, device: &mut Device, bounds: &Bounds<'_>) -> Result<Token> {
        device.check()?;
        let now = device.shown.began.elapsed();
        if !device.polling.is_due(now) {
            return Err(pending());
        }
        let grant = Grant::DeviceCode { device_code: device.shown.codes.device_code.as_str() };
        let resources = device.resources.as_ref().map(Secret::as_str);
        let arguments = TokenArguments { resources, dpop: device.dpop.as_ref(), ..TokenArguments::default() };
        let rule = id_token_rule(grant);
        let result = self.identified_token(transport, grant, arguments, bounds, rule).await;
        device.note(result.map_err(Error::from))
    }

    /// Polls until the user has decided, the codes have expired, or the call's deadline has passed. While the server
    /// cannot be reached, polling goes on. An error of time says why the last poll failed, if it did.
    pub async fn wait(&self, transport: &dyn Transport, device: &mut Device, bounds: &Bounds<'_>) -> Result<Token> {
        self.polls(transport, device, bounds).await.map_err(|error| device.explained(error))
    }

    async fn polls(&self, transport: &dyn Transport, device: &mut Device, bounds: &Bounds<'_>) -> Result<Token> {
        device.check()?;
        loop {
            bounds.pause("waiting for the user to enter the code", device.shown.next_poll_in()).await?;
            match self.poll(transport, device, bounds).await {
                Err(error) if error.status == Status::AuthorizationPending => {} // the next pause ends at the deadline
                Err(error) if is_passing(&error) && !bounds.is_over() => device.failure = Some(error),
                decided => return decided,
            }
        }
    }
}

/// The device authorization request (RFC 8628 section 3.1).
struct DeviceRequest<'a> {
    client_id: Option<&'a str>,
    scope: Option<&'a str>,
    parameters: Option<&'a Parameters>,
}

impl Form for DeviceRequest<'_> {
    fn fields<'a>(&'a self, credentials: &'a Credentials<'a>) -> Result<Fields<'a>> {
        let mut fields = Fields(Vec::with_capacity(4));
        credentials.add_to(&mut fields)?;
        token_request::add_scope(&mut fields, self.scope)?;
        if let Some(parameters) = self.parameters {
            parameters.merge_into(&mut fields, "parameters", &[], true)?;
        }
        // Required also beside a header (RFC 8628 section 3.1).
        if let Some(client_id) = self.client_id
            && fields.get("client_id").is_none()
        {
            fields.0.push(("client_id", client_id));
        }
        Ok(fields)
    }
}

impl Shown {
    /// A QR code of the verification URI, made once.
    pub fn qr_text(&self) -> Option<&Secret> {
        let uri = self.codes.verification_uri_complete.as_ref().unwrap_or(&self.codes.verification_uri);
        self.qr_text.get_or_init(|| Box::new(qr_code::text(uri.as_str()))).as_ref()
    }

    /// The time until the next poll is due; zero when it is.
    pub fn next_poll_in(&self) -> Duration {
        let next_at = Duration::from_nanos(self.next_poll_at_ns.load(Ordering::Relaxed));
        next_at.saturating_sub(self.began.elapsed())
    }

    fn note(&self, polling: &Polling) {
        let next_at_ns = u64::try_from(polling.next_at().as_nanos()).unwrap_or(u64::MAX);
        self.next_poll_at_ns.store(next_at_ns, Ordering::Relaxed);
    }
}

impl Device {
    fn check(&self) -> Result<()> {
        if self.finished {
            return Err(Error::new(Status::InvalidState, "this device authorization is used up: begin a new one"));
        }
        if self.polling.is_expired(self.shown.began.elapsed()) {
            return Err(Error::new(Status::Expired, "the codes have expired: begin a new device authorization"));
        }
        Ok(())
    }

    /// The error that ends a wait. One that says only that the time was over gets the words and the answer of the
    /// last poll that failed.
    fn explained(&mut self, mut error: Error) -> Error {
        if !matches!(error.status, Status::Timeout | Status::Expired) || error.provider.is_some() {
            return error;
        }
        let Some(failure) = &mut self.failure else { return error };
        error.message = Text::line(&format!("{}; the last poll failed: {}", error.message, failure.message));
        error.provider = failure.provider.clone();
        error.deviations = failure.deviations;
        error.response = failure.response.take(); // for one caller
        error
    }

    /// Notes the outcome of a poll: when the next one is due, or that none follows. Sets status and advice of its
    /// error.
    fn note(&mut self, result: Result<Token>) -> Result<Token> {
        let now = self.shown.began.elapsed();
        let mut error = match result {
            Ok(token) => {
                self.finished = true;
                return Ok(token);
            }
            Err(error) => error,
        };
        let retry_after = error.retry_after_s.map(|seconds| Duration::from_secs(seconds.into()));
        match error.provider.as_ref().filter(|_| error.status == Status::Provider).map(|provider| provider.code) {
            Some(code @ (ProviderCode::AuthorizationPending | ProviderCode::SlowDown)) => {
                let outcome = match code {
                    ProviderCode::SlowDown => Outcome::SlowDown(error.response.as_ref().and_then(asked_interval)),
                    _ => Outcome::Pending,
                };
                self.polling.note(now, outcome, retry_after);
                self.failure = None;
                error.status = Status::AuthorizationPending;
                error.advice = Advice::RetryLater;
            }
            Some(ProviderCode::ExpiredToken) => {
                self.finished = true;
                error.status = Status::Expired;
            }
            Some(_) if !is_passing(&error) => self.finished = true,
            None if error.status == Status::IdToken => self.finished = true, // the code is used up
            _ => self.polling.note(now, Outcome::Unreachable, retry_after),
        }
        self.shown.note(&self.polling);
        Err(error)
    }
}

fn codes(content: &Content<'_>) -> std::result::Result<DeviceAuthorization, &'static str> {
    device_authorization::read(content.value().ok_or("the members of the answer could not be read")?)
}

/// The interval that an error answer names.
fn asked_interval(response: &Response) -> Option<Duration> {
    device_authorization::interval(&answer::value(response.body.as_str()?)?)
}

/// Whether a failure may pass: no answer, or one that reports a server problem.
fn is_passing(error: &Error) -> bool {
    match error.status {
        Status::Cancelled => false,
        Status::Connect | Status::Tls => error.advice != Advice::FixConfig,
        Status::Timeout | Status::ConnectionLost => true,
        Status::Provider | Status::Http => matches!(error.advice, Advice::RetryLater | Advice::OutcomeUnknown),
        _ => false,
    }
}

fn pending() -> Error {
    Error::new(Status::AuthorizationPending, "the next poll is not due yet: the server was not asked")
}
