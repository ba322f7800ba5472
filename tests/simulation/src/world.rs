//! The world of one schedule: its time, its machines, its servers, and what happens next.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use oauthclient::clock::Clock;
use oauthclient::session::Login;
use tokio::time::{Instant, sleep_until};

use crate::authorization::{Exchange, Family, Replay, Trouble};
use crate::faults::{Fault, KINDS, Planned};
use crate::invariants::Locks;
use crate::machine;
use crate::network::Connection;
use crate::redis::server::Server;
use crate::schedule::Schedule;
use crate::without::Without;

pub enum Event {
    AtRedis(usize, u32, Vec<Vec<u8>>),
    FromRedis(usize, Vec<u8>),
    /// A wait of a machine is over.
    Wakes(usize, u64),
    GoesOn(usize),
    Begins(usize, u32),
    Acts(usize, u16, bool),
    Answers(usize, Result<(u16, String), ()>),
    Strikes(usize, Fault),
    /// A fault that waits for no step.
    Falls(usize, Fault),
    ReplicaJoins(u32),
}

/// Which messages between a machine and Redis are lost.
#[derive(Clone, Copy, Default)]
pub struct Cut {
    pub until: u64,
    pub loses_of_100: u32,
    pub refuses: bool,
}

/// One machine with one process.
pub struct Machine {
    pub login: usize,
    pub clock: Clock,
    /// How fast its clocks run, in millionths.
    rate: u64,
    clock_at: u64,
    /// The number of its process.
    pub process: u32,
    pub paused_until: u64,
    pub cut: Cut,
    /// When it last was kept from what it does: it stood still, was cut off, or ended.
    pub hindered_at: u64,
    waker: Option<Waker>,
    wait: u64,
    /// Of the process that runs.
    pub session: Option<Arc<Login>>,
    /// A resource has refused its token, which it learns before its next call.
    pub is_refused: bool,
    /// The token of its last call, or why there was none.
    pub last: Result<u64, String>,
}

/// Whether a process may go on.
pub enum Turn {
    Runs,
    StandsStill,
    HasCrashed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub schedules: u64,
    pub asked: u64,
    pub requests: u64,
    pub tokens: u64,
    pub replays: u64,
    pub revocations: u64,
    pub commands: u64,
    pub faults: Vec<(&'static str, u64)>,
}

impl Default for Counts {
    fn default() -> Self {
        let faults = KINDS.iter().map(|kind| (*kind, 0)).collect();
        Self { schedules: 0, asked: 0, requests: 0, tokens: 0, replays: 0, revocations: 0, commands: 0, faults }
    }
}

impl Counts {
    pub fn add(&mut self, more: &Self) {
        self.schedules += more.schedules;
        self.asked += more.asked;
        self.requests += more.requests;
        self.tokens += more.tokens;
        self.replays += more.replays;
        self.revocations += more.revocations;
        self.commands += more.commands;
        for (mine, theirs) in self.faults.iter_mut().zip(&more.faults) {
            mine.1 += theirs.1;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in [
            ("schedules", self.schedules),
            ("calls for a token", self.asked),
            ("refresh requests", self.requests),
            ("new tokens", self.tokens),
            ("replays that the server took", self.replays),
            ("logins that it revoked", self.revocations),
            ("commands to Redis", self.commands),
        ] {
            writeln!(f, "{count:>12} {what}")?;
        }
        self.faults.iter().try_for_each(|(kind, count)| writeln!(f, "{count:>12} {kind}"))
    }
}

pub struct World {
    start: Instant,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    driver: Option<Waker>,
    /// The driver looks again then.
    armed_for: u64,
    pub random: fastrand::Rng,
    pub machines: Vec<Machine>,
    pub connections: Vec<Connection>,
    pub redis: Server,
    pub way_ms: (u64, u64),
    pub slow_until: u64,
    pub slow_ms: u64,
    pub families: BTreeMap<usize, Family>,
    /// The login of each token that was issued.
    pub owners: BTreeMap<u64, usize>,
    pub issued: u64,
    pub replay: Replay,
    pub life_s: (u32, u32),
    pub exchanges: Vec<Exchange>,
    pub troubles: Vec<Trouble>,
    /// Faults that wait for a step.
    pub waiting: Vec<Planned>,
    /// When the next of them may strike.
    pub next_fault_at: u64,
    pub heals_at: u64,
    pub has_restored: bool,
    pub locks: Locks,
    pub schedule: Schedule,
    pub counts: Counts,
    /// What went against an invariant.
    pub violations: Vec<String>,
    trace: Option<(Vec<String>, DefaultHasher)>,
}

thread_local!(static WORLD: RefCell<Option<World>> = const { RefCell::new(None) });

/// Works on the world of this thread.
pub fn with<T>(work: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| work(world.as_mut().expect("a schedule runs")))
}

pub fn now() -> u64 {
    with(|world| world.now())
}

pub fn put(world: World) {
    WORLD.set(Some(world));
}

pub fn take() -> World {
    WORLD.take().expect("a schedule ran")
}

impl World {
    pub fn new(schedule: Schedule, without: Without, traced: bool) -> Self {
        let mut random = fastrand::Rng::with_seed(schedule.seed ^ 0x5eed);
        let mut redis = Server::new(schedule.lag_ms, without);
        redis.knows_own_writes = schedule.knows_own_writes;
        let machines =
            (0..schedule.machines).map(|number| Machine::new(number % schedule.logins, &mut random, &schedule));
        Self {
            start: Instant::now(),
            events: BTreeMap::new(),
            scheduled: 0,
            driver: None,
            armed_for: 0,
            machines: machines.collect(),
            random,
            connections: Vec::new(),
            redis,
            way_ms: schedule.way_ms,
            slow_until: 0,
            slow_ms: 0,
            families: BTreeMap::new(),
            owners: BTreeMap::new(),
            issued: 0,
            replay: schedule.replay,
            life_s: schedule.life_s,
            exchanges: Vec::new(),
            troubles: Vec::new(),
            waiting: Vec::new(),
            next_fault_at: 0,
            heals_at: schedule.heals_at,
            has_restored: false,
            locks: Locks::new(schedule.logins),
            schedule,
            counts: Counts { schedules: 1, ..Counts::default() },
            violations: Vec::new(),
            trace: traced.then(|| (Vec::new(), DefaultHasher::new())),
        }
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        (Instant::now() - self.start).as_millis() as u64
    }

    /// Writes a line of the trace, if there is one.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now();
        if let Some((lines, hash)) = &mut self.trace {
            let line = format!("{:3}.{:03} {}", now / 1000, now % 1000, line());
            line.hash(hash);
            lines.push(line);
        }
    }

    pub fn violates(&mut self, what: String) {
        self.note(|| format!("VIOLATION: {what}"));
        self.violations.push(what);
    }

    pub fn trace(&self) -> (&[String], u64) {
        self.trace.as_ref().map_or((&[], 0), |(lines, hash)| (lines, hash.finish()))
    }

    pub fn schedule(&mut self, after_ms: u64, event: Event) {
        let at = self.now() + after_ms;
        self.scheduled += 1;
        self.events.insert((at, self.scheduled), event);
        if at < self.armed_for
            && let Some(driver) = &self.driver
        {
            driver.wake_by_ref();
        }
    }

    /// Wakes the machine then, unless it waits for something else by that time; the time.
    pub fn wake_at(&mut self, machine: usize, after_ms: u64) -> u64 {
        self.machines[machine].wait += 1;
        let wait = self.machines[machine].wait;
        self.schedule(after_ms, Event::Wakes(machine, wait));
        self.now() + after_ms
    }

    pub fn wake(&mut self, machine: usize) {
        if let Some(waker) = &self.machines[machine].waker {
            waker.wake_by_ref();
        }
    }

    /// A process wants to run: sets the clocks of its machine.
    pub fn begins(&mut self, machine: usize, process: u32, waker: &Waker) -> Turn {
        let now = self.now();
        let one = &mut self.machines[machine];
        if one.process != process {
            return Turn::HasCrashed;
        }
        one.waker = Some(waker.clone());
        if one.paused_until > now || !self.may_run(machine) {
            self.machines[machine].hindered_at = self.machines[machine].hindered_at.max(now);
            return Turn::StandsStill;
        }
        self.machines[machine].set_clock(now);
        Turn::Runs
    }

    pub fn crash(&mut self, machine: usize, down_ms: u64) {
        let now = self.now();
        let one = &mut self.machines[machine];
        one.process += 1;
        (one.hindered_at, one.session, one.paused_until) = (now, None, 0);
        one.last = Err("it has crashed".to_owned());
        let process = one.process;
        self.wake(machine);
        self.schedule(down_ms, Event::Begins(machine, process));
    }

    pub fn hindered_all(&mut self) {
        let now = self.now();
        self.machines.iter_mut().for_each(|machine| machine.hindered_at = machine.hindered_at.max(now));
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::AtRedis(connection, process, command) => self.at_redis(connection, process, &command),
            Event::FromRedis(connection, bytes) => self.answered(connection, &bytes),
            Event::Wakes(machine, wait) if self.machines[machine].wait == wait => self.wake(machine),
            Event::Wakes(..) => {}
            Event::GoesOn(machine) => {
                let now = self.now();
                let one = &mut self.machines[machine];
                one.hindered_at = one.hindered_at.max(now);
                self.wake(machine);
            }
            Event::Begins(machine, process) if self.machines[machine].process == process => {
                machine::start(machine, process);
            }
            Event::Begins(..) => {}
            Event::Acts(exchange, status, breaks) => self.acts(exchange, status, breaks),
            Event::Answers(exchange, outcome) => self.answers(exchange, outcome),
            Event::Strikes(machine, fault) => self.strike(machine, fault),
            Event::Falls(machine, fault) => self.strike_at_last(machine, fault),
            Event::ReplicaJoins(life) if self.redis.life == life => self.redis.replica_joins(),
            Event::ReplicaJoins(_) => {}
        }
    }
}

/// Lets everything happen until a moment.
pub async fn drive(end: u64) {
    let start = with(|world| world.start);
    let mut sleep = pin!(sleep_until(start));
    poll_fn(|context| {
        loop {
            let next = with(|world| {
                world.driver = Some(context.waker().clone());
                world.armed_for = 0; // the driver is awake
                let now = world.now();
                while let Some(entry) = world.events.first_entry() {
                    if entry.key().0 > now {
                        break;
                    }
                    let event = entry.remove();
                    world.happens(event);
                }
                let next = world.events.first_key_value().map_or(u64::MAX, |((at, _), _)| *at).min(end);
                world.armed_for = next;
                if now >= end { None } else { Some(next) }
            });
            let Some(next) = next else { return Poll::Ready(()) };
            sleep.as_mut().reset(start + Duration::from_millis(next));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

impl Machine {
    fn new(login: usize, random: &mut fastrand::Rng, schedule: &Schedule) -> Self {
        let clock = Clock::stopped();
        let skew_ms = schedule.skew_ms;
        clock.set_wall(random.i64(-skew_ms..=skew_ms));
        Self {
            login,
            clock,
            rate: random.u64(1_000_000 - schedule.drift..=1_000_000 + schedule.drift),
            clock_at: 0,
            process: 0,
            paused_until: 0,
            cut: Cut::default(),
            hindered_at: 0,
            waker: None,
            wait: 0,
            session: None,
            is_refused: false,
            last: Err("it has not asked".to_owned()),
        }
    }

    fn set_clock(&mut self, now: u64) {
        let at = now * self.rate / 1_000_000;
        let passed = at.saturating_sub(self.clock_at);
        if passed > 0 {
            self.clock.advance(Duration::from_millis(passed));
            self.clock_at = at;
        }
    }
}
