//! The only modules that do network I/O. A [`Transport`] sends one HTTP request and reads one complete answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use crate::http::{Request, Response};

mod authorities;
pub mod browser;
pub mod callback;
pub mod cancel;
mod cause;
pub mod certificate;
pub mod certificates;
pub mod client_certificate;
mod command_line;
mod connection;
pub mod event;
mod incoming;
pub mod interrupt;
pub mod limit;
pub mod loopback;
pub mod native;
mod outgoing;
pub mod pem;
mod pinned;
mod proxied;
pub mod proxy;
mod refusal;
mod resolver;
pub mod settings;
pub mod small_file;
#[cfg(feature = "redis")]
pub mod stream;
#[cfg(not(any(target_os = "macos", windows)))]
mod system_authorities;
pub mod tls;
mod tunnel;

use cancel::Cancel;

/// One request that is being sent.
pub struct Call<'a> {
    pub request: &'a Request<'a>,
    /// When the caller stops waiting; the code that awaits the transport enforces it.
    pub deadline: Instant,
    pub cancel: Option<&'a Cancel>,
    pub max_response_bytes: usize,
    /// A server takes it once: it is not sent again as it is, also where a connection had been closed before
    /// ([`FailureKind::Stale`]).
    pub once: bool,
    pub on_a_new_connection: bool,
    sent: AtomicBool,
}

impl<'a> Call<'a> {
    pub fn new(
        request: &'a Request<'a>,
        deadline: Instant,
        cancel: Option<&'a Cancel>,
        max_response_bytes: usize,
    ) -> Self {
        let sent = AtomicBool::new(false);
        Self { request, deadline, cancel, max_response_bytes, once: false, on_a_new_connection: false, sent }
    }

    /// From now on the server may have acted, with or without an answer.
    pub fn mark_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    pub fn was_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Why there is no complete answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// DNS lookup failed, no route, or connection refused: nothing was sent.
    Connect,
    /// The connection was not ready in time: nothing was sent.
    ConnectTimeout,
    /// The handshake failed: nothing was sent.
    Tls,
    /// The connection ended after something may have been sent.
    Lost,
    /// The same to a kept connection, before a byte of the answer: nearly always it had been closed before.
    Stale,
    TooLarge,
    /// The answer was not HTTP.
    NotHttp,
    /// The program's transport failed.
    Callback,
    /// The program's transport timed out.
    Timeout,
    /// The program's transport was cancelled.
    Cancelled,
}

impl FailureKind {
    /// Whether nothing was sent.
    pub fn is_before_sending(self) -> bool {
        matches!(self, Self::Connect | Self::ConnectTimeout | Self::Tls)
    }
}

/// A failure, with a cause that names no URL.
#[derive(Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub cause: String,
    /// The same request may succeed a moment later.
    pub passing: bool,
}

impl Failure {
    pub fn too_large(cause: &str) -> Self {
        Self { kind: FailureKind::TooLarge, cause: cause.to_owned(), passing: false }
    }
}

/// The way to a server. It runs one call at a time.
pub trait Transport: Send + Sync {
    /// Sends the request once and reads the answer. Dropping the future abandons the exchange.
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a>;
}

/// A running exchange.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send + 'a>>;
