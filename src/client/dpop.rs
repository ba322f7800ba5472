//! Proof of possession (DPoP, RFC 9449): which key a request is signed by, its proof, and the one repeat that a nonce costs.

use std::sync::Arc;

use url::Url;

use crate::client::Client;
use crate::client::random;
use crate::client::server::Server;
use crate::error::{Error, ProviderCode, Result};
use crate::http::Headers;
use crate::protocol::dpop::{self, Bound, Setting};
use crate::protocol::jose::key::Key;
use crate::protocol::token::Token;
use crate::protocol::{challenge, endpoint};
use crate::secret::Secret;

/// The header values of one request to a resource.
pub struct Proof {
    pub authorization: Secret,
    /// `None`: the token is not bound to a key.
    pub dpop: Option<Secret>,
}

/// The proofs of one exchange.
pub(super) struct Proofs<'a> {
    client: &'a Client,
    key: Arc<Key>,
    method: &'static str,
    url: &'a Url,
    access_token: Option<&'a str>,
    nonce: Option<Secret>,
    has_repeated: bool,
}

impl Client {
    /// The key of a new login; `None` if it is not bound.
    pub(super) fn new_bound(&self) -> Result<Option<Bound>> {
        Ok(match &self.config.dpop {
            Setting::Off => None,
            Setting::Generated => Some(Bound::Key(Arc::new(Key::generate(None)?))),
            Setting::Key(key) => Some(Bound::Given(key.clone())),
        })
    }

    /// The key of a further request of a login that was bound so, or to nothing.
    pub(super) fn key_of(&self, bound: Option<&Bound>) -> Result<Option<Bound>> {
        match (bound, &self.config.dpop) {
            (Some(bound @ (Bound::Key(_) | Bound::Given(_))), Setting::Generated) => Ok(Some(bound.clone())),
            _ => self.new_bound(),
        }
    }

    /// The key of a refresh: the one to which the refresh token is bound, whatever the settings are by now. The refresh token
    /// of a confidential client is bound to the client (RFC 9449 section 5), which may change its key.
    pub(super) fn key_to_refresh(&self, token: &Token) -> Result<Option<Bound>> {
        let is_confidential = self.config.authentication.as_ref().is_some_and(|one| one.is_confidential());
        match &token.dpop {
            Some(Bound::Key(_)) if is_confidential && matches!(self.config.dpop, Setting::Key(_)) => self.new_bound(),
            Some(bound @ (Bound::Key(_) | Bound::Given(_))) => Ok(Some(bound.clone())),
            Some(Bound::Elsewhere(thumbprint)) => {
                let now = self.new_bound()?;
                let is_same = now.as_ref().is_some_and(|now| now.thumbprint() == thumbprint.as_str());
                match is_same || is_confidential {
                    true => Ok(now),
                    false => Err(other_key(thumbprint.as_str())),
                }
            }
            None => self.new_bound(),
        }
    }

    /// The header values for a request to a resource.
    pub fn proof(&self, token: &Token, method: &str, url: &str) -> Result<Proof> {
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::argument("method", "is no method of HTTP"));
        }
        let url = endpoint::parse_resource(url).map_err(|why| Error::argument("url", why))?;
        if let Some(authorization) = token.authorization() {
            return Ok(Proof { authorization: authorization.clone(), dpop: None });
        }
        let (key, authorization) = self.possession(token)?;
        let access_token = token.access_token.as_ref().map(Secret::as_str);
        let nonce = self.server.get(Server::default).nonces.of(&url);
        let dpop = self.sign(&key, method, &url, access_token, nonce.as_ref())?;
        Ok(Proof { authorization, dpop: Some(dpop) })
    }

    /// The key of a token that is bound to it, and the value of its `Authorization` header.
    pub(super) fn possession(&self, token: &Token) -> Result<(Arc<Key>, Secret)> {
        let authorization = token
            .dpop_authorization()
            .ok_or_else(|| Error::argument("token", "has no access token, or a type that needs more than a header"))?;
        match (&token.dpop, &self.config.dpop) {
            (Some(Bound::Key(key) | Bound::Given(key)), _) => Ok((key.clone(), authorization)),
            (Some(Bound::Elsewhere(thumbprint)), Setting::Key(key))
                if key.thumbprint().as_str() == thumbprint.as_str() =>
            {
                Ok((key.clone(), authorization))
            }
            (Some(Bound::Elsewhere(thumbprint)), _) => Err(other_key(thumbprint.as_str())),
            (None, Setting::Key(key)) => Ok((key.clone(), authorization)),
            (None, _) => Err(Error::argument("token", "is bound to a key that it does not have with it")),
        }
    }

    /// Remembers the nonce of a resource's answer. True: the request was refused for want of it, and may be repeated.
    pub fn learns(&self, url: &str, status: i32, www_authenticate: Option<&[u8]>, nonce: Option<&[u8]>) -> bool {
        let (Ok(url), Some(nonce)) = (endpoint::parse_resource(url), nonce) else { return false };
        let nonces = &self.server.get(Server::default).nonces;
        let before = nonces.of(&url);
        nonces.note(&url, nonce);
        let now = nonces.of(&url);
        let is_new = !Secret::are_same(&before, &now);
        let wants_nonce = |fields: &[u8]| {
            let challenges = challenge::parse(fields);
            challenge::provider_error(&challenges).is_some_and(|error| error.code == ProviderCode::UseDpopNonce)
        };
        // Another thread may have brought the same nonce: that says nothing about this request.
        status == 401 && now.is_some() && www_authenticate.map_or(is_new, wants_nonce)
    }

    fn sign(
        &self,
        key: &Key,
        method: &str,
        url: &Url,
        access_token: Option<&str>,
        nonce: Option<&Secret>,
    ) -> Result<Secret> {
        let (now_s, jti, nonce) = (self.config.clock.now_s(), random::jti()?, nonce.map(Secret::as_str));
        dpop::proof(key, &dpop::Request { method, url, access_token, nonce, now_s, jti: jti.as_str() })
    }
}

impl<'a> Proofs<'a> {
    pub fn new(client: &'a Client, key: Arc<Key>, method: &'static str, url: &'a Url) -> Self {
        Self { client, key, method, url, access_token: None, nonce: None, has_repeated: false }
    }

    /// For a request with an access token.
    pub fn with(self, access_token: Option<&'a str>) -> Self {
        Self { access_token, ..self }
    }

    /// A proof for the next attempt.
    pub fn next(&mut self) -> Result<Secret> {
        self.nonce = self.client.server.get(Server::default).nonces.of(self.url);
        self.client.sign(&self.key, self.method, self.url, self.access_token, self.nonce.as_ref())
    }

    /// Remembers the nonce of an answer.
    pub fn learn(&self, headers: &Headers) {
        if let Some(nonce) = headers.get("dpop-nonce") {
            self.client.server.get(Server::default).nonces.note(self.url, nonce);
        }
    }

    /// Whether the attempt failed for want of a nonce that is there now: once an exchange. The server has not acted.
    pub fn may_repeat(&mut self, error: &Error) -> bool {
        let wants_nonce = error.provider.as_ref().is_some_and(|error| error.code == ProviderCode::UseDpopNonce);
        let now = self.client.server.get(Server::default).nonces.of(self.url);
        wants_nonce && !Secret::are_same(&now, &self.nonce) && !std::mem::replace(&mut self.has_repeated, true)
    }
}

fn other_key(thumbprint: &str) -> Error {
    let why = format!(
        "is not the key with the thumbprint {thumbprint}, to which this login is bound: set that, or log in again"
    );
    Error::config("dpop_key", &why)
}
