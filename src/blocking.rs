//! The blocking client: runs one exchange to its end on the caller's thread.
//!
//! A stack of slots, each a runtime with connections of its own, popped for a call and pushed back after it. Nothing
//! runs between calls. After a fork the child starts with an empty stack and never touches what it inherited.

use std::future::Future;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::client::config::{Config, Way};
use crate::client::{Client as AsyncClient, TokenArguments};
use crate::error::{Advice, Error, Result, Status};
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::transport::callback::Callback;
use crate::transport::native::Native;
use crate::transport::{Transport, host};

/// A slot that was not used for longer is let go, with its descriptors.
const UNUSED_FOR: Duration = Duration::from_secs(60);

/// A client for many threads.
pub struct Client {
    client: AsyncClient,
    way: Way,
    slots: Generation,
}

impl Client {
    pub fn new(config: Config, way: Way) -> Self {
        let slots = Generation::new(&way);
        Self { client: AsyncClient::new(config), way, slots }
    }

    /// Gives an authorization code or a refresh token to the token endpoint.
    pub fn token(&self, grant: Grant<'_>, arguments: TokenArguments<'_>) -> Result<Token> {
        self.run(async |transport| self.client.token(transport, grant, arguments).await)
    }

    fn run<T: Send>(&self, call: impl AsyncFnOnce(&dyn Transport) -> Result<T> + Send) -> Result<T> {
        if Handle::try_current().is_err() {
            return self.run_here(call);
        }
        // This thread is inside a runtime (a callback of ours, or a Rust program's own), which cannot be entered twice.
        host::on_other_thread(|| self.run_here(call)).unwrap_or_else(|| {
            Err(Error::new(Status::Internal, "a call inside a callback could not be run on a thread of its own"))
        })
    }

    fn run_here<T>(&self, call: impl AsyncFnOnce(&dyn Transport) -> Result<T>) -> Result<T> {
        let generation = self.slots.of_this_process(&self.way);
        let slot = generation.take().map_or_else(|| generation.new_slot(&self.way), Ok)?;
        let run = || slot.block_on(call(&*slot.transport));
        let result = match self.way {
            Way::Native(_) => host::without_sigpipe(run),
            Way::Callback(_) => run(), // the program's own writes, and its children, keep its signals
        };
        let abandoned = result.as_ref().is_err_and(|error| error.request_sent && error.response.is_none());
        if !abandoned {
            generation.put(slot); // else its connection still waits for the answer: dropping the slot closes it
        }
        result
    }
}

/// The slots of one process. A forked child finds its own behind its parent's.
struct Generation {
    process: u32,
    /// The certificates are read once; sessions to resume are shared by slots, but never with another process.
    tls: Option<rustls::ClientConfig>,
    #[expect(clippy::vec_box, reason = "a slot is large, and moves twice a call")]
    idle: Mutex<Vec<Box<Slot>>>,
    next: OnceBox<Generation>,
}

/// TLS sessions to remember, for all servers of a client.
const SESSIONS: usize = 32;

impl Generation {
    fn new(way: &Way) -> Self {
        let tls = match way {
            Way::Native(settings) => {
                let mut tls = settings.tls.clone();
                tls.resumption = rustls::client::Resumption::in_memory_sessions(SESSIONS);
                Some(tls)
            }
            Way::Callback(_) => None,
        };
        Self { process: std::process::id(), tls, idle: Mutex::default(), next: OnceBox::new() }
    }

    /// Touches no lock of another process: one that was held at the moment of the fork is held forever.
    fn of_this_process(&self, way: &Way) -> &Self {
        let mut generation = self;
        while generation.process != std::process::id() {
            generation = generation.next.get_or_init(|| Box::new(Self::new(way)));
        }
        generation
    }

    fn take(&self) -> Option<Box<Slot>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, mut slot: Box<Slot>) {
        slot.used_at = Instant::now();
        let unused = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(slot);
            let unused = idle.first().is_some_and(|oldest| oldest.used_at.elapsed() > UNUSED_FOR);
            unused.then(|| idle.remove(0))
        };
        drop(unused); // closes descriptors: not under the lock
    }

    fn new_slot(&self, way: &Way) -> Result<Box<Slot>> {
        let no_resources = |why: String| {
            Error::new(Status::Connect, &format!("no resources for a connection: {why}"))
                .with_advice(Advice::RetryLater)
        };
        let transport: Box<dyn Transport> = match (way, &self.tls) {
            (Way::Native(settings), Some(tls)) => Box::new(Native::new(settings, tls.clone()).map_err(no_resources)?),
            (Way::Callback(send), _) => Box::new(Callback(send.clone())),
            (Way::Native(_), None) => return Err(Error::new(Status::Internal, "a client lost its TLS set-up")),
        };
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|error| no_resources(error.to_string()))?;
        Ok(Box::new(Slot { runtime: Some(runtime), transport, used_at: Instant::now() }))
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // What a child inherited is forgotten: closing it would take the parent's connections out of its epoll.
            mem::forget(mem::take(self.idle.get_mut().unwrap_or_else(PoisonError::into_inner)));
        }
    }
}

/// A runtime, and connections that belong to it.
struct Slot {
    /// Absent only while it is dropped.
    runtime: Option<Runtime>,
    transport: Box<dyn Transport>,
    used_at: Instant,
}

impl Slot {
    fn block_on<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(call),
            None => Err(Error::new(Status::Internal, "a slot was used after it was dropped")),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background(); // a plain drop panics inside a callback of ours
        }
    }
}
