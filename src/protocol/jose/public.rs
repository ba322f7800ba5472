//! Public keys as JWK (RFC 7517, 7518 section 6, 8037 section 2), and what they verify.

use ring::digest::{SHA256, digest};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::der::without_zeros;
use crate::protocol::jose::{base64url, from_base64url};
use crate::protocol::json::{Object, decode_string};

/// The curve of an EC key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    P256,
    P384,
}

impl Curve {
    fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// How many bytes a coordinate has.
    pub fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
        }
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Public {
    /// The point as SEC1 writes it, not compressed: 4, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    /// Without leading zeros. `pss`: it says that it signs so alone (RFC 4055 section 1.2).
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
        pss: bool,
    },
    Ed25519 {
        point: Vec<u8>,
    },
}

/// A member of a JWK whose value is base64url.
pub(super) fn member(jwk: &Object<'_>, name: &str) -> Option<crate::secret::SecretBytes> {
    from_base64url(decode_string(jwk.get(name)?)?.as_str())
}

/// A member of a JWK whose value is a string.
pub(super) fn text<'a>(jwk: &Object<'a>, name: &str) -> Option<crate::protocol::json::Decoded<'a>> {
    decode_string(jwk.get(name)?)
}

impl Public {
    /// Reads the public members of a JWK; the error says what is wrong with it.
    pub fn from_jwk(jwk: &Object<'_>) -> Result<Self, &'static str> {
        let is = |name: &str, value: &str| text(jwk, name).is_some_and(|found| found.as_str() == value);
        let number = |name: &str| member(jwk, name).ok_or("lacks a member of its public key, or has a damaged one");
        if is("kty", "EC") {
            let curve = [Curve::P256, Curve::P384].into_iter().find(|curve| is("crv", curve.name()));
            let curve = curve.ok_or("has a curve other than P-256 and P-384")?;
            let (x, y) = (number("x")?, number("y")?);
            if x.len() != curve.size() || y.len() != curve.size() {
                return Err("has a coordinate of the wrong length");
            }
            Ok(Self::Ec { curve, point: [&[4], &x[..], &y[..]].concat() })
        } else if is("kty", "RSA") {
            let (modulus, exponent) = (number("n")?, number("e")?);
            Self::rsa(&modulus, &exponent)
        } else if is("kty", "OKP") && is("crv", "Ed25519") {
            let point = number("x")?.to_vec();
            if point.len() == 32 { Ok(Self::Ed25519 { point }) } else { Err("has a coordinate of the wrong length") }
        } else {
            Err("is of a kind other than EC, RSA and Ed25519")
        }
    }

    /// An RSA key, if it is neither too short nor too long.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, &'static str> {
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        match modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize) {
            ..2048 => Err("is an RSA key of fewer than 2,048 bits"),
            4097.. => Err("is an RSA key of more than 4,096 bits"),
            _ => Ok(Self::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec(), pss: false }),
        }
    }

    /// The same RSA key, of the kind that signs with PSS alone.
    pub(super) fn only_pss(self) -> Self {
        match self {
            Self::Rsa { modulus, exponent, .. } => Self::Rsa { modulus, exponent, pss: true },
            other => other,
        }
    }

    /// Whether the key makes signatures by this algorithm.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Ec { curve, .. } => curve.algorithm() == algorithm,
            Self::Rsa { pss, .. } => algorithm == Algorithm::Ps256 || algorithm == Algorithm::Rs256 && !pss,
            Self::Ed25519 { .. } => algorithm == Algorithm::EdDsa,
        }
    }

    /// The algorithm of a key that does not say which; RSA keys have two.
    pub fn usual_algorithm(&self) -> Algorithm {
        match self {
            Self::Ec { curve, .. } => curve.algorithm(),
            Self::Rsa { pss: true, .. } => Algorithm::Ps256,
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::Ed25519 { .. } => Algorithm::EdDsa,
        }
    }

    /// How many bytes its signatures have.
    pub fn signature_length(&self) -> usize {
        match self {
            Self::Ec { curve, .. } => 2 * curve.size(),
            Self::Rsa { modulus, .. } => modulus.len(),
            Self::Ed25519 { .. } => 64,
        }
    }

    /// Whether the signature is one of this message by this key; not if the algorithm does not fit.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let verified = match self {
            Self::Ec { curve: Curve::P256, point } => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::Ec { curve: Curve::P384, point } => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature)
            }
            Self::Ed25519 { point } => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
            Self::Rsa { modulus: n, exponent: e, .. } => {
                let parameters = match algorithm {
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    _ => &RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
        };
        verified.is_ok()
    }

    /// The required members in the order of RFC 7638 section 3.2, without white space.
    pub fn to_jwk(&self) -> String {
        match self {
            Self::Ec { curve, point } => {
                let (x, y) = point[1..].split_at(curve.size());
                let (x, y) = (base64url(x), base64url(y));
                format!(r#"{{"crv":"{}","kty":"EC","x":"{x}","y":"{y}"}}"#, curve.name())
            }
            Self::Rsa { modulus, exponent, .. } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url(exponent), base64url(modulus))
            }
            Self::Ed25519 { point } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(point)),
        }
    }

    /// The SHA-256 thumbprint (RFC 7638).
    pub fn thumbprint(&self) -> String {
        base64url(digest(&SHA256, self.to_jwk().as_bytes()).as_ref())
    }
}
