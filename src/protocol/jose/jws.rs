//! Signed JSON in the compact form (RFC 7515 section 7.1).

use ring::hmac;

use crate::error::Result;
use crate::protocol::jose::append_base64url;
use crate::protocol::jose::key::Key;
use crate::protocol::jose::members::Members;
use crate::secret::{Secret, SecretBytes};

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
