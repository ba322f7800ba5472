//! Many schedules. `SIMULATION_SCHEDULES` says how many, `SIMULATION_FROM` from which seed on, and `SIMULATION_SEED`
//! runs one and shows what happens in it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use oauthclient_simulation::{Counts, Outcome, Schedule, Without, run};

const SCHEDULES: u64 = 400;
/// So many that fail are enough.
const MOST_FAILED: usize = 20;

fn said(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|said| said.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// One schedule, with all that happens in it if it fails or is to be shown.
fn shown(seed: u64, always: bool) -> Outcome {
    let outcome = run(Schedule::new(seed), Without::Nothing, true);
    if always || !outcome.violations.is_empty() {
        outcome.trace.iter().for_each(|line| println!("{line}"));
        println!("SIMULATION_SEED={seed}, {:?}", Schedule::new(seed).class);
    }
    outcome
}

#[test]
fn no_schedule_goes_against_an_invariant() {
    if let Some(seed) = said("SIMULATION_SEED") {
        assert_eq!(shown(seed, true).violations, [""; 0]);
        return;
    }
    let (began, many) = (Instant::now(), said("SIMULATION_SCHEDULES").unwrap_or(SCHEDULES));
    let from = said("SIMULATION_FROM").unwrap_or(0);
    let many = from + many;
    let (next, counts, failed) = (AtomicU64::new(from), Mutex::new(Counts::default()), Mutex::new(Vec::new()));
    let one_after_another = || {
        while let seed = next.fetch_add(1, Ordering::Relaxed)
            && seed < many
        {
            let outcome = run(Schedule::new(seed), Without::Nothing, false);
            counts.lock().expect("no panic").add(&outcome.counts);
            if !outcome.violations.is_empty() {
                let mut failed = failed.lock().expect("no panic");
                failed.push((seed, outcome.violations));
                if failed.len() >= MOST_FAILED {
                    next.store(many, Ordering::Relaxed);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(one_after_another);
        }
    });
    println!("{}in {:.0?}", counts.into_inner().expect("no panic"), began.elapsed());
    let mut failed = failed.into_inner().expect("no panic");
    failed.sort();
    if let Some((seed, _)) = failed.first() {
        shown(*seed, true);
        panic!("{failed:#?}");
    }
}

#[test]
fn a_seed_is_one_schedule() {
    for seed in 0..16 {
        let (one, other) = (shown(seed, false), shown(seed, false));
        let differ = one.trace.iter().zip(&other.trace).find(|(one, other)| one != other);
        assert_eq!((differ, one.trace.len(), one.digest), (None, other.trace.len(), other.digest), "{seed}");
        let untraced = run(Schedule::new(seed), Without::Nothing, false);
        assert_eq!(untraced.counts, one.counts, "{seed}");
    }
}
