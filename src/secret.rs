//! Credentials in memory: redacted when printed, wiped when dropped.

use std::ffi::c_char;
use std::fmt;

use zeroize::Zeroize;

use crate::text::Text;

/// A credential: a [`Text`] that is wiped when dropped and never printed.
#[derive(Clone)]
pub struct Secret(Text);

impl Secret {
    /// `None` if the value holds U+0000: C would see only its beginning.
    pub fn new(value: &str) -> Option<Self> {
        Text::new(value).map(Self)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Valid while `self` lives.
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr()
    }

    /// Whether both are the same text, or both are absent.
    pub fn are_same(one: &Option<Self>, other: &Option<Self>) -> bool {
        one.as_ref().map(Self::as_str) == other.as_ref().map(Self::as_str)
    }
}

impl Drop for Secret {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Bytes that may hold credentials: wiped when dropped, and when they move to a larger buffer.
#[derive(Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// The bytes as text; those that are not UTF-8 are replaced by U+FFFD.
    pub fn from_utf8_lossy(bytes: &[u8]) -> Self {
        let replaced = bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
        let mut text = Self::with_capacity(bytes.len() + 2 * replaced);
        for chunk in bytes.utf8_chunks() {
            let replacement = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
            text.extend_all([chunk.valid().as_bytes(), replacement.as_bytes()]);
        }
        text
    }

    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Appends several pieces, with one check of the capacity.
    pub fn extend_all<const N: usize>(&mut self, pieces: [&[u8]; N]) {
        self.reserve(pieces.iter().map(|piece| piece.len()).sum());
        for piece in pieces {
            self.0.extend_from_slice(piece);
        }
    }

    pub fn push(&mut self, byte: u8) {
        self.reserve(1);
        self.0.push(byte);
    }

    /// Room for `additional` more bytes; a plain `Vec` would leave an unwiped copy behind when it grows.
    #[inline]
    pub fn reserve(&mut self, additional: usize) {
        if additional > self.0.capacity() - self.0.len() {
            self.grow(additional);
        }
    }

    #[inline(never)]
    fn grow(&mut self, additional: usize) {
        let needed = self.0.len().saturating_add(additional);
        let mut larger = Vec::with_capacity(needed.max(self.0.capacity() * 2));
        larger.extend_from_slice(&self.0);
        self.wipe();
        self.0 = larger;
    }

    /// Wipes one slice at once: a `Vec` wipes itself byte by byte. Nothing was ever written beyond the end, because
    /// this type never gets shorter.
    fn wipe(&mut self) {
        self.0.as_mut_slice().zeroize();
    }

    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl From<Vec<u8>> for SecretBytes {
    /// Takes the bytes without copying them.
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl std::ops::Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::ops::DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for SecretBytes {
    #[inline(never)]
    fn drop(&mut self) {
        self.wipe();
    }
}

impl std::io::Write for SecretBytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes, redacted]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing() {
        let secret = Secret::new("s3cr3t").expect("no NUL");
        let mut bytes = SecretBytes::default();
        bytes.extend(secret.as_str().as_bytes());
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(format!("{bytes:?}"), "[6 bytes, redacted]");
    }
}
