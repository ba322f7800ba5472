//! A profile that refuses what is weaker than it asks for: FAPI 2.0 Security Profile, and FAPI 2.0 Message Signing.

use url::Url;

use crate::error::{Error, Result};
use crate::protocol::client_authentication::Method;
use crate::protocol::endpoint;
use crate::protocol::jose::algorithm::Algorithm;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecurityProfile {
    #[default]
    None,
    Fapi2,
    /// With signed requests and responses.
    Fapi2MessageSigning,
}

/// What a config says about a client, as far as a profile is about it.
pub struct Proposed {
    pub has_issuer: bool,
    pub has_secret: bool,
    pub has_assertion: bool,
    pub has_certificate: bool,
    pub client_key: Option<Algorithm>,
    pub method: Option<Method>,
    pub audience_is_set: bool,
    pub has_other_issuers: bool,
    /// Tokens are bound to keys.
    pub dpop: bool,
    /// That of the program's own key.
    pub dpop_key: Option<Algorithm>,
    pub pkce: bool,
    pub allow_http: bool,
}

impl SecurityProfile {
    pub fn is_fapi(self) -> bool {
        self != Self::None
    }

    pub fn signs_messages(self) -> bool {
        self == Self::Fapi2MessageSigning
    }

    /// Names the first setting that is too weak.
    pub fn check(self, proposed: &Proposed) -> Result<()> {
        if !self.is_fapi() {
            return Ok(());
        }
        let weak_key = |algorithm: Option<Algorithm>| algorithm.is_some_and(|algorithm| !allows(algorithm));
        let Proposed { has_issuer, has_secret, has_assertion, has_certificate, client_key, method, .. } = *proposed;
        let is_by_secret = |method: Method| !matches!(method, Method::PrivateKeyJwt) && !method.is_by_certificate();
        let is_bound = proposed.dpop || has_certificate || method.is_some_and(Method::is_by_certificate);
        for (setting, is_weak, why) in [
            ("issuer", !has_issuer, "is not set: endpoints come from the metadata of an issuer"),
            ("client_secret", has_secret, "is set: the client authenticates by a key or a certificate"),
            (
                "client_authentication",
                method.is_some_and(is_by_secret),
                "is neither private_key_jwt nor by a certificate",
            ),
            (
                "client_key",
                client_key.is_none() && !has_assertion && !has_certificate && method.is_none(),
                "is not set, nor is client_certificate: a public client is too weak",
            ),
            ("client_key", weak_key(client_key), ALGORITHMS),
            ("allowed_issuer", proposed.has_other_issuers, "is set: a client has one issuer"),
            ("assertion_audience", proposed.audience_is_set, "is set: assertions are for the issuer"),
            ("dpop", !is_bound, "is off, and no client_certificate is set: tokens are to be bound to one of them"),
            ("dpop_key", weak_key(proposed.dpop_key), ALGORITHMS),
            ("pkce", !proposed.pkce, "is off"),
            ("allow_http", proposed.allow_http, "is on"),
            ("client_key", self.signs_messages() && client_key.is_none(), "is not set, and requests are to be signed"),
        ] {
            if is_weak {
                return Err(Error::config(setting, &format!("{why} (FAPI 2.0)")));
            }
        }
        Ok(())
    }

    /// The user's browser may come back over plain http only on this machine (section 5.3.3).
    pub fn check_redirect_uri(self, redirect_uri: &str) -> Result<()> {
        let is_weak = |url: Url| url.scheme() == "http" && !endpoint::is_loopback(&url);
        match self.is_fapi() && Url::parse(redirect_uri).is_ok_and(is_weak) {
            true => Err(Error::argument("redirect_uri", "is plain http and not on this machine (FAPI 2.0)")),
            false => Ok(()),
        }
    }

    /// Whether a server's signature by this algorithm is good enough.
    pub fn allows(self, algorithm: Algorithm) -> bool {
        !self.is_fapi() || allows(algorithm)
    }
}

const ALGORITHMS: &str = "signs by another algorithm than PS256, ES256 and EdDSA";

/// Section 5.4.1.
fn allows(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ps256 | Algorithm::Es256 | Algorithm::EdDsa)
}
