//! State of one process, and of the calls on its threads. A forked child gets its own state, and never touches a lock
//! that it inherited.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use once_cell::race::OnceBox;

use crate::host;

/// The number of a thread in this process. std's own cannot be asked for when the thread is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadNumber(u64);

impl ThreadNumber {
    fn of_this_thread() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        thread_local!(static NUMBER: Cell<u64> = const { Cell::new(0) });
        if NUMBER.get() == 0 {
            NUMBER.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        Self(NUMBER.get())
    }
}

/// The calls and sessions that a call is made inside of.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// The thread on which the program made the outermost call; `None` if it is this thread.
    outer: Option<ThreadNumber>,
    /// The sessions at work around this call, innermost first, by their addresses; 0: none.
    sessions: [usize; DEEPEST],
}

/// Most nested sessions that are remembered; beyond it, the outermost is forgotten.
const DEEPEST: usize = 4;

thread_local! {
    static SURROUNDINGS: Cell<Surroundings> = const { Cell::new(Surroundings { outer: None, sessions: [0; DEEPEST] }) };
}

/// The thread of the outermost call, if this call was made inside its callback and runs on another thread.
pub fn outer() -> Option<ThreadNumber> {
    SURROUNDINGS.get().outer
}

/// The thread on which the program made the call; of nested calls, the outermost.
pub fn caller() -> ThreadNumber {
    outer().unwrap_or_else(ThreadNumber::of_this_thread)
}

/// Call context to hand to a thread that runs a call for this one.
pub fn surroundings() -> Surroundings {
    Surroundings { outer: Some(caller()), ..SURROUNDINGS.get() }
}

/// Gives this thread the call context of another one.
pub fn enter(surroundings: Surroundings) {
    SURROUNDINGS.set(surroundings);
}

/// Runs work of a session. Calls that callbacks of the program make meanwhile are inside of it.
pub fn within<T>(session: usize, work: impl FnOnce() -> T) -> T {
    struct Restore(Surroundings);
    impl Drop for Restore {
        fn drop(&mut self) {
            SURROUNDINGS.set(self.0);
        }
    }
    let restore = Restore(SURROUNDINGS.get());
    let mut inner = restore.0;
    inner.sessions.rotate_right(1);
    inner.sessions[0] = session;
    SURROUNDINGS.set(inner);
    work()
}

/// Whether this is called inside of [`within`] for that session.
pub fn is_within(session: usize) -> bool {
    SURROUNDINGS.get().sessions.contains(&session)
}

/// One value for each process. The value of a forked child is chained after that of its parent.
pub struct PerProcess<T> {
    process: u64,
    value: T,
    next: OnceBox<Self>,
}

impl<T> PerProcess<T> {
    pub fn new(value: T) -> Self {
        Self { process: host::generation(), value, next: OnceBox::new() }
    }

    /// This process's value, made at first use. A lock that was held at the moment of the fork stays locked in the
    /// child; none is touched here.
    pub fn get(&self, make: impl Fn() -> T) -> &T {
        let mut one = self;
        let process = host::generation();
        while one.process != process {
            one = one.next.get_or_init(|| Box::new(Self::new(make())));
        }
        &one.value
    }
}

impl<T: Default> PerProcess<Mutex<T>> {
    /// Locks this process's value, with a mutex that no other process ever touched.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.get(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
