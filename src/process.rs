//! State of one process: a forked child gets its own, and never touches a lock that it inherited.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use once_cell::race::OnceBox;

/// What a call is made inside of.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// The thread on which the program made the outermost call; absent where this is that thread.
    outer: Option<ThreadId>,
    /// The sessions at work around this call, innermost first, by their addresses; 0 for none.
    sessions: [usize; DEEPEST],
}

/// Sessions in each other's callbacks, at most.
const DEEPEST: usize = 4;

thread_local! {
    static SURROUNDINGS: Cell<Surroundings> = const { Cell::new(Surroundings { outer: None, sessions: [0; DEEPEST] }) };
}

/// The thread of the call inside whose callback this call was made, which runs on a thread of its own.
pub fn outer() -> Option<ThreadId> {
    SURROUNDINGS.get().outer
}

/// The thread on which the program made the call; of calls inside calls, the outermost.
pub fn caller() -> ThreadId {
    outer().unwrap_or_else(|| thread::current().id())
}

/// What a call that is made now, on another thread in place of this one, is inside of.
pub fn surroundings() -> Surroundings {
    Surroundings { outer: Some(caller()), ..SURROUNDINGS.get() }
}

/// From now on this thread runs a call that is inside of these.
pub fn enter(surroundings: Surroundings) {
    SURROUNDINGS.set(surroundings);
}

/// Runs the work of a session: what callbacks of the program do meanwhile, they do within it.
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

/// Whether this is called from inside of [`within`] for that session.
pub fn is_within(session: usize) -> bool {
    SURROUNDINGS.get().sessions.contains(&session)
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

impl<T: Default> PerProcess<Mutex<T>> {
    /// This process's value, behind a mutex that no other process ever touched.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.get(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
