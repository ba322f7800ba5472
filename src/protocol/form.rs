//! `application/x-www-form-urlencoded` (RFC 6749 appendix B), without leaving copies of what it encodes.

use form_urlencoded::byte_serialize;

use crate::secret::{Secret, SecretBytes};

/// Appends `name=value`, with `&` before it unless it is the first.
pub fn append(form: &mut SecretBytes, name: &str, value: &str) {
    form.reserve(name.len() + 3 * value.len() + 2);
    if !form.is_empty() {
        form.push(b'&');
    }
    append_encoded(form, name);
    form.push(b'=');
    append_encoded(form, value);
}

/// Appends one encoded component.
pub fn append_encoded(form: &mut SecretBytes, text: &str) {
    for piece in byte_serialize(text.as_bytes()) {
        form.extend(piece.as_bytes());
    }
}

/// The decoded pairs of a form; bytes that are no UTF-8 and U+0000 make the whole form `None`.
pub fn parse(form: &str) -> Option<Vec<(Secret, Secret)>> {
    form.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Option<Secret> {
    let mut decoded = SecretBytes::with_capacity(text.len());
    for (index, piece) in text.split('+').enumerate() {
        if index > 0 {
            decoded.push(b' ');
        }
        for byte in percent_encoding::percent_decode_str(piece) {
            decoded.push(byte);
        }
    }
    Secret::new(decoded.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut form = SecretBytes::default();
        for (name, value) in [("a b", "1+1=2&3"), ("\u{e9}", "~*-._%"), ("empty", "")] {
            append(&mut form, name, value);
        }
        assert_eq!(form.as_str(), Some("a+b=1%2B1%3D2%263&%C3%A9=%7E*-._%25&empty="));
        let pairs = parse(form.as_str().expect("ASCII")).expect("a form");
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a b", "1+1=2&3"), ("\u{e9}", "~*-._%"), ("empty", "")]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(parse("a=%ff").is_none());
        assert!(parse("a=%00").is_none());
        assert_eq!(parse("&&a&").map(|pairs| pairs.len()), Some(1));
    }
}
