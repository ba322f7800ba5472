//! The library's own connections, one for each server, kept from call to call.
//!
//! hyper speaks HTTP on them. Here is what it leaves to its users: which connection a request goes on, whether that one
//! is clean, what was sent and what came, and how much is read before the runtime looks after the time again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Position;

use crate::transport::settings::Settings;
use crate::transport::{Call, Failure, FailureKind, Sending, Transport};

mod dial;
mod one;
mod socket;
mod wire;

use dial::Dialer;
use one::Connection;

/// Servers whose connection is kept.
const KEPT: usize = 8;

pub struct Connections {
    dialer: Dialer,
    idle_timeout: Duration,
    /// The one that was used last comes last.
    kept: Mutex<Vec<Connection>>,
}

impl Connections {
    pub fn new(settings: &Settings, tls: Arc<rustls::ClientConfig>) -> Self {
        let dialer = Dialer::new(tls, settings.connect_timeout);
        Self { dialer, idle_timeout: settings.idle_timeout, kept: Mutex::default() }
    }

    /// The kept connection to the origin, if it is good for another exchange.
    fn take(&self, origin: &str) -> Option<Connection> {
        let mut connection = {
            let mut kept = self.kept();
            let found = kept.iter().position(|one| *one.origin == *origin)?;
            kept.remove(found)
        };
        let is_recent = connection.used_at.elapsed() < self.idle_timeout;
        (is_recent && connection.is_clean()).then_some(connection)
    }

    fn keep(&self, mut connection: Connection) {
        if self.idle_timeout.is_zero() || !connection.is_open() {
            return;
        }
        let mut kept = self.kept();
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(connection);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Connections {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            let origin = &call.request.url[..Position::BeforePath];
            let mut lost = None;
            if let Some(mut connection) = self.take(origin) {
                match connection.exchange(call).await {
                    Ok(response) => {
                        self.keep(connection);
                        return Ok(response);
                    }
                    // A kept connection that ends before a byte of the answer was nearly always closed before the
                    // request came. If it was not, the answer is lost either way, and the next call would send the
                    // same again, only later.
                    Err(failure) if failure.kind == FailureKind::Lost && connection.is_unanswered() => {
                        lost = call.was_sent().then_some(failure);
                    }
                    Err(failure) => return Err(failure),
                }
            }
            // That nothing was sent is true of the second time only.
            let not_connected = |failure: Failure| lost.unwrap_or(failure);
            let wire = match self.dialer.dial(call.request.url).await {
                Ok(wire) => Connection::new(origin, wire).await,
                Err(failure) => Err(failure),
            };
            let mut connection = wire.map_err(not_connected)?;
            let response = connection.exchange(call).await?;
            self.keep(connection);
            Ok(response)
        })
    }
}
