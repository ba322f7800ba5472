//! Verifies signed JSON in the compact form (RFC 7515 section 5.2).

use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::from_base64url;
use crate::protocol::jose::jwks::{self, Jwks};
use crate::protocol::jose::public::text;
use crate::protocol::json::Object;
use crate::protocol::json_value::Value;
use crate::secret::{Secret, SecretBytes};

/// A JWT that was read: what it says, which nobody has vouched for until its signature is verified.
pub struct Signed<'a> {
    /// The header and the payload, as they were signed.
    input: &'a str,
    signature: SecretBytes,
    algorithm: Algorithm,
    kid: Option<Secret>,
    /// Not verified yet.
    pub claims: Value,
}

/// Why a signature is not good. The server may have a new key in either case: some use a key id again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// None of the keys has its key id and algorithm.
    NoKey,
    Signature,
}

impl Refused {
    /// The words for a message.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoKey => "the server's keys have none with its key id and algorithm",
            Self::Signature => "its signature is not by a key of the server",
        }
    }
}

impl<'a> Signed<'a> {
    /// Reads a JWT with a signature by a public key; else says what is wrong with it.
    pub fn parse(jwt: &'a str) -> Result<Self, &'static str> {
        let mut parts = jwt.split('.');
        let (header, payload, signature) = match (parts.next(), parts.next(), parts.next(), parts.count()) {
            (Some(header), Some(payload), Some(signature), 0) => (header, payload, signature),
            (.., 2) => return Err("it is encrypted, which is not supported"),
            _ => return Err("it is no JWT of three parts"),
        };
        let input = &jwt[..jwt.len() - signature.len() - 1];
        let [header, payload, signature] = [header, payload, signature].map(from_base64url);
        let header = header.as_ref().and_then(SecretBytes::as_str).and_then(Object::parse);
        let header = header.ok_or("its header is no JSON object in base64url")?;
        let (algorithm, kid) = read_header(&header)?;
        let claims = payload.as_ref().and_then(SecretBytes::as_str).and_then(Value::parse_object);
        let claims = claims.ok_or("its payload is no JSON object in base64url whose members are given once")?;
        let signature = signature.ok_or("its signature is no base64url")?;
        Ok(Self { input, signature, algorithm, kid, claims })
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether one of the keys has signed it.
    pub fn verify(&self, keys: &Jwks) -> Result<(), Refused> {
        let mut refused = Refused::NoKey;
        for key in keys.matching(self.algorithm, self.kid.as_ref().map(Secret::as_str)) {
            if key.verifies(self.algorithm, self.input.as_bytes(), &self.signature) {
                return Ok(());
            }
            refused = Refused::Signature;
        }
        Err(refused)
    }
}

/// The algorithm and the key id.
fn read_header(header: &Object<'_>) -> Result<(Algorithm, Option<Secret>), &'static str> {
    if header.has_twice(|_| true) {
        return Err("its header has a member twice");
    }
    if header.0.iter().any(|(name, _)| name == "crit") {
        return Err("its header has critical extensions (crit), which this library does not know");
    }
    let name = text(header, "alg").ok_or("its header names no algorithm")?;
    let algorithm = match name.as_str() {
        "none" => return Err("it is not signed (alg is none)"),
        "HS256" | "HS384" | "HS512" => {
            return Err("it is signed with a shared secret (HMAC), not by a key of the server");
        }
        name => jwks::algorithm(name),
    };
    let kid = match header.get("kid") {
        Some(_) => Some(text(header, "kid").and_then(|kid| Secret::new(kid.as_str())).ok_or("its kid is no text")?),
        None => None,
    };
    Ok((algorithm.ok_or("its algorithm is none of RS256, PS256, ES256, ES384 and EdDSA")?, kid))
}
