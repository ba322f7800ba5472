//! One connection to a server, which carries one exchange after the other.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use url::Position;

use super::socket::Signals;
use super::wire::Wire;
use crate::http::Response;
use crate::transport::cause;
use crate::transport::incoming::{self, MAX_HEADERS};
use crate::transport::outgoing::{self, Whole};
use crate::transport::{Call, Failure};

/// Bytes that may come beside the body: heads, the interim ones (RFC 9110 section 15.2) too, and trailers.
const MAX_BESIDE: usize = 1 << 20;

/// Bytes that may come for each byte of a body: as many as a chunk of one byte has.
const MAX_FRAMING: usize = 6;

pub struct Connection {
    pub origin: Box<str>,
    pub used_at: Instant,
    signals: Arc<Signals>,
    /// The head of an answer has come.
    pub is_proven: bool,
    requests: http1::SendRequest<Whole>,
    /// What reads and writes; `None` once it has ended.
    driver: Option<Pin<Box<Driver>>>,
}

type Driver = http1::Connection<TokioIo<Wire>, Whole>;

impl Connection {
    pub async fn new(origin: &str, wire: Wire) -> Result<Self, Failure> {
        let signals = wire.signals.clone();
        let mut settings = http1::Builder::new();
        // Lines that have nothing to do with OAuth are no reason to throw an answer away.
        settings
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(MAX_HEADERS);
        let ready = settings.handshake(TokioIo::new(wire)).await.map_err(|error| cause::not_connected(&error, false));
        let (requests, driver) = ready?;
        let driver = Some(Box::pin(driver));
        Ok(Self { origin: origin.into(), used_at: Instant::now(), signals, is_proven: false, requests, driver })
    }

    /// Before an exchange: whether the server has neither closed the connection nor sent what nobody asked for.
    pub fn is_clean(&mut self) -> bool {
        let signals = self.signals.clone();
        signals.looking(|| self.drive(&mut unheard()));
        self.requests.is_ready() && !signals.is_within_record()
    }

    /// After an answer: whether another exchange may follow.
    pub fn is_open(&mut self) -> bool {
        self.used_at = Instant::now();
        self.drive(&mut unheard()); // it notices that the exchange is over
        self.requests.is_ready()
    }

    /// Whether not a byte of an answer has come since the last request.
    pub fn is_unanswered(&self) -> bool {
        self.signals.is_unanswered()
    }

    /// Sends the request, and reads the answer.
    pub async fn exchange(&mut self, call: &Call<'_>) -> Result<Response, Failure> {
        let request = request(call)?;
        self.signals.begin();
        let answer = self.requests.send_request(request);
        let is_proven = self.is_proven;
        let answer = async { answer.await.map_err(|error| cause::without_answer(&error, is_proven)) };
        let answer = self.until(answer, call, MAX_BESIDE).await?;
        self.is_proven = true;
        let limit = call.max_response_bytes;
        self.until(incoming::read(answer, limit), call, limit.saturating_mul(MAX_FRAMING).saturating_add(MAX_BESIDE))
            .await
    }

    /// Drives the connection until the outcome is there, or more than `most` bytes have come.
    async fn until<T>(
        &mut self,
        outcome: impl Future<Output = Result<T, Failure>>,
        call: &Call<'_>,
        most: usize,
    ) -> Result<T, Failure> {
        let signals = self.signals.clone();
        let mut outcome = pin!(outcome);
        let driven = poll_fn(|context| {
            self.drive(context);
            if signals.was_sent() {
                call.mark_sent();
            }
            match outcome.as_mut().poll(context) {
                Poll::Pending if signals.received() > most => {
                    Poll::Ready(Err(Failure::too_large(&format!("more than {most} bytes came, and no end of it"))))
                }
                outcome => outcome,
            }
        });
        signals.in_turns(driven).await
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(context).is_ready()
        {
            self.driver = None; // the exchange has the error
        }
    }
}

/// For a look that nobody waits for: hyper would wake the call that sends a request a moment later.
fn unheard() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn request(call: &Call<'_>) -> Result<hyper::Request<Whole>, Failure> {
    let mut request = hyper::Request::new(Whole::of(call.request));
    let target = &call.request.url[Position::BeforePath..Position::AfterQuery];
    *request.method_mut() = outgoing::method(call.request)?;
    *request.uri_mut() = target.parse().map_err(|_| outgoing::unsendable())?;
    *request.headers_mut() = outgoing::fields(call.request)?;
    Ok(request)
}
