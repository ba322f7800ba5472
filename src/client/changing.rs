//! What calls of one handle change, one call at a time. Nobody waits for it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::error::{Error, Result, Status};

/// It is empty while a call has taken its value: also in a child that was forked meanwhile, which has no lock to wait for.
pub struct Changing<T>(ArcSwapOption<T>);

/// The value, for one call; put back when it is dropped.
pub struct Taken<T> {
    value: Option<Arc<T>>,
    home: Arc<Changing<T>>,
}

impl<T> Changing<T> {
    pub fn new(value: T) -> Arc<Self> {
        Arc::new(Self(ArcSwapOption::from_pointee(value)))
    }

    /// `what` names the handle.
    pub fn take(self: &Arc<Self>, what: &str) -> Result<Taken<T>> {
        match self.0.swap(None) {
            None => Err(Error::new(Status::Busy, &format!("{what} is in use by another call that has not ended"))),
            value => Ok(Taken { value, home: self.clone() }),
        }
    }
}

impl<T> Taken<T> {
    pub fn get(&mut self) -> Result<&mut T> {
        let value = self.value.as_mut().and_then(Arc::get_mut);
        value.ok_or_else(|| Error::new(Status::Internal, "two calls have taken the same value"))
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        self.home.0.store(self.value.take());
    }
}
