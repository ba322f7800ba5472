//! One renewal over Redis: round trips, commands, bytes, CPU of both, connections.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use crate::Result;
use crate::case::{Connection, Scheme};
use crate::count::Counter;
use crate::load::{LATE_SUFFIX, Load};
use crate::measurement::median;
use crate::scale::machines::Machines;
use crate::scale::redis::Redis;
use crate::scale::usage::{Usage, field};
use crate::scale::{Scale, figure, log_in};
use crate::table::Figure;

const WATCHED: u32 = 100;

pub fn figures(scale: &mut Scale) -> Result<Vec<Figure>> {
    eprintln!("one renewal");
    let mut figures = commands(scale)?;
    figures.extend(costs(scale)?);
    figures.extend(counts(scale)?);
    for kept in [2, 8] {
        figures.extend(connections(scale, kept)?);
    }
    Ok(figures)
}

/// What the server was asked for renewals of one login, one by one.
pub fn watched(redis: &Redis, scale: &Scale) -> Result<(BTreeMap<String, f64>, f64)> {
    let words = format!("{} refused=1 calls={WATCHED}", log_in());
    asked_by(redis, scale, scale.arguments_at(redis.port, "", &words))
}

fn asked_by(redis: &Redis, scale: &Scale, arguments: Vec<String>) -> Result<(BTreeMap<String, f64>, f64)> {
    let mut machines = Machines::open(&scale.sessions, &[arguments])?;
    let watch = redis.watch()?;
    machines.run()?;
    let (mut asked, mut by_scripts) = (BTreeMap::new(), 0.0);
    for (name, by_script) in watch.commands()? {
        let count = 1.0 / f64::from(WATCHED);
        if by_script {
            by_scripts += count;
        } else {
            *asked.entry(name).or_insert(0.0) += count;
        }
    }
    Ok((asked, by_scripts))
}

/// ROLE goes with the write before it.
pub fn round_trips(asked: &BTreeMap<String, f64>) -> f64 {
    asked.iter().filter(|(name, _)| *name != "ROLE").map(|(_, count)| count).sum()
}

fn commands(scale: &Scale) -> Result<Vec<Figure>> {
    let (asked, by_scripts) = watched(&scale.redis, scale)?;
    let mut figures = vec![figure("a renewal: round trips to Redis", round_trips(&asked), 2)];
    figures.extend(asked.into_iter().map(|(name, count)| figure(format!("a renewal: {name}"), count, 2)));
    figures.push(figure("a renewal: commands that its scripts run", by_scripts, 2));
    let (failing, _) = asked_by(&scale.redis, scale, failing(scale))?;
    figures.push(figure("a renewal that fails: round trips to Redis", round_trips(&failing), 2));
    Ok(figures)
}

/// Nobody listens at the token endpoint: one call of each login fails, before its pauses begin.
fn failing(scale: &Scale) -> Vec<String> {
    let token = r#"token={"oauthclient_token":2,"access_token":"AT","refresh_token":"RT"}"#;
    let words =
        format!("{token} url=http://127.0.0.1:9/token logins={WATCHED} calls={WATCHED} refused=1 deadline_ms=5000");
    scale.arguments(&words)
}

/// With one thread, so that nobody waits.
fn costs(scale: &mut Scale) -> Result<Vec<Figure>> {
    let mut runs: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..scale.runs {
        let arguments = scale.arguments(&format!("{} refused=1 calls=2000", log_in()));
        let mut machines = Machines::open(&scale.sessions, &[arguments])?;
        let (outcome, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
        let mut note = |what, value: f64| runs.entry(what).or_default().push(value);
        note("a renewal: bytes to Redis", usage.bytes_in / outcome.calls);
        note("a renewal: bytes from Redis", usage.bytes_out / outcome.calls);
        note("a renewal, 1 thread: CPU of Redis, µs", usage.cpu_us / outcome.calls);
        note("a renewal, 1 thread: of that in scripts, µs", usage.time_us("evalsha") / outcome.calls);
        note("a renewal, 1 thread: CPU of the client, µs", outcome.cpu_us / outcome.calls);
        note("a renewal, 1 thread: p50, µs", outcome.p50_ms * 1e3);
        let memory = scale.arguments_in_memory("", &format!("{} refused=1 calls=2000", log_in()));
        let outcome = Machines::open(&scale.sessions, &[memory])?.run()?;
        note("the same without Redis, in memory: CPU of the client, µs", outcome.cpu_us / outcome.calls);
    }
    Ok(runs.into_iter().map(|(what, values)| figure(what, median(values), 1)).collect())
}

/// Beyond those of a refresh that nobody keeps, and of a session in memory.
fn counts(scale: &Scale) -> Result<Vec<Figure>> {
    let load = |calls| Load { late: true, ..Load::new(Scheme::Http, Connection::Kept, 1, calls) };
    let mut figures = Vec::new();
    for (counted, counter) in [("user instructions", Counter::Instructions), ("system calls", Counter::Syscalls)] {
        let over_redis = counter.of_each(50, 250, scale.scratch(), |tool, calls| {
            let words = format!("{} refused=1 calls={calls}", log_in());
            scale.sessions.line(tool, &scale.arguments_at(scale.redis.port, LATE_SUFFIX, &words)).map(drop)
        })?;
        let in_memory = counter.of_each(50, 250, scale.scratch(), |tool, calls| {
            let words = format!("{} refused=1 calls={calls}", log_in());
            scale.sessions.line(tool, &scale.arguments_in_memory(LATE_SUFFIX, &words)).map(drop)
        })?;
        let refresh = counter.of_each(50, 250, scale.scratch(), |tool, calls| {
            scale.refresh.run_under(tool, &load(calls), &scale.server).map(drop)
        })?;
        figures.push(figure(format!("a renewal over Redis: {counted}"), over_redis, 0));
        figures.push(figure(format!("a renewal of a session in memory: {counted}"), in_memory, 0));
        figures.push(figure(format!("a refresh without a session: {counted}"), refresh, 0));
    }
    Ok(figures)
}

fn connections(scale: &mut Scale, kept: u32) -> Result<Vec<Figure>> {
    let words = format!("{} refused=1 logins=80 threads=8 calls=500 connections={kept}", log_in());
    let arguments = scale.arguments(&words);
    let before = connected(&mut scale.redis)?;
    let mut machines = Machines::open(&scale.sessions, &[arguments])?;
    let ((highest, calls), usage) = Usage::of(&mut scale.redis, |redis| {
        machines.go()?;
        let mut highest = 0.0_f64;
        for _ in 0..20 {
            sleep(Duration::from_millis(10));
            highest = highest.max(connected(redis)?);
        }
        Ok((highest, machines.outcome()?.calls))
    })?;
    let idle = connected(&mut scale.redis)?;
    let name = format!("8 threads, {kept} connections kept");
    Ok(vec![
        figure(format!("{name}: highest number of connections"), highest - before, 0),
        figure(format!("{name}: connections opened a renewal"), usage.connections / calls, 2),
        figure(format!("{name}: CPU of Redis a renewal, µs"), usage.cpu_us / calls, 1),
        figure(format!("{name}: connections afterwards, idle"), idle - before, 0),
    ])
}

pub fn connected(redis: &mut Redis) -> Result<f64> {
    field(&redis.info()?, "connected_clients")
}
