//! Single flight and hand-over: callers that begin, wait, lose their patience, leave and drive on, in many orders.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::Arc;
use shuttle::thread::{self, JoinHandle};

use crate::flight::{Flight, Turn};
use crate::orders;
use crate::sync::FOREVER;

/// Steps of a piece of work; once it has begun it must be finished.
const STEPS: usize = 2;

/// One caller.
#[derive(Clone, Copy)]
struct Caller {
    /// Takes the seat if it is free, and never waits.
    early: bool,
    /// Takes the seat if it is free; else it is told of the end, and blocks no thread.
    listens: bool,
    /// How often it is content to wait for a while; without it, it waits until it is woken.
    patience: Option<usize>,
    /// How many steps it drives before it leaves.
    drives: usize,
}

const PATIENT: Caller = Caller { early: false, listens: false, patience: None, drives: STEPS };
/// Begins, and leaves.
const LEAVING: Caller = Caller { drives: 1, ..PATIENT };
/// Leaves before anything has begun.
const TIMID: Caller = Caller { drives: 0, ..PATIENT };
const EARLY: Caller = Caller { early: true, ..PATIENT };
const LISTENING: Caller = Caller { listens: true, ..PATIENT };

/// The books of one run. Plain atomics: to look at them changes nothing in the order of the threads.
#[derive(Default)]
struct World {
    flight: Flight<Work, Told>,
    drivers: AtomicUsize,
    begun: AtomicUsize,
    dropped: AtomicUsize,
    /// Ends that may have happened, and ends that have.
    ending: AtomicUsize,
    ended: AtomicUsize,
    /// Calls that wait, or end a piece of work.
    inside: AtomicUsize,
    outcomes: Arc<AtomicUsize>,
    /// Listeners, and those that were told.
    listening: AtomicUsize,
    told: Arc<AtomicUsize>,
    short_lived: Mutex<Vec<JoinHandle<()>>>,
}

struct Work {
    done: usize,
}

/// An outcome, by the number of its end.
struct Told {
    number: usize,
    alive: Arc<AtomicUsize>,
}

impl Told {
    fn new(number: usize, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self { number, alive: alive.clone() }
    }
}

impl Clone for Told {
    fn clone(&self) -> Self {
        Self::new(self.number, &self.alive)
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
    }
}

impl World {
    fn call(self: &Arc<Self>, caller: Caller) {
        if caller.early {
            if self.flight.try_begin() {
                self.begin(caller);
            }
            return;
        }
        if caller.listens {
            let told = self.told.clone();
            match self.flight.begin_or_listen(move |outcome| {
                drop(outcome);
                told.fetch_add(1, SeqCst);
            }) {
                true => self.begin(caller),
                false => _ = self.listening.fetch_add(1, SeqCst),
            }
            return;
        }
        let ended = self.ended.load(SeqCst);
        self.inside.fetch_add(1, SeqCst);
        let turn = self.join(caller);
        if let Turn::Ended(told) = &turn {
            assert!(told.number > ended, "the outcome of what had ended before the call");
        }
        let work = match turn {
            Turn::Begin => Some(None),
            Turn::Resume(work) => Some(Some(work)),
            Turn::Ended(told) => {
                drop(told);
                None
            }
            Turn::Left => None,
        };
        self.came_out();
        match work {
            Some(None) => self.begin(caller),
            Some(Some(work)) => self.drive(work, caller.drives),
            None => {}
        }
    }

    fn join(&self, caller: Caller) -> Turn<Work, Told> {
        let (asked, waited_from) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        self.flight.join(|| {
            // Under the lock: an end that may not have begun at the first look, and has happened now, found it waiting.
            _ = waited_from.compare_exchange(usize::MAX, self.ending.load(SeqCst), SeqCst, SeqCst);
            let missed = self.ended.load(SeqCst) > waited_from.load(SeqCst);
            assert!(!missed, "who waited for what has ended was not told");
            match caller.patience {
                None => Some(FOREVER),
                Some(patience) => (asked.fetch_add(1, SeqCst) < patience).then_some(Duration::ZERO),
            }
        })
    }

    fn begin(self: &Arc<Self>, caller: Caller) {
        self.begun.fetch_add(1, SeqCst);
        self.drive(Work { done: 0 }, caller.drives);
    }

    fn drive(self: &Arc<Self>, mut work: Work, steps: usize) {
        for _ in 0..steps {
            assert_eq!(self.drivers.fetch_add(1, SeqCst), 0, "two at the wheel");
            thread::yield_now();
            work.done += 1;
            self.drivers.fetch_sub(1, SeqCst);
            if work.done == STEPS {
                return self.end();
            }
        }
        if work.done == 0 {
            self.dropped.fetch_add(1, SeqCst);
            return self.flight.give_up();
        }
        if let Some(work) = self.flight.leave(work) {
            let world = self.clone();
            let finish = thread::spawn(move || world.drive(work, STEPS));
            self.short_lived.lock().expect("the threads").push(finish);
        }
    }

    fn end(&self) {
        self.inside.fetch_add(1, SeqCst);
        let number = self.ending.fetch_add(1, SeqCst) + 1;
        self.flight.end(Told::new(number, &self.outcomes));
        self.ended.fetch_add(1, SeqCst);
        self.came_out();
    }

    fn came_out(&self) {
        let nobody = self.inside.fetch_sub(1, SeqCst) == 1;
        assert!(!nobody || self.outcomes.load(SeqCst) == 0, "an outcome is kept for nobody");
    }
}

fn run(callers: Vec<Vec<Caller>>) {
    let world = Arc::new(World::default());
    let start = |calls: Vec<Caller>| {
        let world = world.clone();
        thread::spawn(move || calls.into_iter().for_each(|caller| world.call(caller)))
    };
    let threads: Vec<_> = callers.into_iter().map(start).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("a caller"));
    while let Some(thread) = { world.short_lived.lock().expect("the threads").pop() } {
        thread.join().expect("a short-lived thread");
    }
    let [begun, dropped, ended] = [&world.begun, &world.dropped, &world.ended].map(|count| count.load(SeqCst));
    assert_eq!(begun, dropped + ended, "a piece of work was begun and lost");
    assert_eq!(world.listening.load(SeqCst), world.told.load(SeqCst), "each listener is told once");
    assert!(world.flight.try_begin(), "the seat is free in the end");
}

/// What two callers can do to each other. More have too many orders to try them all.
#[test]
fn every_order_of_two() {
    for (one, other) in [
        (PATIENT, EARLY),
        (TIMID, PATIENT),
        (LEAVING, EARLY),
        (LEAVING, PATIENT),
        (LEAVING, LEAVING),
        (LISTENING, PATIENT),
        (LISTENING, LEAVING),
        (LISTENING, TIMID),
    ] {
        orders::all(move || run(vec![vec![one], vec![other]]));
    }
}

#[test]
fn many_callers_in_many_orders() {
    orders::many(50_000, || {
        let mut random = thread_rng();
        let mut caller = || Caller {
            early: random.gen_bool(0.2),
            listens: random.gen_bool(0.2),
            patience: random.gen_bool(0.6).then(|| random.gen_range(0..4)),
            drives: random.gen_range(0..=STEPS),
        };
        let callers = (0..5).map(|_| (0..2).map(|_| caller()).collect()).collect();
        run(callers);
    });
}
