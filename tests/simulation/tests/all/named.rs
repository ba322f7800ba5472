//! Schedules that once went against an invariant, each with the one interleaving that matters.

use oauthclient_simulation::authorization::Replay;
use oauthclient_simulation::faults::{Fault, Planned, Step};
use oauthclient_simulation::{Class, Schedule, Without, run};

/// Under some seeds, for the ways of messages differ.
fn holds(class: Class, faults: &[Planned]) {
    (0..20).for_each(|seed| schedule_holds(Schedule::with(class, seed, faults), faults.len()));
}

fn schedule_holds(schedule: Schedule, faults: usize) {
    let seed = schedule.seed;
    let outcome = run(schedule, Without::Nothing, true);
    assert_eq!(outcome.violations, [""; 0], "seed {seed}:\n{}", outcome.trace.join("\n"));
    let struck = outcome.counts.faults.iter().map(|(_, times)| *times as usize).sum::<usize>();
    assert_eq!(struck, faults, "a fault did not strike");
}

fn at(from_ms: u64, step: Step, delay_ms: u64, fault: Fault) -> Planned {
    Planned { from_ms, step: Some(step), delay_ms, machine: 0, fault }
}

fn all_lost_for(ms: u64) -> Fault {
    Fault::Cut { ms, loses_of_100: 100, refuses: false }
}

/// The replica is slow, so that the new token is lost with the master; the clock of the one that takes over is behind.
/// Another machine renews the old token before this clock has come to where the other one was.
pub fn one_takes_over_whose_clock_is_behind(seed: u64) -> Schedule {
    let fail_over = Fault::FailOver { down_ms: 0, ahead_ms: -8000, joins_ms: 3000 };
    let schedule = Schedule::with(Class::Wild, seed, &[at(30_000, Step::Saved, 2500, fail_over)]);
    Schedule { lag_ms: 3000, asks_ms: (500, 2000), replay: Replay::Another, ..schedule }
}

#[test]
fn a_later_token_with_a_lower_number_is_taken() {
    (0..40).for_each(|seed| schedule_holds(one_takes_over_whose_clock_is_behind(seed), 1));
}

/// Its lease ends, others renew twice, and then it would send a token that the server takes for stolen.
#[test]
fn a_process_that_stood_still_between_the_mark_and_the_request_sends_nothing() {
    holds(Class::Pauses, &[at(30_000, Step::Marked, 0, Fault::Pause(50_000))]);
}

/// The master has saved the new token and ends; the replica has not got it. Another machine asks when the server does
/// not take the old one again.
#[test]
fn a_save_that_no_replica_has_is_sent_again() {
    let fail_over = Fault::FailOver { down_ms: 0, ahead_ms: 0, joins_ms: 3000 };
    holds(Class::FailOvers, &[at(100_000, Step::Saved, 10, fail_over)]);
}

/// A connection that was opened while there was no replica is kept.
#[test]
fn a_replica_that_joins_later_is_waited_for() {
    let first = Fault::FailOver { down_ms: 0, ahead_ms: 0, joins_ms: 20_000 };
    let second = Fault::FailOver { down_ms: 0, ahead_ms: 0, joins_ms: 3000 };
    holds(Class::FailOvers, &[at(0, Step::Locked, 0, first), at(120_000, Step::Saved, 10, second)]);
}

/// The only machine that has the new token cannot save it, and Redis drops the login meanwhile. The others seldom ask.
#[test]
fn a_token_that_could_not_be_saved_is_not_taken_for_forgotten() {
    let faults = [at(30_000, Step::Acted, 0, Fault::Evict(0)), at(30_000, Step::Acted, 0, all_lost_for(20_000))];
    holds(Class::FailOvers, &faults);
}

/// The lock is asked for again with the same token.
#[test]
fn a_lock_without_a_fencing_number_can_save() {
    let faults = [at(30_000, Step::Locked, 0, Fault::Evict(2)), at(30_000, Step::Locked, 0, all_lost_for(3500))];
    holds(Class::Losses, &faults);
}
