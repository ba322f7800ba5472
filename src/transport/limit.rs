//! How long what blocks may take on this thread: until the deadline of the call, or until it is cancelled.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::transport::cancel::Cancel;

/// The call whose time counts.
#[derive(Clone, Default)]
struct Limit {
    until: Option<Instant>,
    cancel: Option<Arc<Cancel>>,
}

thread_local!(static LIMIT: RefCell<Limit> = RefCell::default());

/// The limit of this thread, until dropped.
pub struct Limited(Option<Limit>);

/// From now on, what blocks on this thread ends at this moment, or when it is cancelled.
pub fn limited(until: Option<Instant>, cancel: Option<Arc<Cancel>>) -> Limited {
    Limited(LIMIT.try_with(|limit| limit.replace(Limit { until, cancel })).ok())
}

/// The same for a part of the call: no longer than so much from now.
pub fn within(time: Duration) -> Limited {
    let until = Instant::now() + time;
    let narrowed = |limit: &RefCell<Limit>| {
        let Limit { until: whole, cancel } = limit.borrow().clone();
        limit.replace(Limit { until: Some(whole.map_or(until, |whole| whole.min(until))), cancel })
    };
    Limited(LIMIT.try_with(narrowed).ok())
}

impl Drop for Limited {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            _ = LIMIT.try_with(|limit| limit.replace(before));
        }
    }
}

/// How much of `patience` is left; nothing once the call has been cancelled.
pub fn left(patience: Duration) -> Duration {
    let left = |limit: &Limit| {
        let until = limit.until.map_or(patience, |until| until.saturating_duration_since(Instant::now()));
        let is_cancelled = limit.cancel.as_ref().is_some_and(|cancel| cancel.look());
        if is_cancelled { Duration::ZERO } else { until.min(patience) }
    };
    LIMIT.try_with(|limit| left(&limit.borrow())).unwrap_or(patience)
}
