//! Proof of possession of a key (DPoP, RFC 9449): the key of a login, and the proof for one request.

use std::sync::Arc;

use ring::digest::{SHA256, digest};
use url::Url;

use crate::error::Result;
use crate::protocol::jose::key::Key;
use crate::protocol::jose::members::Members;
use crate::protocol::jose::{append_base64url, base64url, from_base64url, jws};
use crate::secret::{Secret, SecretBytes};

/// The key to which a login is bound.
#[derive(Clone)]
pub enum Bound {
    /// It was made for the login, and goes wherever that is kept.
    Key(Arc<Key>),
    /// The program's, also if it was generated: only its thumbprint is kept.
    Given(Arc<Key>),
    /// The thumbprint of a key that the program keeps.
    Elsewhere(Secret),
}

impl Bound {
    /// How a saved login has it: the name of the member, and its value.
    pub fn saved(&self) -> (&'static str, SecretBytes) {
        let mut value = SecretBytes::default();
        if let Self::Key(key) = self
            && let Some(pkcs8) = key.pkcs8()
        {
            append_base64url(&mut value, pkcs8);
            return (KEY, value);
        }
        value.extend(self.thumbprint().as_bytes());
        (THUMBPRINT, value)
    }

    /// Reads what [`Self::saved`] gave; `None` if it is damaged.
    pub fn read(name: &str, value: &str) -> Option<Self> {
        match name {
            KEY => Some(Self::Key(Arc::new(Key::from_pkcs8(from_base64url(value)?).ok()?))),
            _ => Secret::new(value).map(Self::Elsewhere),
        }
    }

    /// `None` if it is elsewhere.
    pub fn key(&self) -> Option<&Arc<Key>> {
        match self {
            Self::Key(key) | Self::Given(key) => Some(key),
            Self::Elsewhere(_) => None,
        }
    }

    pub fn thumbprint(&self) -> &str {
        match self {
            Self::Key(key) | Self::Given(key) => key.thumbprint().as_str(),
            Self::Elsewhere(thumbprint) => thumbprint.as_str(),
        }
    }
}

/// Whether a client's tokens are bound to keys.
#[derive(Clone, Default)]
pub enum Setting {
    #[default]
    Off,
    /// A key is made for each login.
    Generated,
    /// The program's, for all logins.
    Key(Arc<Key>),
}

/// The members of a saved login.
pub const KEY: &str = "dpop_key";
pub const THUMBPRINT: &str = "dpop_jkt";

/// The request that a proof is for.
pub struct Request<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    /// With which it goes to a resource.
    pub access_token: Option<&'a str>,
    /// What the server gave last.
    pub nonce: Option<&'a str>,
    pub now_s: i64,
    /// Never used before.
    pub jti: &'a str,
}

/// The value of the `DPoP` header (section 4.2).
pub fn proof(key: &Key, request: &Request<'_>) -> Result<Secret> {
    let header = Members::new().text("typ", "dpop+jwt").raw("jwk", &key.public().to_jwk());
    let mut url = request.url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let mut claims = Members::new().text("jti", request.jti).text("htm", request.method).text("htu", url.as_str());
    claims = claims.number("iat", request.now_s);
    if let Some(access_token) = request.access_token {
        claims = claims.text("ath", &base64url(digest(&SHA256, access_token.as_bytes()).as_ref()));
    }
    if let Some(nonce) = request.nonce {
        claims = claims.text("nonce", nonce);
    }
    jws::signed(key, header, claims)
}
