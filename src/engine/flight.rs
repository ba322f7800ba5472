//! Single flight: one thread drives a piece of work, and the other threads that need it wait.
//!
//! The driving thread has the seat. If it leaves early, it hands the unfinished work to a waiting thread.

use std::mem;
use std::time::Duration;

use super::sync::{self, Condvar, Mutex};

/// `W` is work that its driver left before the end, `O` the outcome for the threads that waited.
pub struct Flight<W, O> {
    state: Mutex<State<W, O>>,
    changed: Condvar,
}

struct State<W, O> {
    stage: Stage<W>,
    /// Threads that wait for the current work.
    waiting: usize,
    /// Threads that waited for work that has ended, and have not seen the outcome yet.
    told: usize,
    /// How many pieces of work have ended.
    ended: u64,
    /// The outcome of the last one; kept for the `told` threads.
    outcome: Option<O>,
    /// Those that wait for the current work, and block no thread.
    listeners: Vec<Listener<O>>,
}

/// Is called once: with the outcome, or with `None` if the work was given up, and may be begun anew.
pub type Listener<O> = Box<dyn FnOnce(Option<O>) + Send>;

enum Stage<W> {
    Idle,
    /// A thread drives it.
    Driven,
    /// Its driver left: the next thread that looks takes it.
    Left(W),
}

/// How [`Flight::join`] ended.
#[derive(Debug)]
pub enum Turn<W, O> {
    /// The caller has the seat, and has to begin the work.
    Begin,
    /// The caller has the seat, and has to go on with this work.
    Resume(W),
    /// The driving thread ended the work.
    Ended(O),
    /// The patience of the caller ended.
    Left,
}

impl<W, O> Default for Flight<W, O> {
    fn default() -> Self {
        let state = State { stage: Stage::Idle, waiting: 0, told: 0, ended: 0, outcome: None, listeners: Vec::new() };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<W, O: Clone> Flight<W, O> {
    /// Takes the seat if it is free; never waits.
    pub fn try_begin(&self) -> bool {
        let mut state = sync::lock(&self.state);
        let free = matches!(state.stage, Stage::Idle);
        if free {
            state.stage = Stage::Driven;
        }
        free
    }

    /// Takes the seat if it is free. Else the listener is told of the end of the work; never on this call's stack.
    pub fn begin_or_listen(&self, listener: impl FnOnce(Option<O>) + Send + 'static) -> bool {
        let mut state = sync::lock(&self.state);
        let free = matches!(state.stage, Stage::Idle);
        match free {
            true => state.stage = Stage::Driven,
            false => state.listeners.push(Box::new(listener)),
        }
        free
    }

    /// Takes the seat, or waits for the thread that has it. `patience` is how long to wait before it is asked again;
    /// `None` ends the wait.
    pub fn join(&self, patience: impl Fn() -> Option<Duration>) -> Turn<W, O> {
        let mut state = sync::lock(&self.state);
        let ended_before = state.ended;
        loop {
            if state.ended != ended_before
                && let Some(outcome) = state.outcome.clone()
            {
                state.told -= 1;
                if state.told == 0 {
                    state.outcome = None;
                }
                return Turn::Ended(outcome);
            }
            match mem::replace(&mut state.stage, Stage::Driven) {
                Stage::Idle => return Turn::Begin,
                Stage::Left(work) => return Turn::Resume(work), // even if the time is over: it must not be lost
                Stage::Driven => {}
            }
            let Some(time) = patience() else { return Turn::Left };
            state.waiting += 1;
            state = sync::wait(&self.changed, state, time);
            if state.ended == ended_before {
                state.waiting -= 1;
            }
        }
    }

    /// Ends the work, and frees the seat.
    pub fn end(&self, outcome: O) {
        let mut state = sync::lock(&self.state);
        state.stage = Stage::Idle;
        state.ended += 1;
        state.told += mem::take(&mut state.waiting);
        state.outcome = (state.told > 0).then(|| outcome.clone());
        let listeners = mem::take(&mut state.listeners);
        self.changed.notify_all();
        drop(state);
        listeners.into_iter().for_each(|listener| listener(Some(outcome.clone())));
    }

    /// Frees the seat without an outcome: the work was dropped, and may be begun anew.
    pub fn give_up(&self) {
        let mut state = sync::lock(&self.state);
        state.stage = Stage::Idle;
        let listeners = mem::take(&mut state.listeners);
        self.changed.notify_all();
        drop(state);
        listeners.into_iter().for_each(|listener| listener(None));
    }

    /// Hands unfinished work to a waiting thread. If none waits, returns it with the seat still taken: the caller has
    /// to get it driven in another way.
    pub fn leave(&self, work: W) -> Option<W> {
        let mut state = sync::lock(&self.state);
        if state.waiting == 0 {
            return Some(work);
        }
        state.stage = Stage::Left(work);
        self.changed.notify_all();
        None
    }
}
