//! Client authentication (RFC 6749 section 2.3): the client's checked settings, and the credentials that one request
//! takes from them.

use std::sync::Arc;

use crate::client::client_key::ClientKey;
use crate::client::random;
use crate::error::{Error, Result};
use crate::protocol::client_assertion::{self, Claims};
use crate::protocol::client_authentication::{self, BasicEncoding, Credentials, Method};
use crate::protocol::message::Secrets;
use crate::secret::Secret;
use crate::source::Source;

/// What the program set.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// The client id, and the secret if there is one.
    pub client: Option<&'a (Secret, Option<Secret>)>,
    pub key: Option<&'a Arc<ClientKey>>,
    /// Gives the client's assertion.
    pub assertion: Option<&'a Arc<dyn Source>>,
    /// The client shows a TLS certificate.
    pub has_certificate: bool,
    pub method: Option<Method>,
    /// Of assertions; the issuer unless set.
    pub audience: Option<&'a str>,
}

/// The client id, what the client proves itself by, and the method, checked.
pub struct Authentication {
    client_id: Secret,
    client_secret: Option<Secret>,
    key: Option<Arc<ClientKey>>,
    source: Option<Arc<dyn Source>>,
    has_certificate: bool,
    /// The value of the Basic header, if that may be the method.
    basic: Option<Secret>,
    /// The other encoding would make another Basic header.
    encoding_matters: bool,
    /// The program's choice; otherwise the server's metadata decide.
    method: Option<Method>,
    audience: Option<String>,
}

/// The settings of one request that override those of the client.
#[derive(Clone, Copy, Default)]
pub struct Own<'a> {
    /// The program's `Authorization` header; it replaces the configured authentication.
    pub authorization_header: Option<&'a str>,
    /// The request may be sent without client credentials.
    pub may_be_anonymous: bool,
}

/// The server, as the credentials of one request need it.
pub struct Server<'a> {
    /// Whether its metadata list a method for the endpoint.
    pub allows: &'a dyn Fn(&str) -> bool,
    /// Its issuer, or else the URL of the endpoint.
    pub name: &'a str,
    pub now_s: i64,
}

/// The methods that are tried without a choice of the program, from the strongest on. With a secret, client_secret_jwt is the
/// last one: servers list it that take it only from clients that are registered for it.
const BY_STRENGTH: [Method; 6] = [
    Method::PrivateKeyJwt,
    Method::TlsClientAuth,
    Method::SelfSignedTlsClientAuth,
    Method::ClientSecretBasic,
    Method::ClientSecretPost,
    Method::ClientSecretJwt,
];

impl Authentication {
    /// Checks what is set. `None` if the config sets no client id.
    pub fn new(given: Given<'_>) -> Result<Option<Self>> {
        let Given { client, key, assertion, has_certificate, method, audience } = given;
        let Some((client_id, client_secret)) = client else {
            let needless = [
                ("client_authentication", method.is_some()),
                ("client_key", key.is_some()),
                ("client_assertion", assertion.is_some()),
            ];
            return match needless.into_iter().find(|(_, is_set)| *is_set) {
                Some((setting, _)) => Err(Error::config(setting, "is set, but no client_id is")),
                None => Ok(None),
            };
        };
        if client_id.as_str().is_empty() {
            return Err(Error::config("client_id", "is empty"));
        }
        client_authentication::check("client_id", client_id.as_str()).map_err(Error::into_config)?;
        client_authentication::check("client_secret", client_secret.as_ref().map_or("", Secret::as_str))
            .map_err(Error::into_config)?;
        let mut this = Self {
            client_id: client_id.clone(),
            client_secret: client_secret.clone().filter(|_| !method.is_some_and(is_without_secret)),
            key: key.cloned(),
            source: assertion.cloned(),
            has_certificate,
            basic: None,
            encoding_matters: false,
            method,
            audience: audience.map(str::to_owned),
        };
        if assertion.is_some() {
            return match (method, key) {
                (_, Some(_)) => Err(Error::config("client_assertion", "and client_key are both set")),
                (None | Some(Method::PrivateKeyJwt), None) => Ok(Some(this)),
                _ => Err(Error::config("client_assertion", "is set, but client_authentication is another method")),
            };
        }
        match (method, client_secret) {
            (Some(Method::PrivateKeyJwt), _) if key.is_none() => {
                return Err(Error::config("client_key", "is not set, but client_authentication needs one"));
            }
            (Some(method), _) if is_without_secret(method) => {}
            (None | Some(Method::PrivateKeyJwt), None) => {}
            (_, None) => return Err(Error::config("client_secret", "is not set, but client_authentication needs one")),
            (None | Some(Method::ClientSecretBasic), Some(secret)) => this.set_basic(secret, BasicEncoding::Form)?,
            (Some(Method::ClientSecretBasicRaw), Some(secret)) => this.set_basic(secret, BasicEncoding::Raw)?,
            (Some(_), Some(_)) => {}
        }
        Ok(Some(this))
    }

    fn set_basic(&mut self, client_secret: &Secret, encoding: BasicEncoding) -> Result<()> {
        let (id, secret) = (self.client_id.as_str(), client_secret.as_str());
        self.encoding_matters = client_authentication::encoding_matters(id, secret);
        self.basic = Some(client_authentication::basic(id, secret, encoding).map_err(Error::into_config)?);
        Ok(())
    }

    /// Whether the server knows the client by more than its name (RFC 6749 section 2.1).
    pub fn is_confidential(&self) -> bool {
        self.method != Some(Method::None)
            && (self.key.is_some() || self.source.is_some() || self.has_certificate || self.client_secret.is_some())
    }

    /// The program's choice, or else the strongest method that the metadata list, or that there is.
    fn method(&self, allows: &dyn Fn(&str) -> bool) -> Method {
        if self.source.is_some() {
            return Method::PrivateKeyJwt; // of whoever signs for the client
        }
        let can = |method: &Method| match method {
            Method::PrivateKeyJwt => self.key.is_some(),
            // Beside a secret, a certificate is for tokens that are bound to it.
            method if method.is_by_certificate() => self.has_certificate && self.client_secret.is_none(),
            _ => self.client_secret.is_some(),
        };
        let mut found = BY_STRENGTH.into_iter().filter(can);
        let usual = found.clone().next().unwrap_or(Method::None);
        self.method.unwrap_or_else(|| found.find(|method| allows(method.name())).unwrap_or(usual))
    }

    /// The credentials that one request sends, made anew for each attempt. A client without a client id has no
    /// `authentication`.
    pub fn credentials<'a>(
        authentication: Option<&'a Self>,
        own: Own<'a>,
        server: &Server<'_>,
    ) -> Result<Credentials<'a>> {
        let Some(this) = Self::of_client(authentication, own)? else {
            return Ok(own.authorization_header.map_or(Credentials::None, Credentials::Header));
        };
        let (client_id, secret) = (this.client_id.as_str(), this.client_secret.as_ref().map(Secret::as_str));
        let method = this.method(server.allows);
        let form = |client_secret| Ok(Credentials::Form { client_id, client_secret });
        match (method, &this.basic, &this.key, secret) {
            (Method::ClientSecretBasic | Method::ClientSecretBasicRaw, Some(basic), _, _) => {
                Ok(Credentials::Header(basic.as_str()))
            }
            (Method::PrivateKeyJwt, _, Some(key), _) => {
                this.assertion(server, |claims| client_assertion::signed(&key.current(), claims))
            }
            (Method::ClientSecretJwt, _, _, Some(secret)) => {
                this.assertion(server, |claims| client_assertion::authenticated(secret, claims))
            }
            (method, ..) if is_without_secret(method) => form(None),
            _ => form(secret),
        }
    }

    /// The source of the client's assertion, if one is set and the request needs it.
    pub fn source<'a>(authentication: Option<&'a Self>, own: Own<'_>) -> Option<(&'a Secret, &'a Arc<dyn Source>)> {
        let this = authentication.filter(|_| own.authorization_header.is_none())?;
        Some((&this.client_id, this.source.as_ref()?))
    }

    /// What [`Self::credentials`] adds to a form, as far as it is known before the server is: nothing is signed yet.
    pub fn outline<'a>(authentication: Option<&'a Self>, own: Own<'a>) -> Result<Credentials<'a>> {
        Ok(match (own.authorization_header, Self::of_client(authentication, own)?) {
            (Some(header), _) => Credentials::Header(header),
            (None, Some(this)) => Credentials::Form { client_id: this.client_id.as_str(), client_secret: None },
            (None, None) => Credentials::None,
        })
    }

    /// The client's own authentication; `None` if the request goes without it.
    fn of_client<'a>(authentication: Option<&'a Self>, own: Own<'_>) -> Result<Option<&'a Self>> {
        match authentication {
            _ if own.authorization_header.is_some() => Ok(None),
            None if !own.may_be_anonymous => Err(Error::argument(
                "client",
                "has no client_id (see oauth_config_set_client), and no authorization_header takes its place",
            )),
            authentication => Ok(authentication),
        }
    }

    fn assertion(
        &self,
        server: &Server<'_>,
        sign: impl FnOnce(Claims<'_>) -> Result<Secret>,
    ) -> Result<Credentials<'_>> {
        let (client_id, jti) = (self.client_id.as_str(), random::jti()?);
        let audience = self.audience.as_deref().unwrap_or(server.name);
        let assertion = sign(Claims { client_id, audience, now_s: server.now_s, jti: jti.as_str() })?;
        Ok(Credentials::Assertion { client_id, assertion })
    }

    /// Says what may be wrong with the settings, in the error of a server that does not know the client.
    pub fn explain(&self, error: &mut Error, sent: &Credentials<'_>, server: &Server<'_>) {
        let used = match sent {
            Credentials::Header(_) => Method::ClientSecretBasic,
            Credentials::Form { client_secret: Some(_), .. } => Method::ClientSecretPost,
            Credentials::Form { .. } | Credentials::Assertion { .. } => self.method(server.allows),
            Credentials::None => Method::None,
        };
        let mut hints = String::new();
        if used == Method::ClientSecretBasic && self.encoding_matters {
            hints.push_str(
                "; the encoding changes this client id or secret: try the other one of \
                 OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC and \
                 OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW",
            );
        }
        // A secret may be registered for another of its methods; a key is for one alone.
        let may_be_other = !(server.allows)(used.name()) || !matches!(used, Method::PrivateKeyJwt);
        let others: Vec<_> = BY_STRENGTH.into_iter().chain([Method::None]).map(Method::name).collect();
        let is_other = |method: &&str| *method != used.name() && (server.allows)(method);
        let others: Vec<_> = others.into_iter().filter(|method| may_be_other && is_other(method)).collect();
        if !others.is_empty() {
            let (used, others) = (used.name(), others.join(" and "));
            hints.push_str(&format!("; {used} was used, and the server's metadata allow {others}"));
        }
        if !hints.is_empty() {
            hints.push_str(" (see oauth_config_set_client_authentication)");
        }
        if used == Method::PrivateKeyJwt {
            hints.push_str(&self.explain_assertion(server));
        }
        if !hints.is_empty() {
            error.add_to_message(&hints);
        }
    }

    fn explain_assertion(&self, server: &Server<'_>) -> String {
        let Some(key) = self.key.as_ref().filter(|_| self.source.is_none()) else {
            return "; does the server trust who signed the client's assertion, and is it for this server?".to_owned();
        };
        let key = key.current();
        let audience = self.audience.as_deref().unwrap_or(server.name);
        format!(
            "; signed by {} with the key of thumbprint {}, for {audience}: is that key registered \
             (oauth_key_public_jwk), and that audience wanted (oauth_config_set_assertion_audience)?",
            key.algorithm().name(),
            key.thumbprint().as_str()
        )
    }

    /// Adds the secret that is encoded in the Basic header, or signs: no message may show it.
    pub fn add_secrets(&self, secrets: &mut Secrets) {
        secrets.add(self.client_secret.as_ref().map_or("", Secret::as_str));
    }
}

fn is_without_secret(method: Method) -> bool {
    method == Method::None || method.is_by_certificate()
}
