//! Credentials that come from outside and change: each use reads them anew.

use ring::digest::{SHA256, digest};

use crate::error::{Error, Result, Status};
use crate::protocol::json::append_string;
use crate::secret::{Secret, SecretBytes};
use crate::text::hexadecimal;

pub mod command;
pub mod file;
mod output;
mod part;
pub mod url;

/// Where a credential comes from.
pub trait Source: Send + Sync {
    /// Reads it as it is now. May block, as long as the limit of the thread allows, and run code of the program.
    fn read(&self) -> Result<Secret>;

    /// What messages call it.
    fn name(&self) -> &str {
        "the source's function"
    }

    /// Whether it waits for nobody: it may be read on any thread.
    fn is_quick(&self) -> bool {
        false
    }

    /// Tells this source from others, without a secret; empty if nothing is known of it.
    fn identity(&self) -> &str {
        ""
    }
}

/// The error of a source that gives no credential; `why` follows its name.
fn failed(name: &str, why: &str) -> Error {
    Error::new(Status::Source, &format!("{name} {why}"))
}

/// The identity of a source: a digest of its settings, as a JSON array (`src/store/FORMAT.md`).
pub fn identity(settings: &[Option<&str>]) -> String {
    let mut json = SecretBytes::default();
    for (index, setting) in settings.iter().enumerate() {
        json.push(if index == 0 { b'[' } else { b',' });
        match setting {
            Some(setting) => append_string(&mut json, setting),
            None => json.extend(b"null"),
        }
    }
    json.push(b']');
    hexadecimal(&digest(&SHA256, &json).as_ref()[..16])
}
