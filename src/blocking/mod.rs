//! The blocking client: runs one exchange to its end on the caller's thread.
//!
//! A stack of slots, each a runtime with connections of its own, popped for a call and pushed back after it. Nothing
//! runs between calls but the rest of a renewal whose caller has left. After a fork the child starts with an empty stack and never touches what it inherited.

use std::pin::pin;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::client::config::{Config, Way};
use crate::client::device::Device;
use crate::client::introspection::Introspection;
use crate::client::log_in::{self, LogInArguments};
use crate::client::options::{Bounds, RequestOptions};
use crate::client::{Client as AsyncClient, TokenArguments};
use crate::error::{Error, Result, Status};
use crate::process::{self, PerProcess};
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::members::Members;
use crate::protocol::metadata::Metadata;
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::secret::Secret;
use crate::transport::loopback::Listener;
use crate::transport::{Transport, host};

mod flight;
pub mod session;
mod slot;
mod stack;
mod sync;

use slot::{Slots, block_on, new_runtime};

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
        let slots = self.slots();
        let slot = slots.take(&self.way)?;
        let result = self.guarded(|| slot.block_on(pin!(call(&**slot.transport()?, bounds))));
        slots.put_back(slot, result.as_ref().err());
        result
    }

    fn slots(&self) -> &Slots {
        self.slots.get(|| Slots::new(&self.way))
    }

    /// Runs what may write to connections of the library.
    fn guarded<T>(&self, run: impl FnOnce() -> T) -> T {
        match self.way {
            Way::Native(_) => host::without_sigpipe(run),
            Way::Callback(_) => run(), // the program's own writes, and its children, keep its signals
        }
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
        host::without_sigpipe(|| block_on(&runtime, pin!(log_in::redirect_to(listener, request, &bounds))))
    };
    outside_of_runtimes(wait)
}

/// Runs a call here, or on a thread of its own where this one is inside a runtime (a callback of ours, or a Rust program's
/// own), which cannot be entered twice.
fn outside_of_runtimes<T: Send>(call: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if Handle::try_current().is_err() {
        return call();
    }
    let (surroundings, mut call, mut result) = (process::surroundings(), Some(call), None);
    host::on_other_thread(&mut || {
        process::enter(surroundings);
        result = call.take().map(|call| call());
    });
    result.unwrap_or_else(|| {
        Err(Error::new(Status::Internal, "a call inside a callback could not be run on a thread of its own"))
    })
}
