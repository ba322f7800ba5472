//! A SAML 2.0 assertion as a form field (RFC 7522 section 2.1): base64url of the XML.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};
use crate::secret::{Secret, SecretBytes};

/// The assertion as it is sent: XML is encoded, other text counts as already encoded.
pub fn encoded(assertion: &str) -> Result<Secret> {
    text(assertion).ok_or_else(|| Error::argument("assertion", "cannot be sent"))
}

fn text(assertion: &str) -> Option<Secret> {
    let assertion = assertion.trim_start_matches('\u{feff}');
    if !assertion.trim_start().starts_with('<') {
        return Secret::new(assertion);
    }
    let mut encoded = SecretBytes::from(vec![0; assertion.len().div_ceil(3) * 4]);
    let length = URL_SAFE_NO_PAD.encode_slice(assertion, &mut encoded).ok()?;
    Secret::new(std::str::from_utf8(encoded.get(..length)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_encoded_once() {
        for (assertion, expected) in [
            ("<a>\u{e9}?</a>", "PGE-w6k_PC9hPg"),
            ("\u{feff}<a>\u{e9}?</a>", "PGE-w6k_PC9hPg"),
            ("PGE-w6k_PC9hPg", "PGE-w6k_PC9hPg"),
            ("", ""),
        ] {
            assert_eq!(encoded(assertion).expect("it can be sent").as_str(), expected);
        }
    }
}
