//! A JWT by which a client authenticates (RFC 7523 section 2.2, as RFC 10070 updates it).

use crate::error::Result;
use crate::protocol::jose::jws;
use crate::protocol::jose::key::Key;
use crate::protocol::jose::members::Members;
use crate::secret::Secret;

/// The value of `client_assertion_type`.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const TYP: &str = "client-authentication+jwt";

/// How long an assertion is good, in seconds: it is made for one request.
pub const LIFETIME_S: i64 = 60;

/// Who asserts to whom, in one request.
#[derive(Clone, Copy)]
pub struct Claims<'a> {
    pub client_id: &'a str,
    /// The server: its issuer, or what else it takes.
    pub audience: &'a str,
    pub now_s: i64,
    /// Never used before.
    pub jti: &'a str,
}

impl Claims<'_> {
    fn members(self) -> Members {
        let claims = Members::new().text("iss", self.client_id).text("sub", self.client_id);
        let claims = claims.text("aud", self.audience).text("jti", self.jti);
        claims.number("iat", self.now_s).number("exp", self.now_s.saturating_add(LIFETIME_S))
    }
}

/// For private_key_jwt.
pub fn signed(key: &Key, claims: Claims<'_>) -> Result<Secret> {
    jws::signed(key, key.header(TYP), claims.members())
}

/// For client_secret_jwt.
pub fn authenticated(client_secret: &str, claims: Claims<'_>) -> Result<Secret> {
    jws::authenticated(client_secret, Members::new().text("typ", TYP), claims.members())
}
