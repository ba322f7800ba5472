//! The only place that does network I/O: one request out, one whole answer in.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use crate::http::{Request, Response};

pub mod browser;
pub mod callback;
pub mod cancel;
pub mod certificates;
pub mod host;
pub mod loopback;
pub mod native;
pub mod proxy;
mod resolver;
#[cfg(feature = "redis")]
pub mod stream;

use cancel::Cancel;

/// One request on its way.
pub struct Call<'a> {
    pub request: &'a Request<'a>,
    /// When the caller stops waiting; whoever awaits the transport enforces it.
    pub deadline: Instant,
    pub cancel: Option<&'a Cancel>,
    pub max_response_bytes: usize,
    sent: AtomicBool,
}

impl<'a> Call<'a> {
    pub fn new(
        request: &'a Request<'a>,
        deadline: Instant,
        cancel: Option<&'a Cancel>,
        max_response_bytes: usize,
    ) -> Self {
        Self { request, deadline, cancel, max_response_bytes, sent: AtomicBool::new(false) }
    }

    /// From here on the server may have acted, whatever becomes of the answer.
    pub fn mark_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    pub fn was_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Why there is no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Name, route or refusal: nothing was sent.
    Connect,
    /// The connection was not ready in time: nothing was sent.
    ConnectTimeout,
    /// The handshake failed: nothing was sent.
    Tls,
    /// The connection ended after something may have been sent.
    Lost,
    TooLarge,
    /// What came was no HTTP.
    NotHttp,
    /// The program's own transport failed.
    Callback,
    /// The program's own transport gave up waiting.
    Timeout,
    /// The program's own transport was told to stop.
    Cancelled,
}

/// A failure, with a cause in words that name no URL.
#[derive(Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub cause: String,
    /// The same may well succeed a moment later.
    pub passing: bool,
}

/// The way to a server; shared by nobody while a call runs.
pub trait Transport: Send + Sync {
    /// Sends the request once and reads the answer. Dropping the future abandons the exchange.
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a>;
}

/// A running exchange.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send + 'a>>;
