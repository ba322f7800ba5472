//! Credentials that come from outside and change: each use reads them anew.

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
