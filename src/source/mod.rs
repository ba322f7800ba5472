//! Credentials that come from outside and change: each use reads them anew.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};

use crate::error::{Error, Result, Status};
use crate::secret::Secret;

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

/// The identity of a source with these settings.
pub fn identity(settings: &[&str]) -> String {
    let mut hash = Context::new(&SHA256);
    for setting in settings {
        hash.update(&(setting.len() as u64).to_be_bytes());
        hash.update(setting.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(&hash.finish().as_ref()[..16])
}
