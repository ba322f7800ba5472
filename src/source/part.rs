//! The part of a source's text that is the credential: the whole, or one value of a JSON document.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};

use crate::error::{Error, Result};
use crate::protocol::json_pointer::Pointer;
use crate::secret::{Secret, SecretBytes};
use crate::source::failed;

/// The most that is read.
pub const LARGEST: usize = 1 << 20;

pub const TOO_LARGE: &str = "gave more than a megabyte";

/// The part, and what both share: the name of the source, and what tells it from others.
pub struct Part {
    pub name: String,
    pub identity: String,
    pointer: Option<Pointer>,
}

impl Part {
    /// `parts` are the settings of the source that are no secrets.
    pub fn new(name: String, pointer: Option<&str>, parts: &[&str]) -> Result<Self> {
        let parsed = pointer.map(Pointer::parse).transpose();
        let parsed = parsed.map_err(|why| Error::argument("json_pointer", why))?;
        let mut hash = Context::new(&SHA256);
        for part in parts.iter().chain(&pointer) {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let identity = URL_SAFE_NO_PAD.encode(&hash.finish().as_ref()[..16]);
        Ok(Self { name, identity, pointer: parsed })
    }

    /// The credential in the text, without white space around it.
    pub fn of(&self, text: &SecretBytes) -> Result<Secret> {
        let text = text.as_str().map(str::trim_ascii).ok_or("gave no text: it is not UTF-8");
        let secret = |text: &str| match Secret::new(text) {
            _ if text.is_empty() => Err("is empty"),
            Some(secret) => Ok(secret),
            None => Err("gave no text: it has U+0000"),
        };
        let found = text.and_then(|text| match &self.pointer {
            _ if text.is_empty() => Err("is empty"),
            None => secret(text),
            Some(pointer) => secret(pointer.text(text)?.as_str()),
        });
        found.map_err(|why| self.failed(why))
    }

    /// The error of this source.
    #[cold]
    pub fn failed(&self, why: &str) -> Error {
        failed(&self.name, why)
    }
}
