//! A stack that many threads pop from and push to. Items that lie unused at its bottom are dropped.

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

    /// Returns the bottom item if it is unused: dropping it takes time, and is done outside of the lock.
    pub fn put(&self, item: T, is_unused: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut items = sync::lock(&self.0);
        items.push(item);
        let unused = items.first().is_some_and(is_unused);
        unused.then(|| items.remove(0))
    }
}
