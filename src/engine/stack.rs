//! A stack that many threads take from and put back to; what lies unused at its bottom is let go.

use super::sync::{self, Mutex};

pub struct Stack<T>(Mutex<Vec<T>>);

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> Stack<T> {
    pub fn take(&self) -> Option<T> {
        sync::lock(&self.0).pop()
    }

    /// Gives back what was not used for too long: to drop it takes its time, and is not done under the lock.
    pub fn put(&self, item: T, is_unused: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut items = sync::lock(&self.0);
        items.push(item);
        let unused = items.first().is_some_and(is_unused);
        unused.then(|| items.remove(0))
    }
}
