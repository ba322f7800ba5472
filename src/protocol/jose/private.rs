//! Private keys as they come: PKCS#8 (RFC 5958), SEC1 (RFC 5915), PKCS#1 (RFC 8017), JWK (RFC 7518 section 6).

use std::hint::black_box;

use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};

use crate::protocol::jose::der::{BIT_STRING, Der, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, context};
use crate::protocol::jose::kinds::{self, EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSA_PSS};
use crate::protocol::jose::pem::{self, Form};
use crate::protocol::jose::public::{Curve, Public, member};
use crate::protocol::json::Object;

/// The base point of P-256, which is the public key of 1 (SEC 2 section 2.4.2).
const GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

const DAMAGED: &str = "is damaged";
const INCONSISTENT: &str = "is damaged: its parts do not fit each other";
const UNKNOWN: &str = "is of a kind other than P-256, P-384, RSA and Ed25519";

/// What makes signatures.
pub(super) enum Private {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Drop for Private {
    /// Puts a key that everybody knows in the place of this one: its numbers belong to the cryptography library, which does not
    /// wipe them. Those of an RSA key are out of reach.
    fn drop(&mut self) {
        match self {
            Self::Ecdsa(pair) => {
                let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let mut one = [0; 32];
                one[31] = 1;
                let known =
                    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &one, &GENERATOR, &SystemRandom::new());
                known.into_iter().for_each(|known| *pair = known);
            }
            Self::Ed25519(pair) => {
                Ed25519KeyPair::from_seed_unchecked(&[0; 32]).into_iter().for_each(|known| *pair = known);
            }
            Self::Rsa(_) => {}
        }
        black_box(self); // or the compiler leaves out what nobody reads
    }
}

/// A private key and its public half; the error says what is wrong with the text.
pub(super) type Pair = Result<(Private, Public), &'static str>;

pub(super) fn from_pem(text: &str) -> Pair {
    let (form, der) = pem::private_key(text)?;
    match form {
        Form::Pkcs8 => from_pkcs8(&der),
        Form::Sec1 => from_sec1(Der(&der), None),
        Form::Pkcs1 => from_pkcs1(Der(&der)),
    }
}

pub(super) fn from_pkcs8(der: &[u8]) -> Pair {
    let (kind, mut parameters, mut key) = pkcs8_parts(Der(der)).ok_or(DAMAGED)?;
    match kind {
        EC_PUBLIC_KEY => from_sec1(key, Some(parameters.next(OBJECT_IDENTIFIER).ok_or(DAMAGED)?.0)),
        RSA_ENCRYPTION => from_pkcs1(key),
        RSA_PSS => from_pkcs1(key).map(|(private, public)| (private, public.only_pss())),
        ED25519 => from_seed(key.next(OCTET_STRING).ok_or(DAMAGED)?.0),
        _ => Err(UNKNOWN),
    }
}

/// The kind of the key, the parameters of the kind, and the key.
fn pkcs8_parts(mut outer: Der<'_>) -> Option<(&[u8], Der<'_>, Der<'_>)> {
    let mut info = outer.next(SEQUENCE)?;
    info.next(INTEGER)?;
    let mut algorithm = info.next(SEQUENCE)?;
    Some((algorithm.next(OBJECT_IDENTIFIER)?.0, algorithm, info.next(OCTET_STRING)?))
}

/// `curve` is that of the PKCS#8 around it, or else it is in the key.
fn from_sec1(mut outer: Der<'_>, curve: Option<&[u8]>) -> Pair {
    let mut key = outer.next(SEQUENCE).ok_or(DAMAGED)?;
    key.next(INTEGER).ok_or(DAMAGED)?;
    let scalar = key.next(OCTET_STRING).ok_or(DAMAGED)?.0;
    let own = key.next(context(0)).and_then(|mut own| own.next(OBJECT_IDENTIFIER));
    let curve = curve.or(own.map(|own| own.0)).and_then(kinds::curve).ok_or(UNKNOWN)?;
    let point =
        key.next(context(1)).and_then(|mut point| point.next(BIT_STRING)).and_then(|bits| bits.0.strip_prefix(&[0]));
    match point {
        Some(point) if point.len() == 1 + 2 * curve.size() => from_scalar(curve, scalar, point.to_vec()),
        Some(_) => Err("has its public key in a form other than the uncompressed one"),
        None => Err("lacks its public key, which is needed (openssl ec writes it)"),
    }
}

fn from_scalar(curve: Curve, scalar: &[u8], point: Vec<u8>) -> Pair {
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, &point, &SystemRandom::new());
    Ok((Private::Ecdsa(pair.map_err(|_| INCONSISTENT)?), Public::Ec { curve, point }))
}

pub(super) fn from_seed(seed: &[u8]) -> Pair {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| DAMAGED)?;
    let point = pair.public_key().as_ref().to_vec();
    Ok((Private::Ed25519(pair), Public::Ed25519 { point }))
}

fn from_pkcs1(mut outer: Der<'_>) -> Pair {
    let mut key = outer.next(SEQUENCE).ok_or(DAMAGED)?;
    let mut next = || key.unsigned().ok_or(DAMAGED);
    if !next()?.is_empty() {
        return Err("is an RSA key of more than two primes");
    }
    let public_key = PublicKeyComponents { n: next()?, e: next()? };
    let (d, p, q, d_p, d_q, q_inv) = (next()?, next()?, next()?, next()?, next()?, next()?);
    from_components(KeyPairComponents { public_key, d, p, q, dP: d_p, dQ: d_q, qInv: q_inv })
}

fn from_components(components: KeyPairComponents<&[u8]>) -> Pair {
    let PublicKeyComponents { n, e } = components.public_key;
    let public = Public::rsa(n, e)?;
    let pair = RsaKeyPair::from_components(&components).map_err(|_| INCONSISTENT)?;
    // Whether all parts fit each other, only a signature tells.
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"", &mut signature).map_err(|_| INCONSISTENT)?;
    Ok((Private::Rsa(pair), public))
}

pub(super) fn from_jwk(jwk: &Object<'_>) -> Pair {
    const NOT_PRIVATE: &str = "has no private part: a private key is needed";
    const NEEDED: &str = "lacks a member of its private key, or has a damaged one";
    let number = |name: &str| member(jwk, name).ok_or(NEEDED);
    let public = Public::from_jwk(jwk)?;
    jwk.get("d").ok_or(NOT_PRIVATE)?;
    let d = number("d")?;
    match public {
        Public::Ec { curve, point } => from_scalar(curve, &d, point),
        Public::Ed25519 { point } => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(&d, &point).map_err(|_| INCONSISTENT)?;
            Ok((Private::Ed25519(pair), Public::Ed25519 { point }))
        }
        Public::Rsa { modulus, exponent, .. } if jwk.get("oth").is_none() => {
            let (p, q, d_p, d_q, q_inv) = (number("p")?, number("q")?, number("dp")?, number("dq")?, number("qi")?);
            let public_key = PublicKeyComponents { n: &modulus[..], e: &exponent[..] };
            from_components(KeyPairComponents { public_key, d: &d, p: &p, q: &q, dP: &d_p, dQ: &d_q, qInv: &q_inv })
        }
        Public::Rsa { .. } => Err("is an RSA key of more than two primes"),
    }
}
