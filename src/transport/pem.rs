//! Certificates and private keys in PEM (RFC 7468).

#[cfg(feature = "redis")]
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
#[cfg(feature = "redis")]
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer},
    sign::SigningKey,
};

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

/// The first private key in a PEM text; the error is the end of a sentence.
#[cfg(feature = "redis")]
pub fn private_key(text: &str) -> Result<Arc<dyn SigningKey>, String> {
    const NONE: &str = "has no private key in PEM that is not encrypted";
    let mut blocks = text.split("-----BEGIN ").skip(1).filter_map(|block| block.split_once("PRIVATE KEY-----"));
    let (kind, content) = blocks.find(|(kind, _)| matches!(*kind, "" | "EC " | "RSA ")).ok_or(NONE)?;
    let der = decode(content).ok_or(NONE)?;
    let der = &der[..];
    let key = match kind {
        "" => PrivatePkcs8KeyDer::from(der).into(),
        "EC " => PrivateSec1KeyDer::from(der).into(),
        _ => PrivatePkcs1KeyDer::from(der).into(),
    };
    any_supported_type(&key).map_err(|_| "is of a kind that is not supported".to_owned())
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
