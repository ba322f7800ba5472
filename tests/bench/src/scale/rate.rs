//! Renewals a second, and whose CPU they take.

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
    for (processes, kept) in [(1, 2), (2, 2), (4, 2), (1, 8), (4, 8)] {
        let name = format!("{LOGINS} logins, {processes} × {THREADS} threads, {kept} connections kept");
        eprintln!("{name}");
        let runs = measure(scale, processes, kept)?;
        let mut add = |what: &str, decimals, value: fn(&Run) -> f64| {
            figures.push(figure(format!("{name}: {what}"), median(runs.iter().map(value).collect()), decimals));
        };
        add("renewals a second", 0, |run| run.rate);
        add("CPU of the client a renewal, µs", 1, |run| run.client_us);
        add("CPU of Redis a renewal, µs", 1, |run| run.redis_us);
        add("CPU of the token server a renewal, µs", 1, |run| run.server_us);
        add("share of a core that Redis takes, %", 0, |run| 100.0 * run.redis_share);
    }
    Ok(figures)
}

/// Each run renews every login once.
fn measure(scale: &mut Scale, processes: u32, kept: u32) -> Result<Vec<Run>> {
    let each = LOGINS / processes;
    (0..scale.runs.min(3))
        .map(|_| {
            let arguments: Vec<_> = (0..processes)
                .map(|process| {
                    let (first, calls) = (process * each, each / THREADS);
                    scale.arguments(&format!(
                        "{} refused=1 first={first} logins={each} threads={THREADS} calls={calls} connections={kept}",
                        log_in()
                    ))
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
        })
        .collect()
}
