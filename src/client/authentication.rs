//! Client authentication (RFC 6749 section 2.3): the client's checked settings, and the credentials that one request
//! takes from them.

use crate::error::{Error, Result};
use crate::protocol::client_authentication::{self, BasicEncoding, Credentials, Method};
use crate::protocol::message::Secrets;
use crate::secret::Secret;

/// The client id, secret and method, checked.
pub struct Authentication {
    client_id: Secret,
    client_secret: Option<Secret>,
    /// The value of the Basic header, if that is the method.
    basic: Option<Secret>,
    /// The other encoding would make another Basic header.
    encoding_matters: bool,
    /// The program has set the method; otherwise the server's metadata may ask for the secret in the form.
    is_chosen: bool,
    /// The client authenticates by its TLS certificate.
    is_by_certificate: bool,
}

/// The settings of one request that override those of the client.
#[derive(Clone, Copy, Default)]
pub struct Own<'a> {
    /// The program's `Authorization` header; it replaces the configured authentication.
    pub authorization_header: Option<&'a str>,
    /// The request may be sent without client credentials.
    pub may_be_anonymous: bool,
}

impl Authentication {
    /// Checks client id, secret and method. `None` if the config sets no client id.
    pub fn new(
        client: Option<&(Secret, Option<Secret>)>,
        method: Option<Method>,
        has_certificate: bool,
    ) -> Result<Option<Self>> {
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
        let usual = match client_secret {
            Some(_) => Method::ClientSecretBasic,
            None if has_certificate => Method::TlsClientAuth,
            None => Method::None,
        };
        let basic = |encoding, client_secret: &Secret| {
            client_authentication::basic(client_id.as_str(), client_secret.as_str(), encoding)
                .map(Some)
                .map_err(Error::into_config)
        };
        let used = method.unwrap_or(usual);
        let basic = match (used, client_secret) {
            (Method::ClientSecretBasic, Some(client_secret)) => basic(BasicEncoding::Form, client_secret)?,
            (Method::ClientSecretBasicRaw, Some(client_secret)) => basic(BasicEncoding::Raw, client_secret)?,
            (Method::ClientSecretPost, Some(_)) => None,
            (Method::None | Method::TlsClientAuth | Method::SelfSignedTlsClientAuth, _) => None,
            (_, None) => return Err(Error::config("client_secret", "is not set, but client_authentication needs one")),
        };
        let client_secret = client_secret.clone().filter(|_| used != Method::None && !used.is_by_certificate());
        let secret = client_secret.as_ref().map_or("", Secret::as_str);
        let encoding_matters = basic.is_some() && client_authentication::encoding_matters(client_id.as_str(), secret);
        Ok(Some(Self {
            client_id: client_id.clone(),
            client_secret,
            basic,
            encoding_matters,
            is_chosen: method.is_some(),
            is_by_certificate: used.is_by_certificate(),
        }))
    }

    /// The credentials that one request sends; `wants_secret_in_form` comes from the server's metadata. A client
    /// without a client id has no `authentication`.
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

    /// Says what may be wrong with the settings, in the error of a server that does not know the client.
    /// `is_allowed` tells which methods the server's metadata list.
    pub fn explain(&self, error: &mut Error, sent: &Credentials<'_>, is_allowed: impl Fn(&str) -> bool) {
        const TLS: &str = "tls_client_auth";
        const SELF_SIGNED: &str = "self_signed_tls_client_auth";
        let used = match sent {
            Credentials::Header(_) => "client_secret_basic",
            Credentials::Form { client_secret: Some(_), .. } => "client_secret_post",
            _ if self.is_by_certificate && is_allowed(SELF_SIGNED) && !is_allowed(TLS) => SELF_SIGNED,
            _ if self.is_by_certificate => TLS,
            Credentials::Form { .. } | Credentials::None => "none",
        };
        let others = ["client_secret_basic", "client_secret_post", "none", TLS, SELF_SIGNED];
        let others: Vec<_> = others.into_iter().filter(|method| *method != used && is_allowed(method)).collect();
        let mut hints = String::new();
        if used == "client_secret_basic" && self.encoding_matters {
            hints.push_str(
                "; the encoding changes this client id or secret: try the other one of \
                 OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC and \
                 OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW",
            );
        }
        if !others.is_empty() {
            hints.push_str(&format!("; {used} was used, and the server's metadata allow {}", others.join(" and ")));
        }
        if !hints.is_empty() {
            hints.push_str(" (see oauth_config_set_client_authentication)");
            error.add_to_message(&hints);
        }
    }

    /// Adds the secret that is encoded in the Basic header: no message may show it.
    pub fn add_secrets(&self, secrets: &mut Secrets) {
        if self.basic.is_some() {
            secrets.add(self.client_secret.as_ref().map_or("", Secret::as_str));
        }
    }
}
