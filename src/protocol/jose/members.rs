//! A JOSE header or a set of claims, as it is written.

use crate::protocol::json::append_string;
use crate::secret::SecretBytes;

/// The members of a JOSE header or a set of claims, as they are written.
pub struct Members(SecretBytes);

impl Members {
    /// Room for what is usual.
    pub fn new() -> Self {
        Self(SecretBytes::with_capacity(320))
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        let mut members = self.name(name);
        append_string(&mut members.0, value);
        members
    }

    pub fn number(self, name: &str, value: i64) -> Self {
        self.raw(name, &value.to_string())
    }

    /// A value that is JSON already.
    pub fn raw(self, name: &str, json: &str) -> Self {
        let mut members = self.name(name);
        members.0.extend(json.as_bytes());
        members
    }

    fn name(mut self, name: &str) -> Self {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        append_string(&mut self.0, name);
        self.0.push(b':');
        self
    }

    pub fn end(mut self) -> SecretBytes {
        self.0.push(b'}');
        self.0
    }
}

impl Default for Members {
    fn default() -> Self {
        Self::new()
    }
}
