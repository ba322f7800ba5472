//! Many machines that need the next token of one login at the same moment.

use crate::Result;
use crate::load::LATE_SUFFIX;
use crate::scale::away::Away;
use crate::scale::machines::Machines;
use crate::scale::usage::Usage;
use crate::scale::{Scale, figure, log_in};
use crate::table::Figure;

const PROCESSES: usize = 4;
const EACH: usize = 250;

pub fn figures(scale: &mut Scale) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for late_ms in [2, 100] {
        for round_trip_ms in [5, 50] {
            figures.extend(wait(scale, round_trip_ms, late_ms)?);
        }
    }
    Ok(figures)
}

fn wait(scale: &mut Scale, round_trip_ms: u32, late_ms: u32) -> Result<Vec<Figure>> {
    let many = PROCESSES * EACH;
    let name = format!("{many} waiters, Redis {round_trip_ms} ms away, token server {late_ms} ms");
    eprintln!("{name}");
    scale.redis.ask(&["FLUSHALL"])?;
    let away = Away::start(scale.redis.port, round_trip_ms)?;
    let suffix = format!("{LATE_SUFFIX}{late_ms}"); // a part of whose login it is
    let log_in = scale.arguments_at(scale.redis.port, &suffix, &format!("{} calls=0", log_in()));
    drop(Machines::open(&scale.sessions, &[log_in])?);
    let arguments = scale.arguments_at(away.port, &suffix, &format!("machines={EACH} refused=1"));
    let mut machines = Machines::open(&scale.sessions, &vec![arguments; PROCESSES])?;
    let seen = scale.server.seen()?;
    let (outcome, usage) = Usage::of(&mut scale.redis, |_| machines.run())?;
    let requests = scale.server.seen()?.since(seen).granted;
    if requests != 1 {
        return Err(format!("{name}: {requests} requests to the token server").into());
    }
    let reads = usage.calls("hmget") - usage.scripts(); // each script here reads once
    Ok(vec![
        figure(format!("{name}: requests to it"), requests as f64, 0),
        figure(format!("{name}: all have the token after, ms"), outcome.longest_ms, 0),
        figure(format!("{name}: the median, ms"), outcome.p50_ms, 0),
        figure(format!("{name}: scripts each"), usage.scripts() / many as f64, 2),
        figure(format!("{name}: reads each"), reads / many as f64, 2),
        figure(format!("{name}: CPU of Redis for all, ms"), usage.cpu_us / 1e3, 0),
        figure(format!("{name}: CPU of a machine, ms"), outcome.cpu_us / 1e3 / many as f64, 2),
    ])
}
