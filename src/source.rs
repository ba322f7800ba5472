//! Credentials that come from outside and change: each use reads them anew.

use crate::error::Result;
use crate::secret::Secret;

/// Where a credential comes from.
pub trait Source: Send + Sync {
    /// Reads it as it is now. May block, and run code of the program.
    fn read(&self) -> Result<Secret>;
}
