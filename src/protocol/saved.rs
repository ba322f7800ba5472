//! Saved state of this library: versioned JSON that a later process or release reads back, member by member.

use std::str::FromStr;

use crate::error::{Error, Result};
use crate::protocol::json::{Object, append_string, decode_string};
use crate::secret::{Secret, SecretBytes};

/// Appends `,"name":`.
pub fn append_name(json: &mut SecretBytes, name: &str) {
    json.push(b',');
    append_string(json, name);
    json.push(b':');
}

/// The error of a text that cannot be read back.
pub fn refuse(why: &str) -> Error {
    Error::argument("json", why)
}

/// Whether a text that could not be opened has a later version.
pub fn is_newer(json: &str, kind: &str, version: u32) -> bool {
    let found = Object::parse(json).and_then(|object| object.get(kind)?.parse::<u64>().ok());
    found.is_some_and(|found| found > version.into())
}

/// A saved object of one kind and version.
pub struct Saved<'a>(Object<'a>);

impl<'a> Saved<'a> {
    /// `kind` is the member that holds the version: `oauthclient_` and what is saved.
    pub fn open(json: &'a str, kind: &str, version: u32) -> Result<Self> {
        let object = Object::parse(json).ok_or_else(|| refuse("is no JSON object"))?;
        let found = object.get(kind).ok_or_else(|| {
            refuse(&format!("is no saved {} of this library", kind.trim_start_matches("oauthclient_")))
        })?;
        match found.parse::<u64>() {
            Ok(found) if found == u64::from(version) => {}
            Ok(found) if found < u64::from(version) => return Err(refuse("has a version that is no longer read")),
            _ => return Err(refuse("has a version that this library does not know: was it saved by a newer one?")),
        }
        if object.has_twice(|_| true) {
            return Err(refuse("holds a member twice"));
        }
        Ok(Self(object))
    }

    /// An object inside one that was opened.
    pub fn nested(json: &'a str) -> Result<Self> {
        let object = Object::parse(json).filter(|object| !object.has_twice(|_| true));
        object.map(Self).ok_or_else(|| refuse("holds what is no object"))
    }

    /// The value of a member as it was written.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)
    }

    /// A string that is not empty and that `may_be` accepts; any other value is an error, an absent one is `None`.
    pub fn text(&self, name: &str, may_be: impl Fn(&str) -> bool) -> Result<Option<Secret>> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        let text = decode_string(raw).filter(|text| !text.as_str().is_empty() && may_be(text.as_str()));
        text.and_then(|text| Secret::new(text.as_str())).map(Some).ok_or_else(|| bad(name))
    }

    /// A number or a boolean that `may_be` accepts; any other value is an error, an absent one is `None`.
    pub fn value<T: FromStr>(&self, name: &str, may_be: impl Fn(&T) -> bool) -> Result<Option<T>> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        raw.parse().ok().filter(may_be).map(Some).ok_or_else(|| bad(name))
    }
}

/// The error of a member that cannot be used.
pub fn bad(name: &str) -> Error {
    refuse(&format!("has a bad {name}"))
}
