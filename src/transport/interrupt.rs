//! A function of the program that says whether a call is to stop: for hosts that handle signals themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::process::{self, ThreadNumber};

/// How often it is asked.
pub const EVERY: Duration = Duration::from_millis(50);

pub type Ask = dyn Fn() -> bool + Send + Sync;

/// The function, which is asked on the threads of the calls alone.
pub struct Interrupt {
    ask: Arc<Ask>,
    /// The threads that have asked it since their calls began.
    callers: Mutex<Vec<Caller>>,
}

struct Caller {
    thread: ThreadNumber,
    asked_at: Instant,
    /// It may say so once, and the call looks more than once.
    is_stopped: bool,
}

impl Interrupt {
    pub fn new(ask: Arc<Ask>) -> Self {
        Self { ask, callers: Mutex::default() }
    }

    /// Another call begins on this thread.
    pub fn begin(&self) {
        self.callers().retain(|caller| caller.thread != process::caller());
    }

    /// Whether it has stopped the call of this thread.
    pub fn has_stopped(&self) -> bool {
        self.callers().iter().any(|caller| caller.thread == process::caller() && caller.is_stopped)
    }

    /// Asks, unless that was done a moment ago, or this is another thread than that of the program's call.
    pub fn look(&self) -> bool {
        let thread = process::caller();
        let of_this = |callers: &[Caller]| callers.iter().position(|caller| caller.thread == thread);
        {
            let mut callers = self.callers();
            let at = of_this(&callers);
            if let Some(caller) = at.map(|at| &mut callers[at]) {
                if caller.is_stopped || caller.asked_at.elapsed() < EVERY / 2 {
                    return caller.is_stopped;
                }
                caller.asked_at = Instant::now();
            } else {
                callers.push(Caller { thread, asked_at: Instant::now(), is_stopped: false });
            }
        }
        if process::outer().is_some() {
            return false;
        }
        let stops = (self.ask)();
        let mut callers = self.callers();
        if let Some(at) = of_this(&callers) {
            callers[at].is_stopped |= stops;
        }
        stops
    }

    fn callers(&self) -> MutexGuard<'_, Vec<Caller>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
