//! Each mechanism taken out: the invariant that it guards fails.

use super::named::one_takes_over_whose_clock_is_behind;
use oauthclient_simulation::{Class, Schedule, Without, run};

/// Of one kind.
const MOST_SCHEDULES: u64 = 400;

/// The invariant fails in a schedule of the class.
fn fails(without: Without, class: Class, invariant: &str) {
    fails_in((0..).map(Schedule::new).filter(|schedule| schedule.class == class), without, invariant);
}

fn fails_in(schedules: impl Iterator<Item = Schedule>, without: Without, invariant: &str) {
    for (number, schedule) in (1..=MOST_SCHEDULES).zip(schedules) {
        let class = schedule.class;
        let violations = run(schedule, without, false).violations;
        if let Some(what) = violations.iter().find(|what| what.starts_with(invariant)) {
            println!("without {without:?}: after {number} schedules of {class:?}, {what}");
            return;
        }
    }
    panic!("nothing fails without {without:?}");
}

#[test]
fn without_compare_and_set_an_older_token_replaces_a_newer_one() {
    fails(Without::CompareAndSet, Class::Pauses, "1:");
}

#[test]
fn without_numbers_for_readers_an_older_token_replaces_a_newer_one() {
    fails(Without::NumberOfReads, Class::Requests, "1:");
}

#[test]
fn without_numbers_before_a_clock_that_is_behind_brings_an_older_token_back() {
    fails_in((0..).map(one_takes_over_whose_clock_is_behind), Without::NumberBefore, "1:");
}

#[test]
fn without_a_lock_two_machines_send() {
    fails(Without::Lock, Class::Requests, "2:");
}

#[test]
fn without_extensions_two_machines_send() {
    fails(Without::Extension, Class::Wild, "2:");
}

#[test]
fn without_an_end_of_the_lease_a_crash_loses_the_login() {
    fails(Without::LeaseEnd, Class::Crashes, "3:");
}

#[test]
fn without_the_mark_a_pause_loses_the_login() {
    fails(Without::Mark, Class::Pauses, "3:");
}

#[test]
fn without_numbers_a_flush_loses_the_login() {
    fails(Without::Number, Class::Losses, "3:");
}

#[test]
fn without_a_wait_for_a_replica_a_fail_over_loses_the_login() {
    fails(Without::ReplicaWait, Class::FailOvers, "3:");
}
