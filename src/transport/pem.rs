//! Certificates in PEM (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The certificates in a PEM text (RFC 7468), decoded. One without an end does not spoil the next.
pub fn certificates(text: &str) -> impl Iterator<Item = Result<Vec<u8>, &'static str>> {
    const LABELS: [&str; 2] = ["CERTIFICATE-----", "TRUSTED CERTIFICATE-----"];
    let of_certificate = |block: &'_ str| LABELS.iter().find_map(|label| Some(block.strip_prefix(label)?.len()));
    text.split("-----BEGIN ").skip(1).filter_map(move |block| {
        let content = &block[block.len() - of_certificate(block)?..];
        Some(content.split_once("-----END ").map(|(content, _)| content).and_then(decode).ok_or("is damaged PEM"))
    })
}

fn decode(content: &str) -> Option<Vec<u8>> {
    let digits: String = content.lines().map(str::trim).collect();
    STANDARD.decode(digits).ok()
}
