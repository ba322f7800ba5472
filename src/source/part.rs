//! The part of a source's text that is the credential: the whole, or one value of a JSON document.

use crate::error::{Error, Result};
use crate::protocol::json_pointer::Pointer;
use crate::secret::{Secret, SecretBytes};
use crate::source::{failed, identity};

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
    /// `settings` are those of the source that are no secrets.
    pub fn new(name: String, pointer: Option<&str>, settings: &[&str]) -> Result<Self> {
        let parsed = pointer.map(Pointer::parse).transpose();
        let parsed = parsed.map_err(|why| Error::argument("json_pointer", why))?;
        let settings: Vec<Option<&str>> = settings.iter().copied().map(Some).chain([pointer]).collect();
        let identity = identity(&settings);
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
