//! Keys made by others, read; and what they sign, checked by others.

use std::path::Path;
use std::process::{Command, Stdio};

use oauthclient::protocol::jose::jws::signed;
use oauthclient::protocol::jose::key::Key;
use oauthclient::protocol::jose::members::Members;
use serde_json::{Value, json};

use super::*;

/// Keys by the names of their files, and an algorithm: `None` is as the key says.
const KEYS: [(&str, Option<&str>); 16] = [
    ("rsa2048.pem", None),
    ("rsa2048.pem", Some("PS256")),
    ("rsa2048.pkcs1.pem", Some("RS256")),
    ("rsa3072.pem", None),
    ("rsa3072.pkcs1.pem", Some("PS256")),
    ("p256.pem", None),
    ("p256.sec1.pem", None),
    ("p384.pem", None),
    ("p384.sec1.pem", None),
    ("ed25519.pem", None),
    ("client.key", None),
    ("RS256.jwk", None),
    ("PS256.jwk", None),
    ("ES256.jwk", None),
    ("ES384.jwk", None),
    ("EdDSA.jwk", None),
];

pub fn key(interop: &Interop, name: &str, algorithm: Option<&str>) -> Key {
    let text = interop.read(name);
    let key = if name.ends_with(".jwk") { Key::from_jwk(&text) } else { Key::from_pem(&text, algorithm) };
    key.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn checked(interop: &Interop, key: &Key, name: &str) -> Value {
    let claims = Members::new().text("sub", name).number("iat", 1_700_000_000);
    let jws = signed(key, key.header("test+jwt"), claims).expect(name);
    let (header, claims) = jose::verify(interop, jws.as_str(), Some(key.public_jwk().as_str())).expect(name);
    assert_eq!(claims, json!({ "sub": name, "iat": 1_700_000_000 }), "{name}");
    assert_eq!(
        (header["alg"].as_str(), header["typ"].as_str()),
        (Some(key.algorithm().name()), Some("test+jwt")),
        "{name}"
    );
    header
}

#[test]
fn keys_of_openssl_and_jose_are_read_and_jose_verifies_what_they_sign() {
    let Some(interop) = interop() else { return };
    for (name, algorithm) in KEYS {
        let key = key(interop, name, algorithm);
        let of_others = jose::public_jwk(interop, name);
        assert_eq!(key.thumbprint().as_str(), of_others["kid"], "{name}");
        let header = checked(interop, &key, name);
        let kid = name.strip_suffix(".jwk").map(|algorithm| format!("jose {algorithm}"));
        assert_eq!(header["kid"].as_str(), kid.as_deref(), "{name}");
    }
}

#[test]
fn jose_reads_the_keys_that_are_generated() {
    let Some(interop) = interop() else { return };
    for algorithm in ["ES256", "ES384", "EdDSA"] {
        let key = Key::generate(Some(algorithm)).expect(algorithm);
        assert_eq!(checked(interop, &key, algorithm)["kid"], key.thumbprint().as_str());
        // and OpenSSL what is kept of them
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(&file, &*key.to_pem().expect("it was generated")).expect("written");
        openssl(&["pkey", "-check", "-noout", "-in"], file.path());
    }
}

fn openssl(arguments: &[&str], file: &Path) -> String {
    let mut openssl = Command::new("openssl");
    let output = openssl.args(arguments).arg(file).stdin(Stdio::null()).output().expect("OpenSSL runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("PEM is ASCII")
}

/// The error names the command that makes a good key of a bad one.
#[test]
fn keys_that_cannot_be_used_are_refused_by_name() {
    let Some(interop) = interop() else { return };
    for (name, why, then) in [
        ("rsa1024.pem", "2,048", None),
        ("p521.pem", "of a kind other", None),
        ("encrypted.pem", "openssl pkey", Some(&["pkey", "-passin", "pass:opensesame", "-in"][..])),
        ("half.pem", "openssl ec", Some(&["ec", "-in"][..])),
    ] {
        let error = failure(Key::from_pem(&interop.read(name), None));
        assert!(error.message.as_str().contains(why), "{name}: {error}");
        if let Some(then) = then {
            Key::from_pem(&openssl(then, &interop.file(name)), None).expect(name);
        }
    }
}
