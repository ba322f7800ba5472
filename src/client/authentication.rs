//! How the client authenticates (RFC 6749 section 2.3): what its settings say, and what one request takes from them.

use crate::error::{Error, Result};
use crate::protocol::client_authentication::{self, BasicEncoding, Credentials, Method};
use crate::protocol::message::Secrets;
use crate::secret::Secret;

/// Identifier, secret and method of a client, checked.
pub struct Authentication {
    client_id: Secret,
    client_secret: Option<Secret>,
    /// The value of the Basic header, where that is the method.
    basic: Option<Secret>,
    /// The program has set the method; else the server's metadata may decide.
    is_chosen: bool,
}

/// What one request says otherwise than the settings.
#[derive(Clone, Copy, Default)]
pub struct Own<'a> {
    /// The `Authorization` header of the program takes the place of the configured authentication.
    pub authorization_header: Option<&'a str>,
    /// The request may do without a client.
    pub may_be_anonymous: bool,
}

impl Authentication {
    /// Checks identifier, secret and method. Without an identifier there is none.
    pub fn new(client: Option<&(Secret, Option<Secret>)>, method: Option<Method>) -> Result<Option<Self>> {
        let Some((client_id, client_secret)) = client else {
            return match method {
                Some(_) => Err(Error::config("client_authentication", "is set, but no client_id is")),
                None => Ok(None),
            };
        };
        if client_id.as_str().is_empty() {
            return Err(Error::config("client_id", "is empty"));
        }
        client_authentication::check("client_id", client_id.as_str()).map_err(Error::into_config)?;
        client_authentication::check("client_secret", client_secret.as_ref().map_or("", Secret::as_str))
            .map_err(Error::into_config)?;
        let usual = if client_secret.is_some() { Method::ClientSecretBasic } else { Method::None };
        let basic = |encoding, client_secret: &Secret| {
            client_authentication::basic(client_id.as_str(), client_secret.as_str(), encoding)
                .map(Some)
                .map_err(Error::into_config)
        };
        let basic = match (method.unwrap_or(usual), client_secret) {
            (Method::ClientSecretBasic, Some(client_secret)) => basic(BasicEncoding::Form, client_secret)?,
            (Method::ClientSecretBasicRaw, Some(client_secret)) => basic(BasicEncoding::Raw, client_secret)?,
            (Method::ClientSecretPost, Some(_)) | (Method::None, _) => None,
            (_, None) => return Err(Error::config("client_secret", "is not set, but client_authentication needs one")),
        };
        let client_secret = client_secret.clone().filter(|_| method != Some(Method::None));
        Ok(Some(Self { client_id: client_id.clone(), client_secret, basic, is_chosen: method.is_some() }))
    }

    /// What one request sends; `wants_secret_in_form` is what the server's metadata say. The client may have no
    /// authentication at all.
    pub fn credentials<'a>(
        authentication: Option<&'a Self>,
        own: Own<'a>,
        wants_secret_in_form: bool,
    ) -> Result<Credentials<'a>> {
        match (own.authorization_header, authentication) {
            (Some(header), _) => Ok(Credentials::Header(header)),
            (None, Some(Self { basic: Some(basic), is_chosen, .. })) if *is_chosen || !wants_secret_in_form => {
                Ok(Credentials::Header(basic.as_str()))
            }
            (None, Some(Self { client_id, client_secret, .. })) => Ok(Credentials::Form {
                client_id: client_id.as_str(),
                client_secret: client_secret.as_ref().map(Secret::as_str),
            }),
            (None, None) if own.may_be_anonymous => Ok(Credentials::None),
            (None, None) => Err(Error::argument(
                "client",
                "has no client_id (see oauth_config_set_client), and no authorization_header takes its place",
            )),
        }
    }

    /// What no message may show, whatever the request carries.
    pub fn add_secrets(&self, secrets: &mut Secrets) {
        if self.basic.is_some() {
            secrets.add(self.client_secret.as_ref().map_or("", Secret::as_str));
        }
    }
}
