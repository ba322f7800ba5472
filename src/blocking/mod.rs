//! The blocking client: runs one exchange to its end on the caller's thread.
//!
//! A stack of slots, each a runtime with connections of its own, popped for a call and pushed back after it. Nothing
//! runs between calls. After a fork the child starts with an empty stack and never touches what it inherited.

use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::client::config::{Config, Way};
use crate::client::device::Device;
use crate::client::introspection::Introspection;
use crate::client::log_in::{self, LogInArguments};
use crate::client::options::{Bounds, RequestOptions};
use crate::client::{Client as AsyncClient, TokenArguments};
use crate::error::{Advice, Error, Result, Status};
use crate::process::{self, PerProcess};
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::members::Members;
use crate::protocol::metadata::Metadata;
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::secret::Secret;
use crate::transport::callback::Callback;
use crate::transport::loopback::Listener;
use crate::transport::native::Native;
use crate::transport::{Transport, host};

/// A slot that was not used for longer is let go, with its descriptors.
const UNUSED_FOR: Duration = Duration::from_secs(60);

/// A client for many threads.
pub struct Client {
    client: AsyncClient,
    way: Way,
    slots: PerProcess<Slots>,
}

impl Client {
    pub fn new(config: Config, way: Way) -> Self {
        let slots = PerProcess::new(Slots::new(&way));
        Self { client: AsyncClient::new(config), way, slots }
    }

    /// Asks the token endpoint for a token.
    pub fn token(
        &self,
        grant: Grant<'_>,
        arguments: TokenArguments<'_>,
        options: Option<&RequestOptions>,
    ) -> Result<Token> {
        self.run(options, async |transport, bounds| self.client.token(transport, grant, arguments, bounds).await)
    }

    /// Refreshes a token; what the answer leaves out stays.
    pub fn renew(
        &self,
        before: &Token,
        scope: Option<&str>,
        field_parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Token> {
        self.run(options, async |transport, bounds| {
            self.client.renew(transport, before, scope, field_parameters, bounds).await
        })
    }

    pub fn metadata(&self, options: Option<&RequestOptions>) -> Result<Arc<Metadata>> {
        self.run(options, async |transport, bounds| self.client.metadata(transport, bounds).await)
    }

    pub fn authorization(
        &self,
        arguments: AuthorizationArguments<'_>,
        options: Option<&RequestOptions>,
    ) -> Result<Authorization> {
        self.run(options, async |transport, bounds| self.client.authorization(transport, arguments, bounds).await)
    }

    /// Takes up what another process began.
    pub fn resume(&self, request: AuthorizationRequest) -> Result<Authorization> {
        self.client.resume(request)
    }

    pub fn finish(
        &self,
        authorization: &mut Authorization,
        redirect: &str,
        field_parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Token> {
        self.run(options, async |transport, bounds| {
            self.client.finish(transport, authorization, redirect, field_parameters, bounds).await
        })
    }

    pub fn log_in(&self, arguments: LogInArguments<'_>, options: Option<&RequestOptions>) -> Result<Token> {
        self.run(options, async |transport, bounds| self.client.log_in(transport, arguments, bounds).await)
    }

    pub fn device_authorization(
        &self,
        scope: Option<&str>,
        parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Device> {
        self.run(options, async |transport, bounds| {
            self.client.device_authorization(transport, scope, parameters, bounds).await
        })
    }

    pub fn poll(&self, device: &mut Device, options: Option<&RequestOptions>) -> Result<Token> {
        self.run(options, async |transport, bounds| self.client.poll(transport, device, bounds).await)
    }

    pub fn wait(&self, device: &mut Device, options: Option<&RequestOptions>) -> Result<Token> {
        self.run(options, async |transport, bounds| self.client.wait(transport, device, bounds).await)
    }

    pub fn revoke(&self, token: &str, token_type_hint: Option<&str>, options: Option<&RequestOptions>) -> Result<()> {
        self.run(options, async |transport, bounds| self.client.revoke(transport, token, token_type_hint, bounds).await)
    }

    pub fn introspect(
        &self,
        token: &str,
        token_type_hint: Option<&str>,
        options: Option<&RequestOptions>,
    ) -> Result<Introspection> {
        self.run(options, async |transport, bounds| {
            self.client.introspect(transport, token, token_type_hint, bounds).await
        })
    }

    pub fn userinfo(&self, token: &Token, options: Option<&RequestOptions>) -> Result<Members> {
        self.run(options, async |transport, bounds| self.client.userinfo(transport, token, bounds).await)
    }

    fn run<T: Send>(
        &self,
        options: Option<&RequestOptions>,
        call: impl AsyncFnOnce(&dyn Transport, &Bounds<'_>) -> Result<T> + Send,
    ) -> Result<T> {
        let bounds = RequestOptions::begin(options)?;
        outside_of_runtimes(|| self.run_here(&bounds, call))
    }

    fn run_here<T>(
        &self,
        bounds: &Bounds<'_>,
        call: impl AsyncFnOnce(&dyn Transport, &Bounds<'_>) -> Result<T>,
    ) -> Result<T> {
        let slots = self.slots.get(|| Slots::new(&self.way));
        let slot = slots.take().map_or_else(|| slots.new_slot(&self.way), Ok)?;
        let run = || slot.block_on(call(&*slot.transport, bounds));
        let result = match self.way {
            Way::Native(_) => host::without_sigpipe(run),
            Way::Callback(_) => run(), // the program's own writes, and its children, keep its signals
        };
        let abandoned = result.as_ref().is_err_and(|error| {
            let connected = !matches!(error.status, Status::Connect | Status::Tls);
            error.attempts > 0 && error.response.is_none() && connected
        });
        if !abandoned {
            slots.put(slot); // else its connection still waits for the answer: dropping the slot closes it
        }
        result
    }
}

/// Waits for the redirect that answers a request, on this thread and without a client.
pub fn redirect_to(
    listener: &mut Listener,
    request: &AuthorizationRequest,
    options: Option<&RequestOptions>,
) -> Result<Secret> {
    let bounds = RequestOptions::begin(options)?;
    let wait = || {
        let runtime =
            new_runtime().map_err(|why| Error::new(Status::System, &format!("no resources to wait: {why}")))?;
        host::without_sigpipe(|| block_on(&runtime, log_in::redirect_to(listener, request, &bounds)))
    };
    outside_of_runtimes(wait)
}

/// Runs a call here, or on a thread of its own where this one is inside a runtime (a callback of ours, or a Rust program's
/// own), which cannot be entered twice.
fn outside_of_runtimes<T: Send>(call: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if Handle::try_current().is_err() {
        return call();
    }
    let (caller, mut call, mut result) = (process::caller(), Some(call), None);
    host::on_other_thread(&mut || {
        process::run_inside(caller);
        result = call.take().map(|call| call());
    });
    result.unwrap_or_else(|| {
        Err(Error::new(Status::Internal, "a call inside a callback could not be run on a thread of its own"))
    })
}

/// Drives a future to its end. The runtime's loop is compiled once, not once for each kind of call.
fn block_on<T>(runtime: &Runtime, call: impl Future<Output = Result<T>>) -> Result<T> {
    let mut result = None;
    {
        let call: Pin<&mut dyn Future<Output = ()>> = pin!(async { result = Some(call.await) });
        runtime.block_on(call);
    }
    result.unwrap_or_else(|| Err(Error::new(Status::Internal, "a call came to no end")))
}

fn new_runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

/// The slots of one process.
struct Slots {
    process: u32,
    /// The certificates are read once; sessions to resume are shared by slots, but never with another process.
    tls: Option<rustls::ClientConfig>,
    #[expect(clippy::vec_box, reason = "a slot is large, and moves twice a call")]
    idle: Mutex<Vec<Box<Slot>>>,
}

/// TLS sessions to remember, for all servers of a client.
const SESSIONS: usize = 32;

impl Slots {
    fn new(way: &Way) -> Self {
        let tls = match way {
            Way::Native(settings) => {
                let mut tls = settings.tls.clone();
                tls.resumption = rustls::client::Resumption::in_memory_sessions(SESSIONS);
                Some(tls)
            }
            Way::Callback(_) => None,
        };
        Self { process: std::process::id(), tls, idle: Mutex::default() }
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
        let runtime = new_runtime().map_err(|error| no_resources(error.to_string()))?;
        Ok(Box::new(Slot { runtime: Some(runtime), transport, used_at: Instant::now() }))
    }
}

impl Drop for Slots {
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
            Some(runtime) => block_on(runtime, call),
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
