//! HTTP messages as plain values, in memory that is wiped when it is dropped.

use std::fmt;

use bytes::Bytes;
use url::Url;

use crate::secret::SecretBytes;

/// Header fields in order, byte for byte, in one buffer. Each is two lengths (a NUL included), then name and value,
/// each with a NUL after it.
#[derive(Clone, Copy)]
pub struct Fields<'a>(&'a [u8]);

/// The size of a length in the buffer, in bytes.
const LENGTH: usize = size_of::<u32>();

impl<'a> Fields<'a> {
    /// Names and values, each with its terminating NUL.
    pub fn iter_with_nul(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (name_length, after) = rest.split_first_chunk::<LENGTH>()?;
            let (value_length, after) = after.split_first_chunk::<LENGTH>()?;
            let (name, after) = after.split_at_checked(u32::from_ne_bytes(*name_length) as usize)?;
            let (value, after) = after.split_at_checked(u32::from_ne_bytes(*value_length) as usize)?;
            rest = after;
            Some((name, value))
        })
    }

    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.iter_with_nul().map(|(name, value)| (&name[..name.len() - 1], &value[..value.len() - 1]))
    }

    pub fn len(self) -> usize {
        self.iter_with_nul().count()
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Field `index`, with NULs.
    pub fn at_with_nul(self, index: usize) -> Option<(&'a [u8], &'a [u8])> {
        self.iter_with_nul().nth(index)
    }

    /// The value of the first field of that name, compared without case; with its NUL.
    pub fn get_with_nul(self, name: &[u8]) -> Option<&'a [u8]> {
        self.iter_with_nul()
            .find(|(found, _)| found[..found.len() - 1].eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.get_with_nul(name.as_bytes()).map(|value| &value[..value.len() - 1])
    }
}

/// Header fields that own their text, and wipe it when dropped.
#[derive(Default)]
pub struct Headers(SecretBytes);

impl Headers {
    /// Room for `count` fields with `bytes` bytes of names and values, so that adding them moves nothing.
    pub fn with_capacity(count: usize, bytes: usize) -> Self {
        Self(SecretBytes::with_capacity(bytes + count * (2 * LENGTH + 2)))
    }

    /// Adds a field. No header field holds a NUL byte; C would see only the beginning of one that did.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let (Ok(name_length), Ok(value_length)) = (u32::try_from(name.len() + 1), u32::try_from(value.len() + 1))
        else {
            return; // 4 GiB: more than any limit lets in
        };
        let lengths = [name_length.to_ne_bytes(), value_length.to_ne_bytes()];
        self.0.extend_all([lengths.as_flattened(), name, &[0], value, &[0]]);
    }

    pub fn fields(&self) -> Fields<'_> {
        Fields(&self.0)
    }

    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields().get(name)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.fields().iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned());
        f.debug_list().entries(names).finish() // values may be credentials
    }
}

/// A request to send. Its text is shared, not copied, by the code that sends it, and wiped with the last reference.
pub struct Request<'a> {
    pub method: &'static str,
    pub url: &'a Url,
    text: Bytes,
    body_at: usize,
}

impl<'a> Request<'a> {
    /// `write` appends the body to the headers, which should have room for it too.
    pub fn new(method: &'static str, url: &'a Url, headers: Headers, write: impl FnOnce(&mut SecretBytes)) -> Self {
        let Headers(mut text) = headers;
        let body_at = text.len();
        write(&mut text);
        Self { method, url, text: Bytes::from_owner(text), body_at }
    }

    pub fn headers(&self) -> Fields<'_> {
        Fields(&self.text[..self.body_at])
    }

    pub fn body(&self) -> &[u8] {
        &self.text[self.body_at..]
    }

    /// Shares `part`, which must be a piece of this request's headers or body.
    pub fn share(&self, part: &[u8]) -> Bytes {
        self.text.slice_ref(part)
    }
}

/// A complete answer.
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: SecretBytes,
    /// TLS ended without close_notify: somebody may have cut the body.
    pub cut: bool,
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
        headers.push(b"Set-Cookie", b"a=\xff");
        headers.push(b"set-cookie", b"");
        assert_eq!(headers.get("SET-COOKIE"), Some(&b"a=\xff"[..]));
        assert_eq!(headers.fields().at_with_nul(1), Some((&b"set-cookie\0"[..], &b"\0"[..])));
        assert_eq!(headers.fields().len(), 2);
        assert_eq!(format!("{headers:?}"), r#"["Set-Cookie", "set-cookie"]"#);
    }

    #[test]
    fn a_request_shares_its_text() {
        let url = Url::parse("https://as.example/").expect("a URL");
        let mut headers = Headers::default();
        headers.push(b"a", b"b");
        let request = Request::new("POST", &url, headers, |body| body.extend(b"body"));
        assert_eq!(request.headers().get("A"), Some(&b"b"[..]));
        assert_eq!(request.body(), b"body");
        assert_eq!(request.share(request.body()), "body");
    }
}
