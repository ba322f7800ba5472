//! Proof Key for Code Exchange (RFC 7636): the code verifier and its S256 challenge.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use crate::secret::{Secret, SecretBytes};

/// 32 random bytes as 43 characters that need no encoding in a URL or form: a code verifier (section 4.1), state or
/// nonce.
pub fn unguessable(random: &[u8; 32]) -> Secret {
    let mut text = SecretBytes::from(vec![0; 43]);
    let encoded = URL_SAFE_NO_PAD.encode_slice(random, &mut text).ok();
    encoded.and_then(|_| Secret::new(text.as_str()?)).expect("base64 of 32 bytes is 43 characters, none of them NUL")
}

/// The `code_challenge` of a verifier, for `code_challenge_method=S256` (section 4.2).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_example_of_the_rfc() {
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = unguessable(&random);
        assert_eq!(verifier.as_str(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(verifier.as_str()), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
