//! The state of the server as one process knows it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::nonces::Nonces;
use crate::error::Error;
use crate::process::ThreadNumber;
use crate::protocol::jose::jwks::Jwks;
use crate::protocol::metadata::Metadata;

/// The server's documents (two of metadata, and its keys), and the nonces that it and resources gave.
pub(super) struct Server {
    /// The one that is read first, and the place of its URL among those that are asked.
    pub metadata: Document<(Arc<Metadata>, usize)>,
    /// The other one, for what the first lacks; `None` if the server has no other.
    pub other: Document<Option<Arc<Metadata>>>,
    /// Its public keys.
    pub keys: Document<Arc<Jwks>>,
    /// When they were last asked for.
    pub keys_asked_at: std::sync::Mutex<Option<Instant>>,
    /// For proofs of possession.
    pub nonces: Nonces,
}

impl Default for Server {
    fn default() -> Self {
        const METADATA: &str = "waiting for the server's metadata, which another call was fetching";
        const KEYS: &str = "waiting for the server's keys, which another call was fetching";
        Self {
            metadata: Document::new("metadata", METADATA, false),
            other: Document::new("metadata", METADATA, false),
            keys: Document::new("keys", KEYS, true),
            keys_asked_at: std::sync::Mutex::default(),
            nonces: Nonces::default(),
        }
    }
}

/// A document, and the thread that is fetching it.
pub(super) struct Document<T> {
    /// For messages.
    pub what: &'static str,
    pub waiting: &'static str,
    /// It is used on for a while also after an answer that cannot be read.
    pub outlives_bad_answers: bool,
    /// Locked while fetching: a call that waits for the lock finds the result.
    pub known: Mutex<Known<T>>,
    fetching: std::sync::Mutex<Option<ThreadNumber>>,
    /// A callback of that thread's call fetches it too.
    within: AtomicBool,
    /// Counts fetches that ended with a result; one that was cancelled or timed out does not count.
    ended: AtomicU64,
}

pub(super) struct Known<T> {
    /// What was fetched, and how long it is fresh.
    pub document: Option<(T, Instant)>,
    /// Why the last fetch failed, for the calls that were waiting for it.
    pub failure: Option<Error>,
}

impl<T> Document<T> {
    fn new(what: &'static str, waiting: &'static str, outlives_bad_answers: bool) -> Self {
        let known = Mutex::new(Known { document: None, failure: None });
        Self {
            what,
            waiting,
            outlives_bad_answers,
            known,
            fetching: std::sync::Mutex::default(),
            within: AtomicBool::default(),
            ended: AtomicU64::default(),
        }
    }

    /// The thread whose call is fetching the document.
    pub fn fetching(&self) -> MutexGuard<'_, Option<ThreadNumber>> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a call inside a callback of the call that is fetching: `None` if there is such a call already, for a callback that
    /// is called by what it does would never end.
    pub fn enter(&self) -> Option<Within<'_>> {
        (!self.within.swap(true, Ordering::SeqCst)).then(|| Within(&self.within))
    }

    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::SeqCst)
    }

    pub fn end(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// A fetch inside a fetch.
pub(super) struct Within<'a>(&'a AtomicBool);

impl Drop for Within<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
