//! Log-ins that are started.

use std::sync::Arc;

use crate::blocking::Client;
use crate::client::authorization::{Authorization, AuthorizationArguments};
use crate::client::changing::Taken;
use crate::client::log_in::{LogInArguments, Show};
use crate::client::options::RequestOptions;
use crate::error::Result;
use crate::operations::token::owned;
use crate::operations::{Operation, Outcome};
use crate::protocol::parameters::Parameters;
use crate::secret::Secret;
use crate::transport::loopback;

/// The program's function that shows the URL.
pub type ShowUrl = Box<dyn Fn(&str) -> Result<()> + Send + Sync>;

impl Operation {
    /// Starts to begin an authorization.
    pub fn authorization(
        client: &Arc<Client>,
        arguments: AuthorizationArguments<'_>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let (redirect_uri, scope) = (owned(arguments.redirect_uri)?, arguments.scope.map(owned).transpose()?);
        let parameters = arguments.parameters.cloned();
        Self::start(client, options, async move |client, transport, bounds| {
            let arguments = AuthorizationArguments {
                redirect_uri: redirect_uri.as_str(),
                scope: scope.as_ref().map(Secret::as_str),
                parameters: parameters.as_ref(),
            };
            let begun = client.authorization(transport, arguments, bounds).await?;
            Ok(Outcome::Authorization(Some(Box::new(begun))))
        })
    }

    /// Starts to check a redirect, and to exchange its code.
    pub fn finish(
        client: &Arc<Client>,
        authorization: Taken<Authorization>,
        redirect: &str,
        field_parameters: Option<&Parameters>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        let (redirect, parameters) = (owned(redirect)?, field_parameters.cloned());
        Self::start(client, options, async move |client, transport, bounds| {
            let mut authorization = authorization; // given back before the operation has ended
            let (authorization, redirect) = (authorization.get()?, redirect.as_str());
            let token = client.finish(transport, authorization, redirect, parameters.as_ref(), bounds).await?;
            Ok(Outcome::Token(Arc::new(token)))
        })
    }

    /// Starts to log a user in; without `show`, in the user's browser.
    pub fn log_in(
        client: &Arc<Client>,
        scope: Option<&str>,
        parameters: Option<&Parameters>,
        listener: &loopback::Options,
        show: Option<ShowUrl>,
        options: Option<&RequestOptions>,
    ) -> Result<Self> {
        listener.check()?;
        let (scope, parameters, listener) = (scope.map(owned).transpose()?, parameters.cloned(), listener.clone());
        Self::start(client, options, async move |client, transport, bounds| {
            let arguments = LogInArguments {
                scope: scope.as_ref().map(Secret::as_str),
                parameters: parameters.as_ref(),
                show: show.as_ref().map_or(Show::Browser, |show| Show::Program(show)),
                listener: &listener,
            };
            Ok(Outcome::Token(Arc::new(client.log_in(transport, arguments, bounds).await?)))
        })
    }
}
