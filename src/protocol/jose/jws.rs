//! Signed JSON in the compact form (RFC 7515 section 7.1).

use ring::hmac;

use crate::error::Result;
use crate::protocol::jose::append_base64url;
use crate::protocol::jose::key::Key;
use crate::protocol::json::append_string;
use crate::secret::{Secret, SecretBytes};

/// The members of a JOSE header or a set of claims, as they are written.
pub struct Members(SecretBytes);

impl Members {
    /// Room for what is usual.
    pub fn new() -> Self {
        Self(SecretBytes::with_capacity(320))
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        let mut members = self.name(name);
        append_string(&mut members.0, value);
        members
    }

    pub fn number(self, name: &str, value: i64) -> Self {
        self.raw(name, &value.to_string())
    }

    /// A value that is JSON already.
    pub fn raw(self, name: &str, json: &str) -> Self {
        let mut members = self.name(name);
        members.0.extend(json.as_bytes());
        members
    }

    fn name(mut self, name: &str) -> Self {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        append_string(&mut self.0, name);
        self.0.push(b':');
        self
    }

    fn end(mut self) -> SecretBytes {
        self.0.push(b'}');
        self.0
    }
}

impl Default for Members {
    fn default() -> Self {
        Self::new()
    }
}

/// Signs the claims. The header gets the algorithm of the key beside its own members.
pub fn signed(key: &Key, header: Members, claims: Members) -> Result<Secret> {
    signed_by(key.algorithm().name(), header, claims, |input| key.sign(input))
}

/// The same by a secret that both sides know, with HS256 (RFC 7518 section 3.2).
pub fn authenticated(secret: &str, header: Members, claims: Members) -> Result<Secret> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    signed_by("HS256", header, claims, |input| Ok(hmac::sign(&key, input)))
}

fn signed_by<S: AsRef<[u8]>>(
    algorithm: &str,
    header: Members,
    claims: Members,
    sign: impl FnOnce(&[u8]) -> Result<S>,
) -> Result<Secret> {
    let (header, claims) = (header.text("alg", algorithm).end(), claims.end());
    let mut compact = SecretBytes::with_capacity((header.len() + claims.len()) * 4 / 3 + 128);
    append_base64url(&mut compact, &header);
    compact.push(b'.');
    append_base64url(&mut compact, &claims);
    let signature = sign(&compact)?;
    compact.push(b'.');
    append_base64url(&mut compact, signature.as_ref());
    Ok(compact.as_str().and_then(Secret::new).expect("base64url and two dots"))
}
