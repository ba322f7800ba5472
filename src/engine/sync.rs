//! The lock types of this layer. The models in tests/models replace them, under the same names.

use std::sync::PoisonError;
use std::time::Duration;

pub use std::sync::{Condvar, Mutex, MutexGuard};

/// Poisoning is ignored: a panic under these locks leaves no half-done change.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until woken, or for at most `time`.
pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
    condvar.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner).0
}
