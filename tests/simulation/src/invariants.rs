//! What must hold in every schedule.
//!
//! 1. *No older over newer*: no write puts a token in the place of one that the authorization server issued later, in a
//!    login that it has not revoked; restored backups apart. In [`Class::Wild`], also one apart that was saved after a loss by who had the lock before
//!    it: its number is that of the lock, and not the highest.
//! 2. *No second request while the first is unanswered, but after the lease*: the lease of the first sender has ended,
//!    and something had kept that sender from extending it; or Redis has lost the lock.
//! 3. *No login lost that the server would still take*: what a schedule promises is in [`crate::schedule::Class`]. In
//!    all of them, if the store has the token that the server takes when the faults end, all machines have the same
//!    good token in the end, unless one of them is about to send an older one. The same if a process has it, provided that
//!    this process is the first to ask.

use crate::authorization::{Exchange, Replay};
use crate::faults::Step;
use crate::redis::keys::{Entry, Reply};
use crate::redis::server::{is_lock, is_login};
use crate::schedule::Class;
use crate::world::World;

/// What Redis has said about locks and logins.
pub struct Locks {
    tenures: Vec<Tenure>,
    /// The token that is stored for each login.
    stored: Vec<Option<u64>>,
    /// Whether who had the lock before the last loss has written it after it.
    is_late: Vec<bool>,
    /// When Redis last lost something.
    lost_at: u64,
    /// After a loss: the token whose holders ask first.
    first: Vec<Option<u64>>,
    /// What the server takes when the faults end was still to be had.
    is_recoverable: Vec<bool>,
}

struct Tenure {
    login: usize,
    machine: usize,
    process: u32,
    holder: Vec<u8>,
    began_at: u64,
    extended_at: u64,
    /// When the lease ends.
    end: u64,
    /// Redis lost it.
    is_lost: bool,
}

impl Locks {
    pub fn new(logins: usize) -> Self {
        Self {
            tenures: Vec::new(),
            stored: vec![None; logins],
            is_late: vec![false; logins],
            lost_at: 0,
            first: vec![None; logins],
            is_recoverable: vec![false; logins],
        }
    }
}

impl World {
    /// After a command of a machine: what it has written.
    pub fn look_at_writes(&mut self, machine: usize, process: u32, command: &[Vec<u8>], reply: &Reply) {
        self.counts.commands += 1;
        if let Reply::Error(error) = reply
            && !error.starts_with("NOSCRIPT")
        {
            self.violates(format!("Redis answered {error} to {:?}", String::from_utf8_lossy(&command[0])));
        }
        let written = std::mem::take(&mut self.redis.keys.written);
        let (mut login_written, mut lock) = (false, None);
        for name in &written {
            let Some(login) = login_of(name) else { continue };
            if is_login(name) {
                login_written = true;
                let stored = token_of(self.redis.keys.entries().get(name));
                let before = std::mem::replace(&mut self.locks.stored[login], stored);
                let mut was_late = false;
                if before != stored {
                    let began_at = self.tenure_of(machine, login).map_or(0, |own| self.locks.tenures[own].began_at);
                    let is_late = self.schedule.class == Class::Wild && began_at < self.locks.lost_at;
                    was_late = std::mem::replace(&mut self.locks.is_late[login], is_late);
                    let number = self.redis.keys.entries().get(name).and_then(|entry| entry.field(b"number"));
                    let number = String::from_utf8_lossy(number.unwrap_or_default()).into_owned();
                    let [new, old] =
                        [stored, before].map(|token| token.map_or("none".to_owned(), |t| format!("RT-{t}")));
                    self.note(|| format!("redis: login {login} has {new} of m{machine}, number {number}, not {old}"));
                }
                if let (Some(before), Some(stored)) = (before, stored)
                    && stored < before
                    && !self.families.get(&login).is_some_and(|family| family.revoked)
                    && !self.is_restored()
                    && !was_late
                {
                    self.violates(format!("1: m{machine} wrote RT-{stored} over RT-{before}, which is newer"));
                }
                if self.locks.first[login].is_some() && stored >= self.locks.first[login] {
                    self.locks.first[login] = None;
                    (0..self.machines.len()).for_each(|machine| self.wake(machine));
                }
            } else if is_lock(name) {
                lock = Some((login, self.redis.keys.entries().get(name).cloned()));
            }
        }
        match lock {
            Some((login, Some(entry))) => {
                let is_new = self.lock_written(machine, process, login, &entry);
                let step = if login_written { Step::Marked } else { Step::Held };
                self.step(if is_new { Step::Locked } else { step }, machine);
            }
            Some((_, None)) => self.step(Step::Released, machine),
            None if login_written => self.step(Step::Saved, machine),
            None => {}
        }
    }

    /// Whether it is a new holder.
    fn lock_written(&mut self, machine: usize, process: u32, login: usize, entry: &Entry) -> bool {
        let now = self.now();
        let holder = entry.text().unwrap_or_default();
        let end = entry.expires_ms.map_or(u64::MAX, |end_ms| self.redis.time_of(end_ms));
        let known = self.locks.tenures.iter_mut().find(|tenure| tenure.login == login && tenure.holder == holder);
        if let Some(tenure) = known {
            (tenure.extended_at, tenure.end, tenure.is_lost) = (now, end, false);
            return false;
        }
        let holder = holder.to_vec();
        self.note(|| format!("redis: m{machine} has the lock of login {login}"));
        let tenure = Tenure { login, machine, process, holder, began_at: now, extended_at: now, end, is_lost: false };
        self.locks.tenures.push(tenure);
        true
    }

    /// The last time that this process had the lock.
    pub fn tenure_of(&self, machine: usize, login: usize) -> Option<usize> {
        let process = self.machines[machine].process;
        let is_its = |tenure: &Tenure| (tenure.machine, tenure.process, tenure.login) == (machine, process, login);
        self.locks.tenures.iter().rposition(is_its)
    }

    /// A machine is about to send a refresh token.
    pub fn check_no_other_request(&mut self, machine: usize, login: usize, token: u64) {
        let now = self.now();
        let own = self.tenure_of(machine, login);
        let mut wrong = Vec::new();
        if own.is_none_or(|own| !self.has_ended_or_lasts(own, now)) {
            wrong.push(format!("2: m{machine} sent RT-{token} without the lock"));
        }
        let is_lost = own.is_some_and(|own| self.locks.tenures[own].is_lost);
        for other in self.exchanges.iter().filter(|other| other.login == login && !other.is_over && !is_lost) {
            let is_crashed = self.machines[other.machine].process != other.process;
            if is_crashed && other.has_acted || other.machine == machine && !is_crashed {
                continue;
            }
            let Some(tenure) = other.tenure.map(|tenure| &self.locks.tenures[tenure]) else { continue };
            let is_hindered = is_crashed || self.machines[other.machine].hindered_at >= tenure.extended_at;
            if !tenure.is_lost && (now < tenure.end || !is_hindered) {
                let (first, end) = (other.machine, tenure.end);
                wrong.push(format!("2: m{machine} sent RT-{token} while m{first} waits, whose lease ends at {end}"));
            }
        }
        wrong.into_iter().for_each(|what| self.violates(what));
    }

    /// Whether an older backup was restored while all else went wrong, too: it may bring back the token that one which
    /// could not be saved is to replace.
    fn is_restored(&self) -> bool {
        self.has_restored && self.schedule.class == Class::Wild
    }

    /// Whether its holder may believe that it has the lock.
    fn has_ended_or_lasts(&self, tenure: usize, now: u64) -> bool {
        let tenure = &self.locks.tenures[tenure];
        tenure.is_lost || now < tenure.end || self.machines[tenure.machine].hindered_at >= tenure.extended_at
    }

    /// Redis has lost something.
    pub fn redis_lost(&mut self, why: &str) {
        let now = self.now();
        self.note(|| format!("redis: {why}"));
        self.locks.lost_at = now;
        self.locks.stored.iter_mut().for_each(|stored| *stored = None);
        let mut locks = Vec::new();
        for (name, entry) in self.redis.keys.entries() {
            let Some(login) = login_of(name) else { continue };
            if is_login(name) {
                self.locks.stored[login] = token_of(Some(entry));
            } else if is_lock(name) {
                let end = entry.expires_ms.map_or(u64::MAX, |end_ms| self.redis.time_of(end_ms));
                locks.push((login, entry.text().unwrap_or_default(), end));
            }
        }
        for tenure in self.locks.tenures.iter_mut().filter(|tenure| tenure.end > now) {
            match locks.iter().find(|(login, holder, _)| *login == tenure.login && *holder == tenure.holder) {
                Some((.., end)) if *end >= tenure.end => {}
                Some(_) => tenure.is_lost = true, // an extension, at least
                None => tenure.is_lost = true,
            }
        }
        if self.schedule.class.newest_asks_first() {
            self.let_newest_ask_first();
        }
    }

    /// Of each login that the store has lost, those who have the newest token ask before all others.
    pub fn let_newest_ask_first(&mut self) {
        for login in 0..self.locks.stored.len() {
            let family = &self.families[&login];
            let is_stored = self.locks.stored[login].is_some_and(|token| family.takes(token));
            self.locks.first[login] = self.held(login).into_iter().max().filter(|_| !is_stored);
            if let Some(token) = self.locks.first[login] {
                self.note(|| format!("who has RT-{token} asks first"));
            }
        }
    }

    /// The tokens that live processes have in memory.
    fn held(&self, login: usize) -> Vec<u64> {
        let machines = self.machines.iter().filter(|machine| machine.login == login);
        machines.filter_map(|machine| held_token(machine.session.as_ref()?)).collect()
    }

    /// Whether the process of this machine does anything now.
    pub fn may_run(&self, machine: usize) -> bool {
        let one = &self.machines[machine];
        match self.locks.first[one.login] {
            Some(first) if self.held(one.login).contains(&first) => {
                one.session.as_ref().and_then(|session| held_token(session)) == Some(first)
            }
            _ => true,
        }
    }

    pub fn revoked(&mut self, login: usize) {
        if self.schedule.class.keeps_all_logins() {
            self.violates(format!("3: login {login} is lost: the server has revoked it"));
        }
    }

    /// The faults end.
    pub fn heal(&mut self) {
        self.troubles.clear();
        self.waiting.clear();
        self.redis.lag_ms = self.redis.lag_ms.min(100);
        for login in 0..self.locks.stored.len() {
            let family = &self.families[&login];
            // A server that ends its first answer with the second leaves no way to know which of two the store needs.
            let held = if self.replay == Replay::Instead { Vec::new() } else { self.held(login) };
            let known = held.into_iter().chain(self.locks.stored[login]);
            let is_under_way = |exchange: &Exchange| exchange.login == login && !exchange.has_acted;
            // A process that stood still while it had the lock may be about to send what it has read before.
            let now = self.now();
            let stands_still = |tenure: &Tenure| {
                let one = &self.machines[tenure.machine];
                tenure.login == login && one.process == tenure.process && one.paused_until >= now && now < tenure.end
            };
            self.locks.is_recoverable[login] = known.into_iter().any(|token| family.takes(token))
                && !self.exchanges.iter().any(is_under_way)
                && !self.locks.tenures.iter().any(stands_still);
        }
        self.let_newest_ask_first();
        let recoverable = self.locks.is_recoverable.clone();
        self.note(|| format!("all faults end; {recoverable:?}"));
    }

    /// Long after the faults.
    pub fn check_the_end(&mut self) {
        for login in 0..self.locks.stored.len() {
            let must = self.locks.is_recoverable[login] || self.schedule.class.keeps_all_logins();
            let machines = self.machines.iter().enumerate().filter(|(_, machine)| machine.login == login);
            let mut wrong = Vec::new();
            let mut given = None;
            for (number, machine) in machines {
                match &machine.last {
                    Ok(token) if given.is_none_or(|given| given == *token) => given = Some(*token),
                    Ok(token) => wrong.push(format!("3: m{number} has AT-{token} in the end, others have {given:?}")),
                    Err(why) => wrong.push(format!("3: m{number} has no token in the end: {why}")),
                }
            }
            if must {
                wrong.into_iter().take(1).for_each(|what| self.violates(what));
            }
        }
    }
}

fn held_token(session: &oauthclient::session::Login) -> Option<u64> {
    let held = session.glance();
    held.as_ref()?.token.refresh_token.as_ref()?.as_str().strip_prefix("RT-")?.parse().ok()
}

/// The number of the login that a key of Redis belongs to.
fn login_of(name: &[u8]) -> Option<usize> {
    let name = std::str::from_utf8(name).ok()?;
    name.split(":login-").nth(1)?.split('.').next()?.parse().ok()
}

fn token_of(entry: Option<&Entry>) -> Option<u64> {
    let value = std::str::from_utf8(entry?.field(b"value")?).ok()?;
    value.split("\"refresh_token\":\"RT-").nth(1)?.split('"').next()?.parse().ok()
}
