//! The locks of src/engine/sync.rs, as shuttle has them.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use shuttle::thread;

pub use shuttle::sync::{Condvar, Mutex};

/// A wait of this length ends with a notification only, so that one that never comes is a deadlock, which shuttle reports.
pub const FOREVER: Duration = Duration::MAX;

pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: shuttle::sync::MutexGuard<'a, T>,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    MutexGuard { mutex, guard: mutex.lock().expect("no panic under a lock") }
}

/// Time stands still in shuttle: a wait with an end is one that ends at any moment, woken or not.
pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
    let MutexGuard { mutex, guard } = guard;
    if time == FOREVER {
        return MutexGuard { mutex, guard: condvar.wait(guard).expect("no panic under a lock") };
    }
    drop(guard);
    thread::yield_now();
    lock(mutex)
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}
