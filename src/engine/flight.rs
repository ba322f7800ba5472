//! One piece of work for all who need it: one drives it, the others wait, and who leaves hands over.

use std::mem;
use std::time::Duration;

use super::sync::{self, Condvar, Mutex};

/// `W` is work that its driver left before it was done, `O` what is told to those who waited.
pub struct Flight<W, O> {
    state: Mutex<State<W, O>>,
    changed: Condvar,
}

struct State<W, O> {
    stage: Stage<W>,
    /// Those who wait for the work of now.
    waiting: usize,
    /// Those who waited for work that has ended, and have not come to look yet.
    told: usize,
    /// Pieces of work that came to their end.
    ended: u64,
    /// How the last one ended; kept for those who are told.
    outcome: Option<O>,
}

enum Stage<W> {
    Idle,
    /// Somebody drives it.
    Driven,
    /// For the next one who looks.
    Left(W),
}

/// What comes of waiting.
#[derive(Debug)]
pub enum Turn<W, O> {
    /// The caller has the seat now, and has to begin.
    Begin,
    /// The caller has the seat now, and has to go on with this.
    Resume(W),
    /// Another one has done it.
    Ended(O),
    /// The time was over.
    Left,
}

impl<W, O> Default for Flight<W, O> {
    fn default() -> Self {
        let state = State { stage: Stage::Idle, waiting: 0, told: 0, ended: 0, outcome: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<W, O: Clone> Flight<W, O> {
    /// Takes the seat if nobody is at it; never waits.
    pub fn try_begin(&self) -> bool {
        let mut state = sync::lock(&self.state);
        let free = matches!(state.stage, Stage::Idle);
        if free {
            state.stage = Stage::Driven;
        }
        free
    }

    /// Takes the seat, or waits for whoever has it. `patience` is how long to wait before it is asked again; `None` ends it.
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
                Stage::Left(work) => return Turn::Resume(work), // also by one whose time is over: it must not be lost
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

    /// The work is done.
    pub fn end(&self, outcome: O) {
        let mut state = sync::lock(&self.state);
        state.stage = Stage::Idle;
        state.ended += 1;
        state.told += mem::take(&mut state.waiting);
        state.outcome = (state.told > 0).then_some(outcome);
        self.changed.notify_all();
    }

    /// The work was dropped, and may be begun anew.
    pub fn give_up(&self) {
        sync::lock(&self.state).stage = Stage::Idle;
        self.changed.notify_all();
    }

    /// Hands unfinished work to whoever waits. If nobody does, it comes back with the seat still taken: it has to be driven
    /// on some other way.
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
