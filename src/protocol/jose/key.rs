//! A private key that proves who the client is, in memory or behind a function of the program.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};

use crate::error::{Advice, Error, Result, Status};
use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::der::joined_signature;
use crate::protocol::jose::members::Members;
use crate::protocol::jose::pem;
use crate::protocol::jose::private::{self, Pair, Private};
use crate::protocol::jose::public::{Public, text};
use crate::protocol::jose::public_pem;
use crate::protocol::json::{Object, append_string};
use crate::secret::SecretBytes;
use crate::text::{Text, has_control};

/// Makes the signature of a message by this algorithm, outside of the library.
pub type Sign = dyn Fn(Algorithm, &[u8]) -> Result<Vec<u8>> + Send + Sync;

/// A key pair with the algorithm of its signatures.
pub struct Key {
    algorithm: Algorithm,
    public: Public,
    signer: Arc<Signer>,
    kid: Option<Text>,
    public_jwk: Text,
    public_jwks: Text,
    thumbprint: Text,
}

enum Signer {
    Pair(Private),
    /// Made here: its PKCS#8 may be given out.
    Generated(Private, SecretBytes),
    Program(Box<Sign>),
}

impl Key {
    /// A private key in PEM; `algorithm`: as its kind has it.
    pub fn from_pem(text: &str, algorithm: Option<&str>) -> Result<Self> {
        Self::of_pair(private::from_pem(text), None, algorithm, |why| Error::argument("pem", why))
    }

    /// A private JWK, with its `alg` and `kid`.
    pub fn from_jwk(jwk: &str) -> Result<Self> {
        let refuse = |why: &str| Error::argument("jwk", why);
        let jwk = jwk_object(jwk, refuse)?;
        Self::of_pair(private::from_jwk(&jwk), Some(&jwk), None, refuse)
    }

    /// A public key, as JWK or PEM, and a function that has the private part.
    pub fn from_signer(public_key: &str, algorithm: Option<&str>, sign: Box<Sign>) -> Result<Self> {
        let refuse = |why: &str| Error::argument("public_key", why);
        if public_key.contains("-----BEGIN ") {
            let public = public_pem::read(public_key).map_err(refuse)?;
            return Self::of(public, Signer::Program(sign), None, algorithm, refuse);
        }
        let jwk = jwk_object(public_key, refuse)?;
        if jwk.get("d").is_some() {
            return Err(refuse("has a private part, which belongs to the signer"));
        }
        let public = Public::from_jwk(&jwk).map_err(refuse)?;
        Self::of(public, Signer::Program(sign), Some(&jwk), algorithm, refuse)
    }

    /// A new key. RSA keys are not made here.
    pub fn generate(algorithm: Option<&str>) -> Result<Self> {
        let name = algorithm.unwrap_or(Algorithm::Es256.name());
        let failed = |_| Error::new(Status::Internal, "no key could be generated");
        let random = SystemRandom::new();
        let ecdsa = match Algorithm::from_name(name) {
            Some(Algorithm::Es256) => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Some(Algorithm::Es384) => &ECDSA_P384_SHA384_FIXED_SIGNING,
            Some(Algorithm::EdDsa) => return Self::from_pkcs8(ed25519_pkcs8()?),
            Some(_) => return Err(Error::argument("algorithm", "is one of RSA, whose keys are not generated here")),
            None => return Err(Error::argument("algorithm", &unknown())),
        };
        let mut document = EcdsaKeyPair::generate_pkcs8(ecdsa, &random).map_err(failed)?;
        let pkcs8 = SecretBytes::from(document.as_ref().to_vec());
        // Another one takes its place in memory: nothing wipes it.
        if let Ok(other) = EcdsaKeyPair::generate_pkcs8(ecdsa, &random) {
            document = other;
        }
        black_box(&document);
        Self::from_pkcs8(pkcs8)
    }

    /// A key that was generated here, as [`Self::pkcs8`] gave it.
    pub fn from_pkcs8(pkcs8: SecretBytes) -> Result<Self> {
        let (pair, public) = private::from_pkcs8(&pkcs8).map_err(|why| Error::argument("key", why))?;
        let (algorithm, kid) = (public.usual_algorithm(), Text::lossy(&public.thumbprint()));
        Ok(Self::named(algorithm, public, Arc::new(Signer::Generated(pair, pkcs8)), Some(kid)))
    }

    fn of_pair(
        pair: Pair,
        jwk: Option<&Object<'_>>,
        algorithm: Option<&str>,
        refuse: impl Fn(&str) -> Error,
    ) -> Result<Self> {
        let (pair, public) = pair.map_err(&refuse)?;
        Self::of(public, Signer::Pair(pair), jwk, algorithm, refuse)
    }

    fn of(
        public: Public,
        signer: Signer,
        jwk: Option<&Object<'_>>,
        algorithm: Option<&str>,
        refuse: impl Fn(&str) -> Error,
    ) -> Result<Self> {
        let member = |name: &str| jwk.and_then(|jwk| text(jwk, name));
        if member("use").is_some_and(|usage| usage.as_str() != "sig") {
            return Err(refuse("is not for signatures, says its member use"));
        }
        let own = member("alg");
        let asked =
            algorithm.map(|name| Algorithm::from_name(name).ok_or_else(|| Error::argument("algorithm", &unknown())));
        let own = own
            .map(|name| Algorithm::from_name(name.as_str()).ok_or_else(|| refuse("has an alg that is not supported")));
        let algorithm = match (asked.transpose()?, own.transpose()?) {
            (Some(asked), Some(own)) if asked != own => {
                return Err(Error::argument("algorithm", "is not that of the key"));
            }
            (Some(algorithm), _) | (None, Some(algorithm)) => algorithm,
            (None, None) => public.usual_algorithm(),
        };
        if !public.fits(algorithm) {
            return Err(Error::argument("algorithm", "does not fit the kind of the key"));
        }
        let kid = checked_kid(member("kid").as_ref().map(|kid| kid.as_str()))?;
        Ok(Self::named(algorithm, public, Arc::new(signer), kid))
    }

    /// The same key under another `kid`; `None`: without one.
    pub fn with_kid(&self, kid: Option<&str>) -> Result<Self> {
        checked_kid(kid).map(|kid| Self::named(self.algorithm, self.public.clone(), self.signer.clone(), kid))
    }

    fn named(algorithm: Algorithm, public: Public, signer: Arc<Signer>, kid: Option<Text>) -> Self {
        let mut jwk = SecretBytes::default();
        let required = public.to_jwk();
        jwk.extend_all([
            required.trim_end_matches('}').as_bytes(),
            br#","alg":""#,
            algorithm.name().as_bytes(),
            br#"","use":"sig""#,
        ]);
        if let Some(kid) = &kid {
            jwk.extend(br#","kid":"#);
            append_string(&mut jwk, kid.as_str());
        }
        jwk.push(b'}');
        let jwk = jwk.as_str().unwrap_or_default();
        Self {
            algorithm,
            public_jwk: Text::lossy(jwk),
            public_jwks: Text::lossy(&format!(r#"{{"keys":[{jwk}]}}"#)),
            thumbprint: Text::lossy(&public.thumbprint()),
            public,
            signer,
            kid,
        }
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether a function of the program signs.
    pub fn is_elsewhere(&self) -> bool {
        matches!(&*self.signer, Signer::Program(_))
    }

    pub fn public(&self) -> &Public {
        &self.public
    }

    pub fn kid(&self) -> Option<&Text> {
        self.kid.as_ref()
    }

    /// The public key with `alg`, `use` and `kid`.
    pub fn public_jwk(&self) -> &Text {
        &self.public_jwk
    }

    /// The same in a JWKS.
    pub fn public_jwks(&self) -> &Text {
        &self.public_jwks
    }

    /// The SHA-256 thumbprint (RFC 7638).
    pub fn thumbprint(&self) -> &Text {
        &self.thumbprint
    }

    /// A header of this type that names the key by its `kid`.
    pub fn header(&self, typ: &str) -> Members {
        let header = Members::new().text("typ", typ);
        match &self.kid {
            Some(kid) => header.text("kid", kid.as_str()),
            None => header,
        }
    }

    /// The PKCS#8 of a key that was generated here.
    pub fn pkcs8(&self) -> Option<&SecretBytes> {
        match &*self.signer {
            Signer::Generated(_, pkcs8) => Some(pkcs8),
            _ => None,
        }
    }

    /// The PEM of a key that was generated here.
    pub fn to_pem(&self) -> Option<SecretBytes> {
        self.pkcs8().map(|pkcs8| pem::write(pkcs8))
    }

    /// Whether the key makes signatures by this algorithm: a private RSA key by both of RSA, and a function of the program
    /// only by its own.
    pub fn signs_by(&self, algorithm: Algorithm) -> bool {
        match &*self.signer {
            Signer::Program(_) => algorithm == self.algorithm,
            _ => self.public.fits(algorithm),
        }
    }

    /// The signature as JWS has it: of ECDSA, both numbers in fields of the same length.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.sign_by(self.algorithm, message)
    }

    /// The same by an algorithm of [`Self::signs_by`].
    pub fn sign_by(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>> {
        let failed = || Error::new(Status::Internal, "the signature could not be made");
        match &*self.signer {
            Signer::Pair(pair) | Signer::Generated(pair, _) => sign(pair, algorithm, message).ok_or_else(failed),
            Signer::Program(sign) => self.checked(sign(self.algorithm, message)?, message),
        }
    }

    /// A signature of the program's function, which may be DER if it is one of ECDSA.
    fn checked(&self, mut signature: Vec<u8>, message: &[u8]) -> Result<Vec<u8>> {
        let length = self.public.signature_length();
        if let Public::Ec { curve, .. } = &self.public
            && signature.len() != length
            && let Some(joined) = joined_signature(&signature, curve.size())
        {
            signature = joined;
        }
        let refuse = |why: &str| {
            let error = Error::new(Status::Callback, &format!("the signer's function {why}"));
            Err(error.with_advice(Advice::FixConfig))
        };
        if signature.len() != length {
            return refuse(&format!("gave {} bytes, and {} takes {length}", signature.len(), self.algorithm.name()));
        }
        match self.public.verifies(self.algorithm, message, &signature) {
            true => Ok(signature),
            false => refuse("gave a signature that the public key does not verify"),
        }
    }
}

fn sign(pair: &Private, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    match pair {
        Private::Ecdsa(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
        Private::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
        Private::Rsa(pair) => {
            let mut signature = vec![0; pair.public().modulus_len()];
            let padding: &dyn ring::signature::RsaEncoding = match algorithm {
                Algorithm::Ps256 => &RSA_PSS_SHA256,
                _ => &RSA_PKCS1_SHA256,
            };
            pair.sign(padding, &random, message, &mut signature).ok()?;
            Some(signature)
        }
    }
}

fn jwk_object(jwk: &str, refuse: impl Fn(&str) -> Error) -> Result<Object<'_>> {
    let object = Object::parse(jwk).ok_or_else(|| refuse("is no JSON object"))?;
    if object.has_twice(|_| true) {
        return Err(refuse("has a member twice"));
    }
    Ok(object)
}

fn checked_kid(kid: Option<&str>) -> Result<Option<Text>> {
    match kid {
        Some(kid) if kid.is_empty() || has_control(kid) => {
            Err(Error::argument("kid", "is empty, or has a control character"))
        }
        kid => Ok(kid.map(Text::lossy)),
    }
}

fn unknown() -> String {
    let names: Vec<_> = Algorithm::ALL.into_iter().map(Algorithm::name).collect();
    format!("is none of {}", names.join(", "))
}

/// A new Ed25519 key in the first version of PKCS#8, which every tool reads (RFC 8410 section 7).
fn ed25519_pkcs8() -> Result<SecretBytes> {
    const PREFIX: [u8; 16] = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
    let mut seed = SecretBytes::from(vec![0; 32]);
    SystemRandom::new().fill(&mut seed).map_err(Error::no_randomness)?;
    let mut pkcs8 = SecretBytes::with_capacity(48);
    pkcs8.extend_all([&PREFIX, &seed]);
    Ok(pkcs8)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::{base64url, from_base64url};

    /// RFC 8037 appendix A.
    #[test]
    fn the_signature_of_the_rfc() {
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let signature =
            Key::from_jwk(jwk).and_then(|key| key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"));
        let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(base64url(&signature.expect("a signature")), expected);
    }

    /// A signer may give DER, as OpenSSL does.
    #[test]
    fn a_signer_gives_both_forms_of_ecdsa() {
        let own = Arc::new(Key::generate(Some("ES384")).expect("a key"));
        let as_der = |joined: &[u8]| {
            let number = |digits: &[u8]| [&[2, 49, 0], digits].concat();
            let numbers = joined.chunks(48).map(number).collect::<Vec<_>>().concat();
            [&[0x30, 102], &numbers[..]].concat()
        };
        for is_der in [false, true] {
            let signer = own.clone();
            let sign = move |_: Algorithm, message: &[u8]| {
                signer.sign(message).map(|joined| if is_der { as_der(&joined) } else { joined })
            };
            let key = Key::from_signer(own.public_jwk().as_str(), None, Box::new(sign)).expect("a key");
            let signature = key.sign(b"message").expect("a signature");
            assert!(own.public().verifies(Algorithm::Es384, b"message", &signature), "DER: {is_der}");
            assert!(!own.public().verifies(Algorithm::Es384, b"massage", &signature), "DER: {is_der}");
        }
    }

    #[test]
    fn base64url_is_exact() {
        assert_eq!(from_base64url("AQAB").as_deref(), Some(&[1, 0, 1][..]));
        for bad in ["AQAB=", "AQA B", "A", "AB", "AQAB+"] {
            assert!(from_base64url(bad).is_none(), "{bad}");
        }
    }
}
