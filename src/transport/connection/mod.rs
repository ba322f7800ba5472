//! The library's own connections, one for each server, kept from call to call.
//!
//! hyper speaks HTTP on them. Here is what it leaves to its users: which connection a request goes on, whether that one
//! is clean, what was sent and what came, and how much is read before the runtime looks after the time again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use url::Position;

use crate::transport::settings::Settings;
use crate::transport::tls::Tls;
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
    tls: Arc<Tls>,
    idle_timeout: Duration,
    kept: Mutex<Kept>,
}

/// Connections that were made with one TLS configuration.
struct Kept {
    tls: Arc<ClientConfig>,
    /// The one that was used last comes last.
    connections: Vec<Connection>,
}

impl Connections {
    pub fn new(settings: &Settings, tls: Arc<Tls>) -> Self {
        let kept = Kept { tls: tls.current(), connections: Vec::new() };
        let dialer = Dialer::new(settings.connect_timeout);
        Self { dialer, tls, idle_timeout: settings.idle_timeout, kept: Mutex::new(kept) }
    }

    /// The kept connection to the origin, if it is good for another exchange with this TLS configuration.
    fn take(&self, origin: &str, tls: &Arc<ClientConfig>) -> Option<Connection> {
        let mut connection = {
            let mut kept = self.kept();
            kept.change(tls);
            let found = kept.connections.iter().position(|one| *one.origin == *origin)?;
            kept.connections.remove(found)
        };
        let is_recent = connection.used_at.elapsed() < self.idle_timeout;
        (is_recent && connection.is_clean()).then_some(connection)
    }

    fn keep(&self, mut connection: Connection, tls: &Arc<ClientConfig>) {
        if self.idle_timeout.is_zero() || !connection.is_open() {
            return;
        }
        let mut kept = self.kept();
        if !Arc::ptr_eq(&kept.tls, tls) {
            return;
        }
        if kept.connections.len() == KEPT {
            kept.connections.remove(0);
        }
        kept.connections.push(connection);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Closes the connections that are not of this TLS configuration.
    fn change(&mut self, tls: &Arc<ClientConfig>) {
        if !Arc::ptr_eq(&self.tls, tls) {
            *self = Self { tls: tls.clone(), connections: Vec::new() };
        }
    }
}

impl Transport for Connections {
    fn send<'a>(&'a self, call: &'a Call<'a>) -> Sending<'a> {
        Box::pin(async move {
            let origin = &call.request.url[..Position::BeforePath];
            let tls = self.tls.current();
            let mut lost = None;
            let kept = if call.on_a_new_connection { None } else { self.take(origin, &tls) };
            if let Some(mut connection) = kept {
                match connection.exchange(call).await {
                    Ok(response) => {
                        self.keep(connection, &tls);
                        return Ok(response);
                    }
                    // A kept connection that ends before a byte of the answer was nearly always closed before the
                    // request came. If it was not, the answer is lost either way, and the next call would send the
                    // same again, only later.
                    Err(failure) if failure.kind == FailureKind::Lost && connection.is_unanswered() => {
                        if call.once && call.was_sent() {
                            return Err(Failure { kind: FailureKind::Stale, ..failure });
                        }
                        lost = call.was_sent().then_some(failure);
                    }
                    Err(failure) => return Err(failure),
                }
            }
            let first = async {
                let wire = self.dialer.dial(call.request.url, &tls).await.map_err(|why| self.tls.explain(why))?;
                let mut connection = Connection::new(origin, wire).await?;
                match connection.exchange(call).await {
                    Ok(response) => {
                        self.keep(connection, &tls);
                        Ok(response)
                    }
                    Err(failure) if !connection.is_proven => Err(self.tls.explain(failure)),
                    Err(failure) => Err(failure),
                }
            };
            first.await.map_err(|failure| match failure.kind.is_before_sending() {
                // That nothing was sent is true of the second time only.
                true => lost.unwrap_or(failure),
                false => failure,
            })
        })
    }
}
