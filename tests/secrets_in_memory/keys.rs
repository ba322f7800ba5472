//! Keys: what was read, and what signatures are made with.

use oauthclient::protocol::jose::key::Key;

use crate::leaves_nothing;
use crate::planted::{KEY_D, KEY_PEM};

#[test]
fn a_key_that_is_freed_leaves_nothing() {
    leaves_nothing("PEM", || {
        let key = Key::from_pem(KEY_PEM, None).expect("a key");
        assert!(key.sign(b"message").is_ok());
    });
    let x = Key::from_pem(KEY_PEM, None).expect("a key").public_jwk().as_str().to_owned();
    let jwk = x.replace("\"alg\"", &format!("\"d\":\"{KEY_D}\",\"alg\""));
    leaves_nothing("JWK", || {
        let key = Key::from_jwk(&jwk).expect("a key");
        assert!(key.sign(b"message").is_ok());
    });
    let wrong = jwk.replace("\"x\":\"", "\"x\":\"A");
    leaves_nothing("a JWK that is refused", || assert!(Key::from_jwk(&wrong).is_err()));
}
