//! State of one process: a forked child gets its own, and never touches a lock that it inherited.

use std::cell::Cell;
use std::thread::{self, ThreadId};

use once_cell::race::OnceBox;

thread_local!(static OUTER: Cell<Option<ThreadId>> = const { Cell::new(None) });

/// The thread of the call inside whose callback this call was made, which runs on a thread of its own.
pub fn outer() -> Option<ThreadId> {
    OUTER.get()
}

/// The thread on which the program made the call; of calls inside calls, the outermost.
pub fn caller() -> ThreadId {
    outer().unwrap_or_else(|| thread::current().id())
}

/// From now on this thread runs a call inside one of `caller`.
pub fn run_inside(caller: ThreadId) {
    OUTER.set(Some(caller));
}

/// A value for each process. A child finds its own behind its parent's.
pub struct PerProcess<T> {
    process: u32,
    value: T,
    next: OnceBox<Self>,
}

impl<T> PerProcess<T> {
    pub fn new(value: T) -> Self {
        Self { process: std::process::id(), value, next: OnceBox::new() }
    }

    /// This process's value, made when first asked for. A lock that was held at the moment of the fork is held forever;
    /// none is touched here.
    pub fn get(&self, make: impl Fn() -> T) -> &T {
        let mut one = self;
        while one.process != std::process::id() {
            one = one.next.get_or_init(|| Box::new(Self::new(make())));
        }
        &one.value
    }
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
