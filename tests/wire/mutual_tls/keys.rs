//! Keys of the program that sign handshakes, from PEM and behind a function.

use super::*;

/// A key that signs with a key of PEM, as if that were in an HSM.
fn signer(pem: &str, algorithm: Option<&str>, public_jwk: &str) -> Key {
    let inside = Key::from_pem(pem, algorithm).expect("a key");
    let sign = move |asked, message: &[u8]| {
        assert_eq!(asked, inside.algorithm());
        inside.sign(message)
    };
    Key::from_signer(public_jwk, algorithm, Box::new(sign)).expect("a key")
}

/// The RSA key of the C tests: none is made here.
fn rsa_pem() -> String {
    let (_, text) = include_str!("../../c/api_keys.h").split_once("#define RSA_PKCS8 \\\n").expect("a key");
    let lines = text.lines().map_while(|line| line.trim().trim_end_matches('\\').trim().strip_prefix('"'));
    lines.map(|line| line.trim_end_matches('"').replace("\\n", "\n")).collect()
}

fn new_pem(algorithm: &str) -> String {
    let pem = Key::generate(Some(algorithm)).expect("a key").to_pem().expect("of a generated one");
    pem.as_str().expect("text").to_owned()
}

/// Keys of each kind, from PEM and behind a function, with what TLS makes of their algorithms.
#[test]
fn a_key_of_the_program_signs_handshakes() {
    let clients = Authority::new();
    for (key_pem, algorithm, in_tls_1_3) in [
        (new_pem("ES256"), None, true),
        (new_pem("ES384"), None, true),
        (new_pem("EdDSA"), None, true),
        (rsa_pem(), Some("PS256"), true),
        (rsa_pem(), Some("RS256"), false),
    ] {
        let pem = Pem::new(&(clients.client_certificate_of(&key_pem), String::new()));
        let own = Key::from_pem(&key_pem, algorithm).expect("a key");
        let outside = signer(&key_pem, algorithm, own.public_jwk().as_str());
        for (key, is_outside) in [(Arc::new(own), false), (Arc::new(outside), true)] {
            for version in VERSIONS {
                let server = server(Some(&clients), version);
                let mut settings = settings(&server, &pem);
                settings.client_certificate = Some((pem.name(), Some(key.clone())));
                // A function that signs with RS256 alone can do nothing for TLS 1.3.
                if is_outside && !in_tls_1_3 && version == &TLS13 {
                    refused(&client_of(&settings), "it takes no signature of its key");
                    continue;
                }
                refreshed(&client_of(&settings));
                assert!(shown(&server)[0].is_some(), "{algorithm:?}");
            }
        }
    }
}

#[test]
fn a_signer_that_fails_is_told() {
    let clients = Authority::new();
    let (certificate, key_pem) = clients.client_pem();
    let pem = Pem::new(&(certificate, String::new()));
    let jwk = Key::from_pem(&key_pem, None).expect("a key").public_jwk().clone();
    let failing: Box<Sign> = Box::new(|_, _| Err(Error::new(Status::Callback, "the token is not plugged in")));
    let other = Key::generate(None).expect("a key");
    let wrong: Box<Sign> = Box::new(move |_, message| other.sign(message));
    for (sign, words) in [
        (failing, "the token is not plugged in"),
        (wrong, "the signer's function gave a signature that the public key does not verify"),
    ] {
        let server = server(Some(&clients), &TLS13);
        let mut settings = settings(&server, &pem);
        let key = Key::from_signer(jwk.as_str(), None, sign).expect("a key");
        settings.client_certificate = Some((pem.name(), Some(Arc::new(key))));
        refused(&client_of(&settings), &format!("the key of the client certificate: {words}"));
    }
}
