//! HTTP messages as plain values; this file imports nothing of ours.

use std::fmt;

use zeroize::Zeroizing;

/// Header fields in order, byte for byte, each name and value NUL-terminated in one buffer that is wiped when dropped.
#[derive(Default)]
pub struct Headers {
    text: Zeroizing<Vec<u8>>,
    starts: Vec<(u32, u32)>,
}

impl Headers {
    /// Room for `count` fields of `bytes` bytes in all, so that adding them moves nothing.
    pub fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { text: Zeroizing::new(Vec::with_capacity(bytes + 2 * count)), starts: Vec::with_capacity(count) }
    }

    /// Adds a field. False, and nothing added, when name or value holds a NUL byte.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> bool {
        if name.contains(&0) || value.contains(&0) {
            return false;
        }
        let needed = self.text.len() + name.len() + value.len() + 2;
        let (Ok(start), Ok(_)) = (u32::try_from(self.text.len()), u32::try_from(needed)) else { return false };
        if needed > self.text.capacity() {
            let mut larger = Vec::with_capacity(needed.max(2 * self.text.capacity()));
            larger.extend_from_slice(&self.text);
            self.text = Zeroizing::new(larger); // the old place is wiped here
        }
        self.text.extend_from_slice(name);
        self.text.push(0);
        let value_start = self.text.len() as u32;
        self.text.extend_from_slice(value);
        self.text.push(0);
        self.starts.push((start, value_start));
        true
    }

    pub fn len(&self) -> usize {
        self.starts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Name and value of field `index`, each with its terminating NUL.
    pub fn at_with_nul(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let &(name, value) = self.starts.get(index)?;
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| next.0 as usize);
        Some((&self.text[name as usize..value as usize], &self.text[value as usize..end]))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.len())
            .filter_map(|index| self.at_with_nul(index))
            .map(|(name, value)| (&name[..name.len() - 1], &value[..value.len() - 1]))
    }

    /// The first field of that name, compared without case.
    pub fn position(&self, name: &[u8]) -> Option<usize> {
        self.iter().position(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned());
        f.debug_list().entries(names).finish() // values may be credentials
    }
}

/// A request to send; nothing in it is changed on the way.
pub struct Request {
    pub method: &'static str,
    pub url: url::Url,
    pub headers: Headers,
    pub body: Zeroizing<Vec<u8>>,
}

/// A complete answer.
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_order_and_bytes() {
        let mut headers = Headers::default();
        assert!(headers.push(b"Set-Cookie", b"a=\xff"));
        assert!(headers.push(b"set-cookie", b""));
        assert!(!headers.push(b"x", b"a\0b"));
        assert_eq!(headers.get("SET-COOKIE"), Some(&b"a=\xff"[..]));
        assert_eq!(headers.at_with_nul(1), Some((&b"set-cookie\0"[..], &b"\0"[..])));
        assert_eq!(headers.len(), 2);
        assert_eq!(format!("{headers:?}"), r#"["Set-Cookie", "set-cookie"]"#);
    }
}
