//! The state of the server as one process knows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread::ThreadId;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::Error;
use crate::protocol::metadata::Metadata;

/// The server's metadata, and the thread that is fetching them.
#[derive(Default)]
pub(super) struct Server {
    /// Locked while fetching: a call that waits for the lock finds the result.
    pub known: Mutex<Known>,
    fetching: std::sync::Mutex<Option<ThreadId>>,
    /// Counts fetches that ended with a result; one that was cancelled or timed out does not count.
    ended: AtomicU64,
}

#[derive(Default)]
pub(super) struct Known {
    pub metadata: Option<(Arc<Metadata>, Instant)>,
    /// Why the last fetch failed, for the calls that were waiting for it.
    pub failure: Option<Error>,
}

impl Server {
    /// The thread whose call is fetching the metadata.
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
