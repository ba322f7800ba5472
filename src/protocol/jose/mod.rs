//! JOSE: keys and signatures in JSON (RFC 7515, 7517, 7518, 7638, 8037). Signed, never encrypted.

pub mod algorithm;
pub mod der;
pub mod jwks;
pub mod jws;
pub mod key;
mod kinds;
pub mod members;
mod pem;
mod private;
pub mod public;
mod public_pem;
pub mod verify;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::SecretBytes;

/// Appends the bytes in base64url without padding (RFC 7515 section 2).
pub fn append_base64url(text: &mut SecretBytes, bytes: &[u8]) {
    let (start, digits) = (text.len(), (bytes.len() * 4).div_ceil(3));
    text.extend(&vec![b'.'; digits]);
    URL_SAFE_NO_PAD.encode_slice(bytes, &mut text[start..]).expect("there is room for each digit");
}

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a base64url text; `None` also for padding and for bits that no byte has.
pub fn from_base64url(text: &str) -> Option<SecretBytes> {
    let mut bytes = SecretBytes::from(vec![0; text.len() * 3 / 4]);
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == bytes.len()).then_some(bytes)
}
