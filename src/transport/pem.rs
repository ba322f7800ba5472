//! Certificates and private keys in PEM (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
#[cfg(feature = "redis")]
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

use crate::secret::SecretBytes;

/// The certificates in a PEM text (RFC 7468), decoded. One without an end does not spoil the next.
pub fn certificates(text: &str) -> impl Iterator<Item = Result<Vec<u8>, &'static str>> {
    const LABELS: [&str; 2] = ["CERTIFICATE-----", "TRUSTED CERTIFICATE-----"];
    let of_certificate = |block: &'_ str| LABELS.iter().find_map(|label| Some(block.strip_prefix(label)?.len()));
    text.split("-----BEGIN ").skip(1).filter_map(move |block| {
        let content = &block[block.len() - of_certificate(block)?..];
        Some(decode(content).map(|der| der.to_vec()).ok_or("is damaged PEM"))
    })
}

/// Uses the first private key in a PEM text. `None` if there is none, or it is encrypted.
#[cfg(feature = "redis")]
pub fn with_private_key<T>(text: &str, work: impl FnOnce(&PrivateKeyDer<'_>) -> T) -> Option<T> {
    let mut blocks = text.split("-----BEGIN ").skip(1).filter_map(|block| block.split_once("PRIVATE KEY-----"));
    let (kind, content) = blocks.find(|(kind, _)| matches!(*kind, "" | "EC " | "RSA "))?;
    let der = decode(content)?;
    let der = &der[..];
    Some(work(&match kind {
        "" => PrivatePkcs8KeyDer::from(der).into(),
        "EC " => PrivateSec1KeyDer::from(der).into(),
        _ => PrivatePkcs1KeyDer::from(der).into(),
    }))
}

/// What stands before the end of a block.
fn decode(content: &str) -> Option<SecretBytes> {
    let (content, _) = content.split_once("-----END ")?;
    let mut digits = SecretBytes::with_capacity(content.len());
    content.lines().for_each(|line| digits.extend(line.trim().as_bytes()));
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=').count();
    let mut der = SecretBytes::from(vec![0; (digits.len() / 4 * 3).checked_sub(padding)?]);
    STANDARD.decode_slice(&digits[..], &mut der[..]).ok().filter(|length| *length == der.len())?;
    Some(der)
}
