//! A public key in PEM: SubjectPublicKeyInfo (RFC 7468 section 13, RFC 5280 section 4.1.2.7).

use crate::protocol::jose::der::{BIT_STRING, Der, OBJECT_IDENTIFIER, SEQUENCE};
use crate::protocol::jose::kinds::{self, EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSA_PSS};
use crate::protocol::jose::pem;
use crate::protocol::jose::public::Public;

const DAMAGED: &str = "is damaged";

/// Reads the first public key of the text; the error says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Public, &'static str> {
    let der = pem::public_key(text)?;
    let (kind, mut parameters, key) = parts(Der(&der)).ok_or(DAMAGED)?;
    match kind {
        EC_PUBLIC_KEY => {
            let curve = parameters.next(OBJECT_IDENTIFIER).and_then(|name| kinds::curve(name.0));
            let curve = curve.ok_or("has a curve other than P-256 and P-384")?;
            match key.len() == 1 + 2 * curve.size() && key.starts_with(&[4]) {
                true => Ok(Public::Ec { curve, point: key.to_vec() }),
                false => Err("has its point in a form other than the uncompressed one"),
            }
        }
        RSA_ENCRYPTION | RSA_PSS => {
            let numbers = |mut outer: Der<'_>| {
                let mut numbers = outer.next(SEQUENCE)?;
                Some((numbers.unsigned()?.to_vec(), numbers.unsigned()?.to_vec()))
            };
            let (modulus, exponent) = numbers(Der(key)).ok_or(DAMAGED)?;
            let public = Public::rsa(&modulus, &exponent)?;
            Ok(if kind == RSA_PSS { public.only_pss() } else { public })
        }
        ED25519 if key.len() == 32 => Ok(Public::Ed25519 { point: key.to_vec() }),
        _ => Err("is of a kind other than EC, RSA and Ed25519"),
    }
}

/// The kind, its parameters, and the key.
fn parts(mut outer: Der<'_>) -> Option<(&[u8], Der<'_>, &[u8])> {
    let mut info = outer.next(SEQUENCE)?;
    let mut algorithm = info.next(SEQUENCE)?;
    let kind = algorithm.next(OBJECT_IDENTIFIER)?.0;
    Some((kind, algorithm, info.next(BIT_STRING)?.0.strip_prefix(&[0])?))
}
