//! Lines for people: server text is made harmless, every secret of the exchange is removed, the length is bounded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::protocol::form;
use crate::secret::{Secret, SecretBytes};
use crate::text::{LONGEST_LINE, push_visible, shorten};

/// The secrets of one exchange, to be kept out of lines.
#[derive(Default)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Adds a value to remove, also where it is encoded as in a form.
    pub fn add(&mut self, secret: &str) {
        self.0.extend(Secret::new(secret).filter(|_| !secret.is_empty()));
    }

    /// Adds a JWT, and each of its parts: servers echo those too.
    pub fn add_jwt(&mut self, jwt: &str) {
        self.add(jwt);
        jwt.split('.').for_each(|part| self.add_unless_short(part));
    }

    /// Adds a value that may be anything: a short one is no secret, and removing it would tear words apart.
    pub fn add_unless_short(&mut self, value: &str) {
        if value.len() >= 8 {
            self.add(value);
        }
    }

    /// Adds the value of an `Authorization` header: the whole, the credential after its scheme, and the password in it.
    pub fn add_authorization(&mut self, value: &str) {
        self.add(value);
        let Some((scheme, credential)) = value.split_once(' ') else { return };
        self.add(credential.trim());
        if scheme.eq_ignore_ascii_case("basic") {
            self.add_password(credential.trim());
        }
    }

    fn add_password(&mut self, credential: &str) {
        let mut plain = SecretBytes::from(vec![0; credential.len()]);
        let Ok(length) = STANDARD.decode_slice(credential, &mut plain) else { return };
        let plain = std::str::from_utf8(&plain[..length]).ok();
        let Some((_, password)) = plain.and_then(|plain| plain.split_once(':')) else { return };
        self.add(password);
        self.add(form::decode(password).as_str().unwrap_or_default()); // RFC 6749 section 2.3.1 encodes it first
    }

    /// `text` as one bounded line without control characters and secrets.
    pub fn clean(&self, text: &str) -> String {
        let mut line = String::with_capacity(text.len().min(LONGEST_LINE));
        let (mut rest, mut before) = (text, None);
        while let Some(character) = rest.chars().next() {
            // The longest match, so that no end of a longer secret stays.
            let found = self.0.iter().filter_map(|secret| {
                let length = length_of(secret.as_str(), rest)?;
                let after = rest.get(length..).and_then(|rest| rest.chars().next());
                let stands_alone = || is_no_word(before) && is_no_word(after);
                (secret.as_str().len() >= SHORTEST_INSIDE || stands_alone()).then_some(length)
            });
            let secret = found.max();
            let consumed = match secret {
                Some(length) => {
                    line.push_str("[redacted]");
                    length
                }
                None => {
                    push_visible(&mut line, character);
                    character.len_utf8()
                }
            };
            if line.len() > LONGEST_LINE {
                shorten(&mut line);
                return line;
            }
            before = rest.get(..consumed).and_then(|taken| taken.chars().next_back());
            rest = rest.get(consumed..).unwrap_or_default();
        }
        line
    }
}

/// A shorter secret is only removed where it stands alone: inside of words, the gaps would tell what it is.
const SHORTEST_INSIDE: usize = 4;

/// Whether a secret may begin or end beside this character.
fn is_no_word(neighbour: Option<char>) -> bool {
    neighbour.is_none_or(|neighbour| !neighbour.is_alphanumeric())
}

/// The length of the secret at the beginning of `text`, in bytes, with each character plain or encoded as in a form or
/// a URL.
fn length_of(secret: &str, text: &str) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    let hex = |digit: u8| char::from(digit).to_digit(16);
    let mut rest = text.as_bytes();
    for byte in secret.bytes() {
        rest = match rest {
            [b'%', high, low, after @ ..] if hex(*high).zip(hex(*low)) == hex_of(byte) => after,
            [b'+', after @ ..] if byte == b' ' => after,
            [first, after @ ..] if *first == byte => after,
            _ => return None,
        };
    }
    Some(text.len() - rest.len())
}

fn hex_of(byte: u8) -> Option<(u32, u32)> {
    Some((u32::from(byte >> 4), u32::from(byte & 15)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(secrets: &[&str], text: &str) -> String {
        let mut all = Secrets::default();
        secrets.iter().for_each(|secret| all.add(secret));
        all.clean(text)
    }

    #[test]
    fn the_longest_secret_is_redacted_first() {
        assert_eq!(clean(&["abc", "abcdef"], "x abcdef abc"), "x [redacted] [redacted]");
        assert_eq!(clean(&["a+b/c"], "code a%2Bb%2Fc or a+b/c"), "code [redacted] or [redacted]");
        assert_eq!(clean(&[""], "nothing"), "nothing");
        let mut secrets = Secrets::default();
        secrets.add_authorization("Basic Zm9vOmJhcg==");
        assert_eq!(secrets.clean("got Zm9vOmJhcg=="), "got [redacted]");
        assert_eq!(secrets.clean("password bar is wrong"), "password [redacted] is wrong");
    }

    #[test]
    fn secrets_are_redacted_in_every_encoding() {
        for text in ["a+b /%", "a%2Bb+%2F%25", "a%2bb%20%2f%25", "%61%2B%62 /%25", "a+b+/%"] {
            assert_eq!(clean(&["a+b /%"], text), "[redacted]", "{text}");
        }
        assert_eq!(clean(&["\u{e9}"], "%c3%a9 \u{e9} %c3"), "[redacted] [redacted] %c3");
        assert_eq!(clean(&["%41"], "%41 %2541 %2"), "[redacted] [redacted] %2");
    }

    #[test]
    fn a_short_secret_is_removed_only_where_it_stands_alone() {
        assert_eq!(
            clean(&["c"], "invalid_client: code c, 'c' abc c1"),
            "invalid_client: code [redacted], '[redacted]' abc c1"
        );
        assert_eq!(clean(&["abc"], "abcd abc dabc"), "abcd [redacted] dabc");
        assert_eq!(clean(&["abcd"], "xabcdx"), "x[redacted]x");
        assert_eq!(clean(&["é"], "é café"), "[redacted] café");
    }

    #[test]
    fn lines_are_one_line_and_bounded() {
        assert_eq!(clean(&[], "a\r\nb\u{1b}[0m\u{2028}"), "a\\r\\nb\\u{1b}[0m\\u{2028}");
        let long = clean(&["secret"], &"é secret ".repeat(100));
        assert!(long.len() <= LONGEST_LINE && long.ends_with('…') && !long.contains("secret"), "{long}");
    }
}
