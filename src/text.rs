//! Text that C can borrow: UTF-8 without U+0000, kept with its terminator.

use std::ffi::c_char;
use std::fmt;

/// An immutable string that ends in one NUL byte and has none before it.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Box<str>);

impl Text {
    /// `None` when the value holds U+0000: C would see only its beginning.
    pub fn new(value: &str) -> Option<Self> {
        if value.as_bytes().contains(&0) {
            return None;
        }
        let mut text = String::with_capacity(value.len() + 1);
        text.push_str(value);
        text.push('\0');
        Some(Self(text.into_boxed_str()))
    }

    /// Like [`Text::new`], with U+FFFD in place of U+0000: for our own sentences, which are never absent.
    pub fn sentence(value: &str) -> Self {
        Self::new(value).unwrap_or_else(|| {
            let mut clean = value.replace('\0', "\u{fffd}");
            clean.push('\0');
            Self(clean.into_boxed_str())
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0[..self.0.len() - 1]
    }

    /// Valid while `self` lives.
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
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
    fn a_value_with_nul_is_no_text() {
        assert!(Text::new("a\0b").is_none());
        assert_eq!(Text::sentence("a\0b").as_str(), "a\u{fffd}b");
        assert_eq!(Text::new("").map(|text| text.as_str().len()), Some(0));
    }
}
