//! Runs the library's sessions and its Redis store on many machines in simulated time, over a Redis, a network and an
//! authorization server that fail as a seed says. See README.md.

pub mod authorization;
mod coroutine;
pub mod faults;
mod invariants;
mod machine;
mod network;
pub mod redis;
pub mod schedule;
mod without;
mod world;

use std::collections::VecDeque;

pub use schedule::{Class, Schedule};
pub use without::Without;
pub use world::Counts;

use world::World;

/// After the faults: leases end, pauses end, and what was under way ends.
const CALM_MS: u64 = 45_000;
/// Then tokens last long, and all that were issued before expire. The longest pause after a failure takes 90 s.
const LONG_LIFE_S: u32 = 3600;
const LEAST_END_MS: u64 = 75_000;

/// How a schedule went.
pub struct Outcome {
    pub violations: Vec<String>,
    pub counts: Counts,
    /// What happened, and its digest; empty if not asked for.
    pub trace: Vec<String>,
    pub digest: u64,
}

/// Runs one schedule, on servers that leave something out.
pub fn run(schedule: Schedule, without: Without, traced: bool) -> Outcome {
    getrandom::seed(schedule.seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        world::put(World::new(schedule, without, traced));
        let heals_at = world::with(World::begin);
        let end_ms = world::with(|world| LEAST_END_MS.max(u64::from(world.life_s.1 + 10) * 1000));
        world::drive(heals_at).await;
        world::with(World::heal);
        world::drive(heals_at + CALM_MS).await;
        world::with(|world| world.life_s = (LONG_LIFE_S, LONG_LIFE_S));
        world::drive(heals_at + CALM_MS + end_ms).await;
        world::with(World::check_the_end);
    });
    drop(tasks); // with all processes
    let world = world::take();
    let (trace, digest) = world.trace();
    Outcome { trace: trace.to_vec(), digest, violations: world.violations, counts: world.counts }
}

impl World {
    /// Starts the first process of each machine, and plans the faults; when they end.
    fn begin(&mut self) -> u64 {
        let mut planned: VecDeque<_> = std::mem::take(&mut self.schedule.faults).into();
        planned.make_contiguous().sort_by_key(|planned| planned.from_ms);
        for one in planned {
            match one.step {
                Some(_) => self.waiting.push(one),
                None => self.schedule(one.from_ms + one.delay_ms, world::Event::Falls(one.machine, one.fault)),
            }
        }
        self.heals_at = self.schedule.heals_at;
        for machine in 0..self.machines.len() {
            let at = if machine < self.schedule.logins { 0 } else { 1000 };
            self.schedule(at, world::Event::Begins(machine, 0));
        }
        self.heals_at
    }
}
