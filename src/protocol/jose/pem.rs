//! A private key in PEM (RFC 7468): PKCS#8, SEC1 or PKCS#1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::SecretBytes;

/// The form of the DER in a PEM block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Pkcs8,
    Sec1,
    Pkcs1,
}

/// The first private key of the text, with its form; parameters and certificates beside it are passed over.
pub fn private_key(text: &str) -> Result<(Form, SecretBytes), &'static str> {
    const ENCRYPTED: &str = "is encrypted: decrypt it first (openssl pkey)";
    for block in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = block.split_once("-----") else { continue };
        let form = match label {
            "PRIVATE KEY" => Form::Pkcs8,
            "EC PRIVATE KEY" => Form::Sec1,
            "RSA PRIVATE KEY" => Form::Pkcs1,
            "ENCRYPTED PRIVATE KEY" => return Err(ENCRYPTED),
            "OPENSSH PRIVATE KEY" => return Err("is in the form of OpenSSH: PKCS#8, SEC1 or PKCS#1 is needed"),
            _ => continue,
        };
        let content = rest.split_once("-----END ").map_or("", |(content, _)| content);
        if content.contains("ENCRYPTED") {
            return Err(ENCRYPTED);
        }
        return decode(content).map(|der| (form, der)).ok_or("is damaged PEM");
    }
    Err("has no private key in PEM")
}

/// The first public key of the text.
pub fn public_key(text: &str) -> Result<SecretBytes, &'static str> {
    let mut blocks = text.split("-----BEGIN ").skip(1);
    let content = blocks.find_map(|block| block.strip_prefix("PUBLIC KEY-----"));
    let content = content.ok_or("has no public key in PEM (\"PUBLIC KEY\": openssl pkey -pubout)")?;
    content.split_once("-----END ").and_then(|(content, _)| decode(content)).ok_or("is damaged PEM")
}

fn decode(content: &str) -> Option<SecretBytes> {
    let mut digits = SecretBytes::with_capacity(content.len());
    content.bytes().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| digits.push(byte));
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=').count();
    let mut der = SecretBytes::from(vec![0; (digits.len() / 4 * 3).checked_sub(padding)?]);
    let length = STANDARD.decode_slice(&digits[..], &mut der).ok()?;
    (length == der.len() && length > 0).then_some(der)
}

/// PKCS#8 as PEM.
pub fn write(pkcs8: &[u8]) -> SecretBytes {
    let mut digits = SecretBytes::from(vec![0; pkcs8.len().div_ceil(3) * 4]);
    STANDARD.encode_slice(pkcs8, &mut digits).expect("there is room for each digit");
    let mut pem = SecretBytes::with_capacity(digits.len() * 2 + 64);
    pem.extend(b"-----BEGIN PRIVATE KEY-----\n");
    digits.chunks(64).for_each(|line| pem.extend_all([line, b"\n"]));
    pem.extend(b"-----END PRIVATE KEY-----\n");
    pem
}
