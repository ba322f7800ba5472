//! Renewals a second, and whose CPU they take.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Result;
use crate::measurement::median;
use crate::scale::machines::Machines;
use crate::scale::usage::Usage;
use crate::scale::{Scale, figure, log_in};
use crate::table::Figure;

const LOGINS: u32 = 10_000;
const THREADS: u32 = 8;

struct Run {
    rate: f64,
    client_us: f64,
    redis_us: f64,
    server_us: f64,
    /// Of one core.
    redis_share: f64,
}

pub fn figures(scale: &mut Scale) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for processes in [1, 2, 4] {
        let name = format!("{LOGINS} logins, {processes} × {THREADS} threads");
        figures.extend(measured(scale, &name, processes)?);
    }
    scale.redis.ask(&["FLUSHALL"])?;
    append_always(scale)?;
    figures.extend(measured(scale, &format!("{LOGINS} logins, 1 × {THREADS} threads, appendfsync always"), 1)?);
    scale.redis.ask(&["CONFIG", "SET", "appendonly", "no"])?;
    Ok(figures)
}

/// As the documentation of the store has it: the server's file has each write before its answer.
fn append_always(scale: &mut Scale) -> Result<()> {
    scale.redis.ask(&["CONFIG", "SET", "appendfsync", "always", "appendonly", "yes"])?;
    let began = Instant::now();
    while !scale.redis.info()?.contains("aof_rewrite_in_progress:0") {
        if began.elapsed() > Duration::from_secs(10) {
            return Err("Redis does not begin to append".into());
        }
        sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn measured(scale: &mut Scale, name: &str, processes: u32) -> Result<Vec<Figure>> {
    eprintln!("{name}");
    let runs = (0..scale.runs.min(3)).map(|_| run(scale, processes)).collect::<Result<Vec<_>>>()?;
    let row = |what: &str, decimals, value: fn(&Run) -> f64| {
        figure(format!("{name}: {what}"), median(runs.iter().map(value).collect()), decimals)
    };
    Ok(vec![
        row("renewals a second", 0, |run| run.rate),
        row("CPU of the client a renewal, µs", 1, |run| run.client_us),
        row("CPU of Redis a renewal, µs", 1, |run| run.redis_us),
        row("CPU of the token server a renewal, µs", 1, |run| run.server_us),
        row("share of a core that Redis takes, %", 0, |run| 100.0 * run.redis_share),
    ])
}

/// Renews every login once.
fn run(scale: &mut Scale, processes: u32) -> Result<Run> {
    let each = LOGINS / processes;
    let arguments: Vec<_> = (0..processes)
        .map(|process| {
            let (first, calls) = (process * each, each / THREADS);
            let words = format!("refused=1 first={first} logins={each} threads={THREADS} calls={calls}");
            scale.arguments(&format!("{} {words}", log_in()))
        })
        .collect();
    let mut machines = Machines::open(&scale.sessions, &arguments)?;
    let server = scale.server.cpu_us()?;
    let (outcome, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
    Ok(Run {
        rate: outcome.a_second(),
        client_us: outcome.cpu_us / outcome.calls,
        redis_us: usage.cpu_us / outcome.calls,
        server_us: (scale.server.cpu_us()? - server) / outcome.calls,
        redis_share: usage.cpu_us / outcome.clock_us,
    })
}
