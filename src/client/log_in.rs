//! Logs a user in from a native app with one call (RFC 8252): URL, browser, loopback redirect, token.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::client::Client;
use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::client::options::Bounds;
use crate::clock::Clock;
use crate::error::{Error, Result, Status};
use crate::host;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::parameters::Parameters;
use crate::protocol::token::Token;
use crate::secret::Secret;
use crate::transport::loopback;
use crate::transport::loopback::gate::Expected;
use crate::transport::loopback::listener::Listener;
use crate::transport::{Transport, browser};

/// How the URL is shown to the user.
#[derive(Clone, Copy)]
pub enum Show<'a> {
    Browser,
    /// By a function of the program.
    Program(&'a (dyn Fn(&str) -> Result<()> + Sync)),
}

/// The program's arguments for a log-in.
#[derive(Clone, Copy)]
pub struct LogInArguments<'a> {
    pub scope: Option<&'a str>,
    pub parameters: Option<&'a Parameters>,
    pub show: Show<'a>,
    pub listener: &'a loopback::Options,
}

impl Client {
    /// Sends the user to the server, waits for the redirect, and exchanges its code.
    pub async fn log_in(
        &self,
        transport: &dyn Transport,
        arguments: LogInArguments<'_>,
        bounds: &Bounds<'_>,
    ) -> Result<Token> {
        let mut listener = Listener::open(arguments.listener)?;
        let authorization = AuthorizationArguments {
            redirect_uri: listener.redirect_uri().as_str(),
            scope: arguments.scope,
            parameters: arguments.parameters,
        };
        let mut authorization = self.authorization(transport, authorization, bounds).await?;
        let redirect = match arguments.show {
            Show::Program(show) => {
                show(first_url(&listener, &authorization).as_str())?;
                redirect_to(&mut listener, &authorization.request, bounds).await?
            }
            Show::Browser => self.through_browser(&mut listener, &authorization, bounds).await?,
        };
        let token = self.finish(transport, &mut authorization, redirect.as_str(), None, bounds).await;
        listener.finish_in_runtime(token.is_ok()).await;
        token
    }

    /// Opens the browser on another thread: the redirect may come before the program that opens it returns, and that
    /// program may run as long as the browser.
    async fn through_browser(
        &self,
        listener: &mut Listener,
        authorization: &Authorization,
        bounds: &Bounds<'_>,
    ) -> Result<Secret> {
        let (done, opened) = oneshot::channel();
        let url = first_url(listener, authorization).clone();
        host::spawn_quiet("oauth-browser", move || drop(done.send(browser::open(url.as_str()))))
            .map_err(|error| Error::new(Status::System, &format!("no thread could be started: {error}")))?;
        let failed = async {
            match opened.await {
                Ok(Err(error)) => error,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            redirect = redirect_to(listener, &authorization.request, bounds) => redirect,
            error = failed => Err(error),
        }
    }
}

/// Where the browser begins.
fn first_url<'a>(listener: &'a Listener, authorization: &'a Authorization) -> &'a Secret {
    listener.browser_url().unwrap_or(&authorization.request.url)
}

/// Waits for the redirect that answers a request, until the request expires.
pub async fn redirect_to(
    listener: &mut Listener,
    request: &AuthorizationRequest,
    bounds: &Bounds<'_>,
) -> Result<Secret> {
    let good_for_s = u64::try_from(request.expires_at_s.saturating_sub(Clock::default().now_s())).unwrap_or(0);
    let is_answered_by = |redirect: &str| request.is_answered_by(redirect);
    let expected = Expected { url: request.url.as_str(), good_for_s, is_answered_by: &is_answered_by };
    let coming = tokio::time::timeout(Duration::from_secs(good_for_s), listener.wait(&expected));
    let came = bounds.wait_for("waiting for the user to come back from the browser", coming).await?;
    came.map_err(|_| Error::new(Status::Expired, "the user did not come back in time: begin a new authorization"))?
}
