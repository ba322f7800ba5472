//! Text that C can borrow: UTF-8 without U+0000, kept with its terminating NUL.

use std::ffi::c_char;
use std::fmt;

use zeroize::Zeroize;

/// An immutable string that ends in one NUL byte and has none before it.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Box<str>);

impl Text {
    /// `None` if the value holds U+0000: C would see only its beginning.
    pub fn new(value: &str) -> Option<Self> {
        if has_nul(value) {
            return None;
        }
        let mut text = String::with_capacity(value.len() + 1);
        text.push_str(value);
        text.push('\0');
        Some(Self(text.into_boxed_str())) // its capacity is its length: nothing is copied and left behind
    }

    /// Like [`Text::new`], with U+FFFD in place of U+0000: for values that must not be absent.
    pub fn lossy(value: &str) -> Self {
        Self::new(value).unwrap_or_else(|| {
            let mut clean = value.replace('\0', "\u{fffd}");
            clean.push('\0');
            Self(clean.into_boxed_str())
        })
    }

    /// One line for people: control characters escaped, at most [`LONGEST_LINE`] bytes.
    pub fn line(value: &str) -> Self {
        let mut line = String::with_capacity(value.len() + 1);
        for character in value.chars() {
            push_visible(&mut line, character);
        }
        shorten(&mut line);
        Self::lossy(&line)
    }

    pub fn as_str(&self) -> &str {
        &self.0[..self.0.len() - 1]
    }

    /// Overwrites the text with zeros: for a secret.
    pub fn wipe(&mut self) {
        self.0.zeroize();
    }

    /// Valid while `self` lives.
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

/// Two lower-case digits for each byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The longest message or log line, in bytes.
pub const LONGEST_LINE: usize = 512;

/// Appends a character, escaped if it would break the line or the terminal.
pub fn push_visible(line: &mut String, character: char) {
    if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
        line.extend(character.escape_default());
    } else {
        line.push(character);
    }
}

/// Cuts a line to [`LONGEST_LINE`] bytes at a character boundary and shows that it was cut.
pub fn shorten(line: &mut String) {
    shorten_to(line, LONGEST_LINE);
}

/// Cuts a line to so many bytes at a character boundary and shows that it was cut.
pub fn shorten_to(line: &mut String, longest: usize) {
    if line.len() > longest {
        let mut end = longest.saturating_sub('…'.len_utf8());
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
}

/// Whether there is a U+0000. Without an early end, the loop becomes a few wide instructions.
fn has_nul(text: &str) -> bool {
    text.bytes().fold(false, |found, byte| found | (byte == 0))
}

/// Whether there is a control character: C0, DEL or C1. Bytes are checked first, because every token is checked.
pub fn has_control(text: &str) -> bool {
    may_have_control(text.as_bytes()) && text.chars().any(char::is_control)
}

/// False if no byte is one of a control character. Eight bytes are looked at together: a top bit of the result says that
/// its byte was found, or one below it. One function for all that ask: an inlined loop takes 600 bytes.
#[inline(never)]
pub fn may_have_control(bytes: &[u8]) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, limit: u64| word.wrapping_sub(EACH * limit) & !word;
    let is = |word: u64, byte: u64| below(word ^ (EACH * byte), 1);
    let look = |word| below(word, 0x20) | is(word, 0x7f) | is(word, 0xc2); // C0, DEL, the first byte of C1
    let (words, rest) = bytes.as_chunks();
    let last = rest.iter().fold(EACH * 0x20, |last, byte| (last << 8) | u64::from(*byte));
    words.iter().fold(look(last), |found, word| found | look(u64::from_ne_bytes(*word))) & (EACH * 0x80) != 0
}

/// Whether the host in a URL, if there is one, is in ASCII (RFC 3986 section 3.2.2): an international name in its
/// `xn--` form. Must be called before a URL is parsed: the parser has no Unicode tables here. It is as tolerant as the
/// parser about where a host begins.
pub fn has_ascii_host(url: &str) -> bool {
    let url = url.trim_matches(|c: char| c <= ' ');
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let after_scheme = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).map_or(url, |(_, rest)| rest);
    let authority = after_scheme.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#']).next();
    let host = authority.unwrap_or_default().rsplit('@').next().unwrap_or_default();
    !url.contains(['\t', '\n', '\r']) && host.is_ascii() && !host.contains('%')
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_found() {
        for (text, expected) in
            [("a b~\u{e9}\u{a9}", false), ("a\n", true), ("\u{7f}", true), ("\u{85}", true), ("", false)]
        {
            assert_eq!(has_control(text), expected, "{text:?}");
        }
    }

    #[test]
    fn hosts_are_ascii() {
        for (url, expected) in [
            ("https://as.example/\u{e9}?\u{e9}", true),
            ("https://xn--bcher-kva.EXAMPLE/", true),
            ("https://u%20ser:p%20w@as.example/", true),
            ("/cb?state=a:%C3%A9", true),
            ("https://b\u{fc}cher.Example/", false),
            ("https://b%C3%BCcher.Example/", false),
            (" http:/\\u@B\u{fc}cher", false),
            ("http:B\u{fc}cher", false),
            ("ht\ttp://a/", false),
            ("//b%C3%BC/cb", false),
        ] {
            assert_eq!(has_ascii_host(url), expected, "{url:?}");
        }
    }

    #[test]
    fn a_value_with_nul_is_no_text() {
        assert!(Text::new("a\0b").is_none());
        assert_eq!(Text::lossy("a\0b").as_str(), "a\u{fffd}b");
        assert_eq!(Text::line("a\r\n\0b").as_str(), r"a\r\n\u{0}b");
        assert_eq!(Text::line(&"é".repeat(600)).as_str().len(), LONGEST_LINE - 1);
        let mut line = "aéé".to_owned();
        shorten_to(&mut line, 4);
        assert_eq!(line, "a…");
        assert_eq!(Text::new("").map(|text| text.as_str().len()), Some(0));
    }
}
