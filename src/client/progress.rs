//! What a call is doing, for those that wait for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::text::Text;

/// Shared by the call and those that wait for it.
#[derive(Default)]
pub struct Progress(Mutex<Doing>);

#[derive(Default)]
struct Doing {
    waits_for: &'static str,
    endpoint: Option<Text>,
    attempts: u32,
    /// The request itself, not one for metadata.
    is_request: bool,
}

impl Progress {
    fn doing(&self) -> MutexGuard<'_, Doing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `what` continues "the time ran out while waiting for".
    pub fn waits_for(&self, what: &'static str) {
        *self.doing() = Doing { waits_for: what, ..Doing::default() };
    }

    /// A request goes to the endpoint, for the so many-th time.
    pub fn sends(&self, endpoint: &str, attempts: u32, is_request: bool) {
        *self.doing() =
            Doing { waits_for: "the answer of", endpoint: Some(Text::lossy(endpoint)), attempts, is_request };
    }

    /// What the call waits for, as the end of a sentence.
    pub fn said(&self) -> String {
        let doing = self.doing();
        let endpoint = doing.endpoint.as_ref().map_or("", Text::as_str);
        format!("{} {endpoint}", doing.waits_for).trim_end().to_owned()
    }

    /// Adds endpoint and attempts to the error of a call that no longer waits.
    pub fn complete(&self, mut error: Error) -> Error {
        let doing = self.doing();
        error.endpoint = doing.endpoint.clone();
        error.attempts = doing.attempts;
        error.request_sent = doing.is_request;
        error
    }
}
