//! Any text is a private key in PEM or JWK, a public one, or neither; what is read signs, its public half verifies that, is read
//! back as the same key, and has no private part.

use oauthclient::error::{Error, Status};
use oauthclient::protocol::jose::algorithm::Algorithm;
use oauthclient::protocol::jose::key::Key;

use crate::checks;

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for read in [Key::from_pem(text, None), Key::from_pem(text, Some("PS256")), Key::from_jwk(text)] {
        match read {
            Ok(key) => pair(&key),
            Err(error) => checks::error(&error),
        }
    }
    let never = |_: Algorithm, _: &[u8]| Err(Error::new(Status::Callback, "never"));
    match Key::from_signer(text, None, Box::new(never)) {
        Ok(key) => {
            public(&key);
            assert!(key.sign(b"message").is_err());
        }
        Err(error) => checks::error(&error),
    }
}

fn pair(key: &Key) {
    public(key);
    let signature = key.sign(b"message").expect("a pair signs");
    assert!(key.public().verifies(key.algorithm(), b"message", &signature));
    assert!(key.pkcs8().is_none(), "it was not generated");
}

fn public(key: &Key) {
    let jwk = key.public_jwk().as_str();
    let never = |_: Algorithm, _: &[u8]| Err(Error::new(Status::Callback, "never"));
    let back = Key::from_signer(jwk, None, Box::new(never)).expect("our own JWK");
    assert_eq!((back.thumbprint().as_str(), back.algorithm()), (key.thumbprint().as_str(), key.algorithm()));
    assert_eq!(back.public_jwk().as_str(), jwk);
    assert_eq!(key.thumbprint().as_str().len(), 43);
    assert!(Key::from_jwk(jwk).is_err(), "it has a private part");
}
