//! What is known of the server in one process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread::ThreadId;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::Error;
use crate::protocol::metadata::Metadata;

/// Its metadata, and who is fetching them.
#[derive(Default)]
pub(super) struct Server {
    /// Held while fetching: whoever waits for it finds what was fetched.
    pub known: Mutex<Known>,
    fetching: std::sync::Mutex<Option<ThreadId>>,
    /// Fetches that came to an end of their own.
    ended: AtomicU64,
}

#[derive(Default)]
pub(super) struct Known {
    pub metadata: Option<(Arc<Metadata>, Instant)>,
    /// Why the last fetch failed, for those who were waiting for it.
    pub failure: Option<Error>,
}

impl Server {
    /// The thread that is fetching the metadata.
    pub fn fetching(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::SeqCst)
    }

    pub fn end(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}
