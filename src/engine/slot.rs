//! Slots: each a runtime with connections of its own, taken for a call and put back after it.

use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::stack::Stack;
use crate::client::config::Route;
use crate::error::{Advice, Error, Result, Status};
use crate::transport::Transport;
use crate::transport::callback::Callback;
use crate::transport::native::Native;

/// A slot that was not used for longer is let go, with its descriptors.
const UNUSED_FOR: Duration = Duration::from_secs(60);

/// TLS sessions to remember, for all servers of a client.
const SESSIONS: usize = 32;

/// The slots of one process.
pub struct Slots {
    process: u32,
    /// The certificates are read once; sessions to resume are shared by slots, but never with another process.
    tls: Option<rustls::ClientConfig>,
    idle: Stack<Box<Slot>>, // in boxes: a slot is large, and moves twice a call
}

impl Slots {
    pub fn new(route: &Route) -> Self {
        let tls = match route {
            Route::Native(settings) => {
                let mut tls = settings.tls.clone();
                tls.resumption = rustls::client::Resumption::in_memory_sessions(SESSIONS);
                Some(tls)
            }
            Route::Callback(_) => None,
        };
        Self { process: std::process::id(), tls, idle: Stack::default() }
    }

    pub fn take(&self, route: &Route) -> Result<Box<Slot>> {
        self.idle.take().map_or_else(|| self.new_slot(route), Ok)
    }

    /// Puts a slot back after a call, unless its connection still waits for the answer: dropping the slot closes it.
    pub fn put_back(&self, mut slot: Box<Slot>, error: Option<&Error>) {
        let abandoned = error.is_some_and(|error| {
            let connected = !matches!(error.status, Status::Connect | Status::Tls);
            error.attempts > 0 && error.response.is_none() && connected
        });
        if abandoned || slot.process != self.process {
            return; // a callback of the program has forked, and this is the child
        }
        slot.used_at = Instant::now();
        drop(self.idle.put(slot, |oldest| oldest.used_at.elapsed() > UNUSED_FOR));
    }

    fn new_slot(&self, route: &Route) -> Result<Box<Slot>> {
        let no_resources = |why: String| {
            Error::new(Status::Connect, &format!("no resources for a connection: {why}"))
                .with_advice(Advice::RetryLater)
        };
        let transport: Arc<dyn Transport> = match (route, &self.tls) {
            (Route::Native(settings), Some(tls)) => Arc::new(Native::new(settings, tls.clone()).map_err(no_resources)?),
            (Route::Callback(send), _) => Arc::new(Callback(send.clone())),
            (Route::Native(_), None) => return Err(Error::new(Status::Internal, "a client lost its TLS set-up")),
        };
        let runtime = new_runtime().map_err(|error| no_resources(error.to_string()))?;
        let inside = Some(Inside { runtime, transport });
        Ok(Box::new(Slot { inside, process: self.process, used_at: Instant::now() }))
    }
}

/// A runtime, and connections that belong to it.
pub struct Slot {
    /// Absent only while it is dropped.
    inside: Option<Inside>,
    process: u32,
    used_at: Instant,
}

struct Inside {
    runtime: Runtime,
    transport: Arc<dyn Transport>,
}

impl Slot {
    pub fn transport(&self) -> Result<&Arc<dyn Transport>> {
        Ok(&self.inside()?.transport)
    }

    /// Drives a call on the connections of this slot to its end.
    pub fn block_on<T>(&self, call: Pin<&mut dyn Future<Output = Result<T>>>) -> Result<T> {
        block_on(&self.inside()?.runtime, call)
    }

    fn inside(&self) -> Result<&Inside> {
        self.inside.as_ref().ok_or_else(|| Error::new(Status::Internal, "a slot was used after it was dropped"))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(inside) = self.inside.take() else { return };
        if self.process == std::process::id() {
            inside.runtime.shutdown_background(); // a plain drop panics inside a callback of ours
        } else {
            // What a child inherited is forgotten: closing it would take the parent's connections out of its epoll.
            mem::forget(inside);
        }
    }
}

/// Drives a future to its end, where it lies: they are large. The runtime's loop is compiled once, not once for each kind of
/// call.
pub fn block_on<T>(runtime: &Runtime, call: Pin<&mut dyn Future<Output = Result<T>>>) -> Result<T> {
    let mut result = None;
    {
        let call: Pin<&mut dyn Future<Output = ()>> = pin!(async { result = Some(call.await) });
        runtime.block_on(call);
    }
    result.unwrap_or_else(|| Err(Error::new(Status::Internal, "a call came to no end")))
}

pub fn new_runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
