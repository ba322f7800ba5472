//! The same over Redis, where a holder is stopped until its lease has lapsed, and the Redis itself is killed and comes back.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use oauthclient_test_server::rotation::{Fault, Options, Outcome, Reuse, Rotation};

use crate::redis_server::{RedisServer, is_installed};
use crate::rotation::PROCESSES;
use crate::seconds;
use crate::worker::{Said, Work, Worker};

/// A lease lasts for this and ten seconds.
const TIMEOUT_MS: u32 = 2000;
/// At least so long: a holder stopped on either side of an answer, and a restart.
const SECONDS: u64 = 48;
/// What a call may end with while nobody can know which token is good: the holder is stopped, or the Redis is gone.
const OUTAGES: [&str; 2] = ["failed OAUTH_ERROR_TIMEOUT", "failed OAUTH_ERROR_STORE"];

/// The first and only one.
const LOGIN: usize = 0;

#[test]
fn redis_never_has_a_newer_token_overwritten_by_an_older() {
    if !is_installed() {
        return;
    }
    // What it has confirmed survives a kill.
    let mut redis = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let reuse = Reuse::Fresh(Duration::from_secs(60));
    let server = Rotation::start(Options { access_token_lifetime_s: 2, reuse });
    let work = Work {
        store: redis.url(),
        token_endpoint: server.token_endpoint(),
        userinfo_endpoint: Some(server.resource()),
        client: ("client".to_owned(), "secret".to_owned()),
        timeout_ms: TIMEOUT_MS,
    };
    work.adopt(&server.log_in());
    let seconds = seconds().max(SECONDS);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut workers: Vec<Worker> = (0..PROCESSES).map(|_| work.start(&["call", "8", &seconds.to_string()])).collect();
    workers.iter_mut().for_each(Worker::listen); // they have much to say while the Redis is gone
    let (mut stopped, mut failed_later) = (0, Vec::new());
    while end.saturating_duration_since(Instant::now()) > Duration::from_secs(20) {
        match stopped % 2 {
            0 => stopped_before_the_answer(&server),
            _ => failed_later.extend(stopped_before_saving(&server, &work).failures),
        }
        stopped += 1;
        if stopped == 1 {
            redis.kill();
            thread::sleep(Duration::from_millis(500)); // an outage that is noticed
            redis.start_again();
        }
    }
    let said: Vec<Said> = workers.into_iter().map(Worker::said).collect();
    let failures = || said.iter().flat_map(|said| &said.failures).chain(&failed_later);
    let is_outage = |failure: &&String| OUTAGES.iter().any(|outage| failure.starts_with(outage));
    let odd: Vec<&String> = failures().filter(|failure| !is_outage(failure)).collect();
    let calls: u64 = said.iter().map(|said| said.calls).sum();
    let renewals = server.take_renewals();
    let replays = renewals.iter().filter(|renewal| renewal.outcome == Outcome::Replayed).count();
    println!(
        "{seconds} s, {PROCESSES} processes, 8 threads each: {calls} calls, {} of them failed in outages; {} renewals, \
         {replays} replays after {stopped} stopped holders and a restart",
        failures().count() - odd.len(),
        renewals.len(),
    );
    assert!(odd.is_empty(), "{odd:#?}");
    assert!(replays >= stopped, "a stopped holder was waited for");
    for renewal in &renewals {
        let good = match renewal.outcome {
            // An older one would mean that it had taken the place of the newest.
            Outcome::Renewed => renewal.sequence == renewal.newest,
            outcome => outcome == Outcome::Replayed,
        };
        assert!(good, "{renewal:?}");
    }
}

/// The answer comes, and nobody is there: the others take over.
fn stopped_before_the_answer(server: &Rotation) {
    server.fail(&[Fault::HoldAnswer]);
    let held = server.wait_for_held();
    signal(&held.user_agent, "STOP");
    wait_until_stopped(&held.user_agent);
    server.release();
    server.wait_for_newer(LOGIN, held.newest + 1);
    signal(&held.user_agent, "CONT");
}

/// It goes on with a token to save, when what the others have saved is newer.
fn stopped_before_saving(server: &Rotation, work: &Work) -> Said {
    let mut worker = work.start(&["stall"]);
    worker.listen(); // a full pipe would stop it too soon
    if !is_stopped_soon(&worker.id()) {
        worker.kill();
        panic!("a worker does not stop: {:?}", worker.said().failures);
    }
    server.wait_for_newer(LOGIN, server.newest(LOGIN) + 1); // one that was got with the newer one
    signal(&worker.id(), "CONT");
    worker.said()
}

fn wait_until_stopped(id: &str) {
    assert!(is_stopped_soon(id), "{id} does not stop");
}

/// A stopped process runs until its last thread has noticed; a session that has failed pauses for up to a minute.
fn is_stopped_soon(id: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(90);
    let is_stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("it is there");
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    };
    while !is_stopped() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    is_stopped()
}

/// Sends a signal by name to the process that the server knows by its id.
fn signal(id: &str, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), id]).status().expect("kill").success());
}
