//! The blocking client: each call runs to its end on the caller's thread.
//!
//! Nothing runs between calls, except a renewal that its caller left before the end.

use std::sync::Arc;

use crate::client::Client as AsyncClient;
use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::client::config::{Config, Route};
use crate::client::device::Device;
use crate::client::introspection::Introspection;
use crate::client::log_in::{self, LogInArguments};
use crate::client::options::{Bounds, RequestOptions};
use crate::client::token::TokenArguments;
use crate::engine::{self, Engine};
use crate::error::Result;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::json_value::Value;
use crate::protocol::metadata::Metadata;
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::protocol::token_request::Grant;
use crate::secret::Secret;
use crate::transport::Transport;
use crate::transport::loopback::listener::Listener;

pub mod drive;
pub mod session;
pub mod source;

/// A client that many threads may use at once.
pub struct Client {
    pub client: AsyncClient,
    pub engine: Engine,
}

impl Client {
    pub fn new(config: Config, route: Route) -> Self {
        Self { client: AsyncClient::new(config), engine: Engine::new(route) }
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

    /// Refreshes a token; what the answer leaves out is kept.
    pub fn renew(
        &self,
        before: &Token,
        scope: Option<&str>,
        field_parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Token> {
        self.run(options, async |transport, bounds| {
            Ok(self.client.renew(transport, before, scope, field_parameters, bounds).await?)
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

    /// Continues an authorization that another process began.
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

    pub fn userinfo(&self, token: &Token, options: Option<&RequestOptions>) -> Result<Value> {
        self.run(options, async |transport, bounds| self.client.userinfo(transport, token, bounds).await)
    }

    fn run<T: Send>(
        &self,
        options: Option<&RequestOptions>,
        call: impl AsyncFnOnce(&dyn Transport, &Bounds<'_>) -> Result<T> + Send,
    ) -> Result<T> {
        let bounds = RequestOptions::begin(options)?;
        self.engine.run(async |transport| call(transport, &bounds).await)
    }
}

/// Waits for the redirect that answers a request, on this thread and without a client.
pub fn redirect_to(
    listener: &mut Listener,
    request: &AuthorizationRequest,
    options: Option<&RequestOptions>,
) -> Result<Secret> {
    let bounds = RequestOptions::begin(options)?;
    engine::wait(log_in::redirect_to(listener, request, &bounds))
}
