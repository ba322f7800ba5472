//! The locks of this layer, by the names that its models replace (tests/models).

use std::sync::PoisonError;
use std::time::Duration;

pub use std::sync::{Condvar, Mutex, MutexGuard};

/// A panic under a lock leaves nothing half done here.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits to be woken, or for so long.
pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
    condvar.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner).0
}
