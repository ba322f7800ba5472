//! Schedules: what the machines meet, decided by a seed.

use crate::authorization::{Replay, Trouble};
use crate::faults::{Fault, Planned, STEPS, Step};

/// What may go wrong in a schedule, and what is promised for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One process at a time stands still for up to a minute. No login is lost.
    Pauses,
    /// One process at a time ends, and another one begins within 10 s. No login is lost.
    Crashes,
    /// One machine at a time is cut off from Redis for up to 20 s, wholly or in part. No login is lost.
    Cuts,
    /// One request at a time, or its answer, is lost, refused or slow, where a request may take 10 s. No login is lost.
    Requests,
    /// Redis is away for up to 5 s, or slow. No login is lost.
    Outages,
    /// The replica, which has each write within 400 ms, takes over, again and again. One machine of each login asks
    /// often, and the others, unless their token could not be saved, so seldom that the server would not take again
    /// what a fail-over brings back. No login is lost.
    FailOvers,
    /// Redis loses everything, one key, or the last second, or gets an older backup; who has the newest token lives,
    /// and is the first to ask. No login is lost.
    Losses,
    /// Everything, longer and at once. Logins may be lost, but not when the server would still take what is stored.
    Wild,
}

pub const CLASSES: [Class; 8] = [
    Class::Pauses,
    Class::Crashes,
    Class::Cuts,
    Class::Requests,
    Class::Outages,
    Class::FailOvers,
    Class::Losses,
    Class::Wild,
];

impl Class {
    pub fn keeps_all_logins(self) -> bool {
        self != Self::Wild
    }

    pub fn newest_asks_first(self) -> bool {
        self == Self::Losses
    }
}

#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub class: Class,
    pub machines: usize,
    pub logins: usize,
    /// Of access tokens.
    pub life_s: (u32, u32),
    /// How often a program asks for a token.
    pub asks_ms: (u64, u64),
    /// From a machine to Redis, or back.
    pub way_ms: (u64, u64),
    pub timeout_ms: u32,
    pub lag_ms: u64,
    pub knows_own_writes: bool,
    pub skew_ms: i64,
    /// How much faster or slower a clock runs, in millionths.
    pub drift: u64,
    pub replay: Replay,
    pub heals_at: u64,
    pub faults: Vec<Planned>,
    /// Between two faults that wait for steps.
    pub apart_ms: u64,
    /// So many machines ask most of the time.
    pub busy: usize,
}

const MACHINES: usize = 50;
/// No fault comes sooner.
const BEGIN_MS: u64 = 3000;
/// Between two faults that each may cost a replay.
const APART_MS: u64 = 70_000;

impl Schedule {
    pub fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let class = CLASSES[(seed % CLASSES.len() as u64) as usize];
        Self::of(class, seed, &mut random)
    }

    fn of(class: Class, seed: u64, random: &mut fastrand::Rng) -> Self {
        let mut schedule = Self {
            seed,
            class,
            machines: MACHINES,
            logins: random.usize(1..=3),
            life_s: (20, 45),
            asks_ms: (1000, 12_000),
            way_ms: (1, random.u64(1..=8)),
            timeout_ms: 10_000,
            lag_ms: [0, 20, 100, 400][random.usize(0..4)],
            knows_own_writes: random.bool(),
            skew_ms: 4000,
            drift: 300,
            replay: if random.bool() { Replay::Same } else { Replay::Another },
            heals_at: 120_000,
            faults: Vec::new(),
            apart_ms: APART_MS,
            busy: 0,
        };
        match class {
            Class::FailOvers => {
                (schedule.asks_ms, schedule.busy) = ((100_000, 400_000), schedule.logins);
                (schedule.life_s, schedule.heals_at) = ((60, 100), 400_000);
            }
            Class::Wild => {
                schedule.timeout_ms = [5000, 10_000, 30_000][random.usize(0..3)];
                schedule.lag_ms = [0, 100, 1000, 3000][random.usize(0..4)];
                schedule.asks_ms = [(1000, 12_000), (3000, 30_000)][random.usize(0..2)];
                schedule.replay = [Replay::Same, Replay::Another, Replay::Instead][random.usize(0..3)];
            }
            _ => {}
        }
        let (mut at, mut each_ms) = (BEGIN_MS + random.u64(0..15_000), APART_MS);
        match class {
            Class::Wild => each_ms = random.u64(2000..20_000),
            Class::FailOvers | Class::Losses => each_ms = 40_000,
            _ => {}
        }
        schedule.apart_ms = if class == Class::Wild { 0 } else { each_ms };
        while at < schedule.heals_at - 20_000 {
            schedule.add_fault(at, random);
            at += each_ms + random.u64(0..each_ms / 4);
        }
        schedule
    }

    /// These faults alone, with few machines of one login, and otherwise what a schedule of the class is like.
    pub fn with(class: Class, seed: u64, faults: &[Planned]) -> Self {
        let mut schedule = Self::of(class, seed, &mut fastrand::Rng::with_seed(seed));
        (schedule.logins, schedule.apart_ms, schedule.faults) = (1, 0, faults.to_vec());
        schedule.machines = 4;
        (schedule.busy, schedule.lag_ms) = (schedule.busy.min(1), 400);
        schedule
    }

    fn add_fault(&mut self, from_ms: u64, random: &mut fastrand::Rng) {
        let class = match self.class {
            Class::Wild => CLASSES[random.usize(0..CLASSES.len() - 1)],
            class => class,
        };
        let is_wild = self.class == Class::Wild;
        let longer = if is_wild { 3 } else { 1 };
        let fault = match class {
            Class::Pauses => Fault::Pause(random.u64(1000..=60_000)),
            Class::Crashes => Fault::Crash(random.u64(500..=10_000) * longer),
            Class::Cuts => Fault::Cut {
                ms: random.u64(500..=20_000) * longer,
                loses_of_100: [100, 100, 50, 20][random.usize(0..4)],
                refuses: random.u8(0..4) == 0,
            },
            Class::Requests => Fault::Requests(trouble(random, is_wild), if is_wild { random.u32(1..4) } else { 1 }),
            Class::Outages => match random.bool() {
                true => Fault::Outage(random.u64(500..=5000) * longer),
                false => Fault::SlowRedis(random.u64(100..=2500), random.u64(1000..=5000) * longer),
            },
            Class::FailOvers => {
                let ahead_ms = random.i64(-4000..=4000);
                Fault::FailOver { down_ms: random.u64(0..=3000), ahead_ms, joins_ms: random.u64(0..=8000) }
            }
            Class::Losses | Class::Wild => match random.u8(0..5) {
                0 => Fault::Flush,
                1 => Fault::Restart(random.u64(0..=2000)),
                2 | 3 => Fault::Evict(random.u8(0..3)),
                _ => {
                    let back_up = Planned { from_ms, step: None, delay_ms: 0, machine: 0, fault: Fault::BackUp };
                    self.faults.push(back_up);
                    Fault::Restore
                }
            },
        };
        let is_late = fault == Fault::Restore;
        let from_ms = if is_late { from_ms + random.u64(1000..40_000) } else { from_ms };
        let step = (random.u8(0..4) > 0 && !matches!(fault, Fault::Requests(..))).then(|| match class {
            Class::FailOvers if random.bool() => Step::Saved,
            _ => STEPS[random.usize(0..STEPS.len())],
        });
        let longest_ms = [5, 50, 4000][random.usize(0..3)];
        let delay_ms = if random.bool() { 0 } else { random.u64(1..=longest_ms) };
        let machine = random.usize(0..self.machines);
        self.faults.push(Planned { from_ms, step, delay_ms, machine, fault });
        if is_wild && random.u8(0..3) == 0 {
            let machine = random.usize(0..self.machines);
            let fault = match random.bool() {
                true => Fault::Clock(random.i64(-8000..=8000)),
                false => Fault::Invalidate,
            };
            self.faults.push(Planned { from_ms, step: None, delay_ms: 0, machine, fault });
        }
    }
}

fn trouble(random: &mut fastrand::Rng, is_wild: bool) -> Trouble {
    match random.u8(0..6) {
        0 => Trouble::Refused,
        1 => Trouble::RequestLost,
        2 | 3 => Trouble::AnswerLost(random.bool()),
        4 => Trouble::Slow(random.u64(1000..=if is_wild { 40_000 } else { 9000 })),
        _ => Trouble::Busy,
    }
}
