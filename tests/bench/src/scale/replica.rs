//! What a replica costs a renewal: the library waits until one has the new token.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Result;
use crate::measurement::median;
use crate::scale::machines::Machines;
use crate::scale::redis::Redis;
use crate::scale::renewal::{round_trips, watched};
use crate::scale::usage::Usage;
use crate::scale::{Scale, figure, log_in};
use crate::table::Figure;

pub fn figures(scale: &mut Scale) -> Result<Vec<Figure>> {
    eprintln!("a replica");
    let mut master = Redis::start(scale.scratch(), &["--repl-diskless-sync-delay", "0"])?;
    let port = master.port.to_string();
    let _replica = Redis::start(scale.scratch(), &["--replicaof", "127.0.0.1", &port])?;
    let began = Instant::now();
    while !master.info()?.contains("state=online") {
        if began.elapsed() > Duration::from_secs(10) {
            return Err("the replica did not find its master".into());
        }
        sleep(Duration::from_millis(50));
    }
    let (asked, _) = watched(&master, scale)?;
    let mut times = Vec::new();
    let mut costs = Vec::new();
    for _ in 0..scale.runs {
        let words = format!("{} refused=1 calls=1000", log_in());
        let arguments = scale.arguments_at(master.port, "", &words);
        let mut machines = Machines::open(&scale.sessions, &[arguments])?;
        let (outcome, usage) = Usage::of(&mut master, |_| machines.run())?;
        times.push(outcome.p50_ms * 1e3);
        costs.push(usage.cpu_us / outcome.calls);
    }
    Ok(vec![
        figure("with a replica: round trips a renewal", round_trips(&asked), 2),
        figure("with a replica: WAIT", asked.get("WAIT").copied().unwrap_or(0.0), 2),
        figure("with a replica, 1 thread: CPU of Redis, µs", median(costs), 1),
        figure("with a replica, 1 thread: p50, µs", median(times), 1),
    ])
}
