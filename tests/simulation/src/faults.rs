//! What goes wrong, and when.

use crate::authorization::Trouble;
use crate::world::{Event, World};

/// A step of a renewal, at which a fault may strike the machine that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Locked,
    Marked,
    Held,
    Sent,
    Acted,
    Answered,
    Saved,
    Released,
}

pub const STEPS: [Step; 8] =
    [Step::Locked, Step::Marked, Step::Held, Step::Sent, Step::Acted, Step::Answered, Step::Saved, Step::Released];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process stands still; the clocks of its machine do not.
    Pause(u64),
    /// Between a machine and Redis: so many messages of a hundred are lost, or connections are refused.
    Cut {
        ms: u64,
        loses_of_100: u32,
        refuses: bool,
    },
    /// The process ends; another one begins after this time.
    Crash(u64),
    /// The next requests to the authorization server.
    Requests(Trouble, u32),
    /// Redis answers slowly: up to so many milliseconds, for this time.
    SlowRedis(u64, u64),
    /// Redis is not there for a while, and forgets nothing.
    Outage(u64),
    /// The replica takes over after so many milliseconds; its clock is ahead by as many; another joins then.
    FailOver {
        down_ms: u64,
        ahead_ms: i64,
        joins_ms: u64,
    },
    /// Redis starts again without the writes of the last second.
    Restart(u64),
    Flush,
    BackUp,
    Restore,
    /// The keys of one kind: the login, the lock, or the fencing number.
    Evict(u8),
    /// The wall clock of the machine is set.
    Clock(i64),
    /// A resource refuses the token that the machine has.
    Invalidate,
}

/// A fault, from a moment on: at once, or at a step of a renewal.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    pub from_ms: u64,
    pub step: Option<Step>,
    /// After the step.
    pub delay_ms: u64,
    /// If no step chooses.
    pub machine: usize,
    pub fault: Fault,
}

impl World {
    /// A machine has done a step: some faults wait for that.
    pub fn step(&mut self, step: Step, machine: usize) {
        let now = self.now();
        if now >= self.heals_at {
            return;
        }
        if now < self.next_fault_at {
            return;
        }
        let is_meant = |planned: &Planned| planned.step == Some(step) && planned.from_ms <= now;
        let Some(from_ms) = self.waiting.iter().find(|planned| is_meant(planned)).map(|planned| planned.from_ms) else {
            return;
        };
        self.next_fault_at = now + self.schedule.apart_ms;
        // What is planned for one moment strikes at once.
        for planned in
            self.waiting.extract_if(.., |planned| is_meant(planned) && planned.from_ms == from_ms).collect::<Vec<_>>()
        {
            match planned.delay_ms {
                0 => self.strike(machine, planned.fault),
                delay_ms => self.schedule(delay_ms, Event::Strikes(machine, planned.fault)),
            }
        }
    }

    /// What waits for no step keeps its distance from what does.
    pub fn strike_at_last(&mut self, machine: usize, fault: Fault) {
        match self.next_fault_at.checked_sub(self.now()) {
            Some(wait_ms) if wait_ms > 0 => self.schedule(wait_ms, Event::Falls(machine, fault)),
            _ => {
                self.next_fault_at = self.now() + self.schedule.apart_ms;
                self.strike(machine, fault);
            }
        }
    }

    pub fn strike(&mut self, machine: usize, fault: Fault) {
        let now = self.now();
        if now >= self.heals_at {
            return;
        }
        self.note(|| format!("fault: m{machine} {fault:?}"));
        self.counts.faults[kind(fault)].1 += 1;
        match fault {
            Fault::Pause(ms) => {
                let until = (now + ms).min(self.heals_at);
                let one = &mut self.machines[machine];
                (one.paused_until, one.hindered_at) = (one.paused_until.max(until), now + ms);
                self.schedule(until - now, Event::GoesOn(machine));
            }
            Fault::Cut { ms, loses_of_100, refuses } => {
                let until = (now + ms).min(self.heals_at);
                self.machines[machine].cut = crate::world::Cut { until, loses_of_100, refuses };
            }
            Fault::Crash(ms) => self.crash(machine, ms),
            Fault::Requests(trouble, times) => self.troubles.extend(std::iter::repeat_n(trouble, times as usize)),
            Fault::SlowRedis(slow_ms, ms) => (self.slow_ms, self.slow_until) = (slow_ms, (now + ms).min(self.heals_at)),
            Fault::Outage(ms) => {
                self.redis.down_until = (now + ms).min(self.heals_at);
                self.hindered_all();
            }
            Fault::FailOver { down_ms, ahead_ms, joins_ms } => {
                if self.redis.fail_over(now, down_ms, ahead_ms) {
                    self.redis_lost("a fail-over");
                    self.break_connections();
                    self.schedule(down_ms + joins_ms, Event::ReplicaJoins(self.redis.life));
                }
            }
            Fault::Restart(down_ms) => {
                self.redis.restart(now, down_ms);
                self.redis_lost("a restart");
                self.break_connections();
            }
            Fault::Flush => {
                self.redis.flush();
                self.redis_lost("a flush");
            }
            Fault::BackUp => self.redis.back_up(),
            Fault::Restore => {
                self.redis.restore();
                self.has_restored = true;
                self.redis_lost("an older backup");
            }
            Fault::Evict(kind) => {
                let login = format!(":login-{}.", self.machines[machine].login).into_bytes();
                let kind: &[u8] = [&b":login:"[..], b":lock:", b":fence:"][usize::from(kind) % 3];
                let has = |name: &[u8], part: &[u8]| name.windows(part.len()).any(|found| found == part);
                self.redis.evict(|name| has(name, kind) && has(name, &login[1..]));
                self.redis_lost("an eviction");
            }
            Fault::Clock(by_ms) => self.machines[machine].clock.set_wall(by_ms),
            Fault::Invalidate => self.machines[machine].is_refused = true,
        }
    }
}

/// The names of the kinds, for counts.
pub const KINDS: [&str; 13] = [
    "pauses",
    "cuts",
    "crashes",
    "troubles of requests",
    "slow Redis",
    "outages",
    "fail-overs",
    "restarts",
    "flushes",
    "restored backups",
    "evictions",
    "clocks set",
    "tokens refused",
];

fn kind(fault: Fault) -> usize {
    match fault {
        Fault::Pause(_) => 0,
        Fault::Cut { .. } => 1,
        Fault::Crash(_) => 2,
        Fault::Requests(..) => 3,
        Fault::SlowRedis(..) => 4,
        Fault::Outage(_) => 5,
        Fault::FailOver { .. } => 6,
        Fault::Restart(_) => 7,
        Fault::Flush => 8,
        Fault::BackUp | Fault::Restore => 9,
        Fault::Evict(_) => 10,
        Fault::Clock(_) => 11,
        Fault::Invalidate => 12,
    }
}
