//! Slots: a slot is a runtime with its own connections, taken for a call and put back after it.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::sentinel::Sentinel;
use super::stack::Stack;
use crate::client::config::Route;
use crate::error::{Advice, Error, Result, Status};
use crate::host;
use crate::transport::Transport;
use crate::transport::callback::Callback;
use crate::transport::native;
use crate::transport::tls::Tls;

/// A slot that was unused for longer is dropped, and its descriptors are closed.
const UNUSED_FOR: Duration = Duration::from_secs(60);

/// The slots of one process.
pub struct Slots {
    process: u64,
    /// Certificates are read once. Slots share the TLS sessions for resumption; processes never do.
    tls: Option<Arc<Tls>>,
    /// A connection through a proxy outlives the call that was abandoned; the library's own do not.
    is_proxied: bool,
    idle: Stack<Box<Slot>>, // boxed: a slot is large, and moves twice a call
}

impl Slots {
    pub fn new(route: &Route) -> Self {
        let tls = match route {
            Route::Native(settings) => Some(Arc::new(Tls::new(settings))),
            Route::Callback(_) => None,
        };
        let is_proxied = matches!(route, Route::Native(settings) if !settings.is_direct());
        Self { process: host::generation(), tls, is_proxied, idle: Stack::default() }
    }

    pub fn take(&self, route: &Route) -> Result<Box<Slot>> {
        while let Some(slot) = self.idle.take() {
            if !slot.sentinel.is_gone() {
                return Ok(slot);
            }
        }
        self.new_slot(route)
    }

    /// Puts a slot back after a call, or drops it, which closes a connection that still waits for an answer.
    pub fn put_back(&self, mut slot: Box<Slot>, error: Option<&Error>) {
        let is_abandoned = error.is_some_and(|error| {
            error.attempts > 0 && error.response.is_none() && !matches!(error.status, Status::Connect | Status::Tls)
        });
        if (self.is_proxied && is_abandoned) || slot.process != self.process {
            return; // the process differs in a child that a callback has forked
        }
        slot.used_at = Instant::now();
        drop(self.idle.put(slot, |oldest| oldest.used_at.elapsed() > UNUSED_FOR));
    }

    pub fn new_slot(&self, route: &Route) -> Result<Box<Slot>> {
        let no_resources = |why: String| {
            Error::new(Status::Connect, &format!("no resources for a connection: {why}"))
                .with_advice(Advice::RetryLater)
        };
        let transport: Arc<dyn Transport> = match (route, &self.tls) {
            (Route::Native(settings), Some(tls)) => native::transport(settings, tls).map_err(no_resources)?,
            (Route::Callback(send), _) => Arc::new(Callback(send.clone())),
            (Route::Native(_), None) => return Err(Error::new(Status::Internal, "a client lost its TLS set-up")),
        };
        let runtime = new_runtime().map_err(|error| no_resources(error.to_string()))?;
        let inside = Some(Inside { runtime, transport });
        let sentinel = Sentinel::new();
        Ok(Box::new(Slot { inside, process: self.process, used_at: Instant::now(), sentinel }))
    }
}

/// A runtime and its connections.
pub struct Slot {
    /// `None` only while it is dropped.
    inside: Option<Inside>,
    process: u64,
    used_at: Instant,
    sentinel: Sentinel,
}

struct Inside {
    runtime: Runtime,
    transport: Arc<dyn Transport>,
}

impl Slot {
    pub fn transport(&self) -> Result<&Arc<dyn Transport>> {
        Ok(&self.inside()?.transport)
    }

    /// Drives a call to its end on the connections of this slot.
    pub fn block_on<T>(&self, call: Driven<'_, T>) -> Result<T> {
        block_on(&self.inside()?.runtime, call)
    }

    fn inside(&self) -> Result<&Inside> {
        self.inside.as_ref().ok_or_else(|| Error::new(Status::Internal, "a slot was used after it was dropped"))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(inside) = self.inside.take() else { return };
        if self.process == host::generation() && !self.sentinel.is_gone() {
            inside.runtime.shutdown_background(); // a plain drop panics inside a runtime, as in a callback
        } else {
            // A forked child leaks it: closing it would remove the parent's connections from the parent's epoll. So does
            // a program that has closed the descriptors already.
            mem::forget(inside);
        }
    }
}

/// A call to drive; on the heap, for these futures are large.
pub type Driven<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Drives a call to its end. In a child that one of its callbacks has forked it goes no further than that callback lets it:
/// what it waits for is the parent's, and so is what it holds. The loop of the runtime is compiled once, not once for each
/// kind of call.
pub fn block_on<T>(runtime: &Runtime, mut call: Driven<'_, T>) -> Result<T> {
    let (process, mut result) = (host::generation(), None);
    let is_forked = || host::generation() != process;
    {
        let driven: Pin<&mut dyn Future<Output = ()>> = pin!(poll_fn(|context| {
            match call.as_mut().poll(context) {
                Poll::Pending if !is_forked() => return Poll::Pending,
                Poll::Pending => result = Some(Err(Error::in_forked_child())),
                Poll::Ready(outcome) => result = Some(outcome),
            }
            Poll::Ready(())
        }));
        runtime.block_on(driven);
    }
    if is_forked() {
        mem::forget(call); // dropped, it would take the parent's descriptors out of the epoll that both have
    }
    result.unwrap_or_else(|| Err(Error::new(Status::Internal, "a call ended without a result")))
}

pub fn new_runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
