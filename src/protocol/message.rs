//! Lines for people: server text made harmless, every secret of the exchange taken out, bounded.

use crate::protocol::form;
use crate::secret::{Secret, SecretBytes};

/// A message or log line is never longer, in bytes.
pub const LONGEST: usize = 512;

/// The secrets of one exchange, to be kept out of lines.
#[derive(Default)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Also takes out the value as a form would encode it.
    pub fn add(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let mut encoded = SecretBytes::default();
        form::append_encoded(&mut encoded, secret);
        self.0.extend(encoded.as_str().filter(|encoded| *encoded != secret).and_then(Secret::new));
        self.0.extend(Secret::new(secret));
    }

    /// The value of an `Authorization` header: the whole, and the credential behind its scheme.
    pub fn add_authorization(&mut self, value: &str) {
        self.add(value);
        if let Some((_, credential)) = value.split_once(' ') {
            self.add(credential.trim());
        }
    }

    /// `text` in one bounded line without control characters and secrets.
    pub fn clean(&self, text: &str) -> String {
        let mut line = String::with_capacity(text.len().min(LONGEST));
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            // the longest match, so that no tail of a longer secret stays
            let secret =
                self.0.iter().map(Secret::as_str).filter(|secret| rest.starts_with(secret)).map(str::len).max();
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
            if line.len() > LONGEST {
                shorten(&mut line);
                return line;
            }
            rest = &rest[consumed..];
        }
        line
    }
}

fn push_visible(line: &mut String, character: char) {
    if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
        line.extend(character.escape_default());
    } else {
        line.push(character);
    }
}

/// Cuts a line to [`LONGEST`] bytes at a character boundary and shows that it was cut.
pub fn shorten(line: &mut String) {
    if line.len() > LONGEST {
        let mut end = LONGEST - '…'.len_utf8();
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
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
    fn secrets_go_whole() {
        assert_eq!(clean(&["abc", "abcdef"], "x abcdef abc"), "x [redacted] [redacted]");
        assert_eq!(clean(&["a+b/c"], "code a%2Bb%2Fc or a+b/c"), "code [redacted] or [redacted]");
        assert_eq!(clean(&[""], "nothing"), "nothing");
        let mut secrets = Secrets::default();
        secrets.add_authorization("Basic Zm9vOmJhcg==");
        assert_eq!(secrets.clean("got Zm9vOmJhcg=="), "got [redacted]");
    }

    #[test]
    fn lines_are_one_line_and_bounded() {
        assert_eq!(clean(&[], "a\r\nb\u{1b}[0m\u{2028}"), "a\\r\\nb\\u{1b}[0m\\u{2028}");
        let long = clean(&["secret"], &"é secret ".repeat(100));
        assert!(long.len() <= LONGEST && long.ends_with('…') && !long.contains("secret"), "{long}");
    }
}
