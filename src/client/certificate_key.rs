//! A key as TLS takes it, for the client's certificate.

use std::sync::Arc;

use rustls::pki_types::{SubjectPublicKeyInfoDer, alg_id};
use rustls::sign::{Signer, SigningKey, public_key_to_spki};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::der::{SEQUENCE, element, signature, unsigned};
use crate::protocol::jose::key::Key;
use crate::protocol::jose::public::{Curve, Public};

/// Signs handshakes.
#[derive(Clone, Debug)]
pub struct CertificateKey(pub Arc<Key>);

impl CertificateKey {
    /// The first private key of a PEM text; the error is the end of a sentence.
    pub fn from_pem(text: &str) -> Result<Arc<dyn SigningKey>, String> {
        match Key::from_pem(text, None) {
            Ok(key) => Ok(Arc::new(Self(Arc::new(key)))),
            Err(why) => Err(why.message.as_str().trim_start_matches("pem ").to_owned()),
        }
    }
}

/// The schemes of TLS (RFC 8446 section 4.2.3); TLS 1.3 has the second one no more.
const SCHEMES: [(Algorithm, SignatureScheme); 5] = [
    (Algorithm::Ps256, SignatureScheme::RSA_PSS_SHA256),
    (Algorithm::Rs256, SignatureScheme::RSA_PKCS1_SHA256),
    (Algorithm::Es256, SignatureScheme::ECDSA_NISTP256_SHA256),
    (Algorithm::Es384, SignatureScheme::ECDSA_NISTP384_SHA384),
    (Algorithm::EdDsa, SignatureScheme::ED25519),
];

impl SigningKey for CertificateKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let mut usable =
            SCHEMES.iter().filter(|(algorithm, scheme)| self.0.signs_by(*algorithm) && offered.contains(scheme));
        let (algorithm, scheme) = *usable.next()?;
        Some(Box::new(Chosen { key: self.0.clone(), algorithm, scheme }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(match self.0.public() {
            Public::Ec { curve: Curve::P256, point } => public_key_to_spki(&alg_id::ECDSA_P256, point),
            Public::Ec { curve: Curve::P384, point } => public_key_to_spki(&alg_id::ECDSA_P384, point),
            Public::Rsa { modulus, exponent, .. } => {
                let numbers = element(SEQUENCE, &[&unsigned(modulus), &unsigned(exponent)]);
                public_key_to_spki(&alg_id::RSA_ENCRYPTION, numbers)
            }
            Public::Ed25519 { point } => public_key_to_spki(&alg_id::ED25519, point),
        })
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.public() {
            Public::Ec { .. } => SignatureAlgorithm::ECDSA,
            Public::Rsa { .. } => SignatureAlgorithm::RSA,
            Public::Ed25519 { .. } => SignatureAlgorithm::ED25519,
        }
    }
}

/// The key with a scheme that the server takes.
#[derive(Debug)]
struct Chosen {
    key: Arc<Key>,
    algorithm: Algorithm,
    scheme: SignatureScheme,
}

impl Signer for Chosen {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signed = self.key.sign_by(self.algorithm, message);
        let signed = signed.map_err(|why| Error::General(format!("the key of the client certificate: {why}")))?;
        Ok(match self.key.public() {
            Public::Ec { .. } => signature(&signed),
            _ => signed,
        })
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
