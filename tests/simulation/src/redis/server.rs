//! The server: what a command does, what follows the master, and what is lost.

use std::collections::{BTreeMap, VecDeque};

use crate::redis::keys::{Entry, Keys, Reply};
use crate::redis::lua;
use crate::without::Without;

/// The wall clock at the beginning, as the machines have it.
const BEGAN_MS: u64 = 2_000_000_000_000;
/// How much later than the master's file system has it a write is safe.
const DISK_LAG_MS: u64 = 1000;

/// What has the master's writes a little later.
#[derive(Default)]
struct Follower {
    keys: Keys,
    pending: VecDeque<(u64, u64, Vec<u8>, Option<Entry>)>,
    /// The last write that it has.
    offset: u64,
    lag_ms: u64,
}

impl Follower {
    fn of(keys: &Keys, offset: u64, lag_ms: u64) -> Self {
        Self { keys: keys.clone(), pending: VecDeque::new(), offset, lag_ms }
    }

    fn told(&mut self, now: u64, offset: u64, name: &[u8], entry: Option<&Entry>) {
        let last = self.pending.back().map_or(0, |(at, ..)| *at);
        self.pending.push_back((last.max(now + self.lag_ms), offset, name.to_vec(), entry.cloned()));
    }

    fn catch_up(&mut self, now: u64) {
        while self.pending.front().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, offset, name, entry)) = self.pending.pop_front() {
                self.keys.put(name, entry);
                self.offset = offset;
            }
        }
    }

    /// When it has a write.
    fn has_at(&self, offset: u64, now: u64) -> u64 {
        let at = self.pending.iter().find(|(_, other, ..)| *other >= offset).map(|(at, ..)| *at);
        if self.offset >= offset { now } else { at.unwrap_or(u64::MAX) }
    }
}

pub struct Server {
    pub keys: Keys,
    /// Digests of the scripts that it knows.
    scripts: BTreeMap<Vec<u8>, Vec<u8>>,
    replica: Option<Follower>,
    disk: Follower,
    backup: Keys,
    /// How many writes there were.
    offset: u64,
    /// Connections belong to one life of the master.
    pub life: u32,
    pub down_until: u64,
    pub lag_ms: u64,
    /// How far its clock is ahead of the time of the simulation.
    ahead_ms: i64,
    /// WAIT waits for the last write of its connection, as since Redis 7.2; else for that of anybody before its last
    /// command.
    pub knows_own_writes: bool,
    without: Without,
}

/// An answer, and when it leaves.
pub struct Answer {
    pub reply: Reply,
    pub at: u64,
}

impl Server {
    pub fn new(lag_ms: u64, without: Without) -> Self {
        let (keys, disk) = (Keys::default(), Follower { lag_ms: DISK_LAG_MS, ..Follower::default() });
        let replica = Some(Follower { lag_ms, ..Follower::default() });
        let (scripts, backup) = (BTreeMap::new(), Keys::default());
        let (offset, life, down_until, ahead_ms, knows_own_writes) = (0, 0, 0, 0, false);
        Self {
            keys,
            scripts,
            replica,
            disk,
            backup,
            offset,
            life,
            down_until,
            lag_ms,
            ahead_ms,
            knows_own_writes,
            without,
        }
    }

    pub fn wall_ms(&self, now: u64) -> u64 {
        (BEGAN_MS + now).saturating_add_signed(self.ahead_ms)
    }

    /// Sets its clock, for commands at the time 0.
    pub fn set_clock(&mut self, now_us: u64) {
        self.ahead_ms = (now_us / 1000) as i64 - BEGAN_MS as i64;
        self.keys.at_us(now_us);
    }

    pub fn forget_scripts(&mut self) {
        self.scripts.clear();
    }

    /// It has no replica.
    pub fn stands_alone(&mut self) {
        self.replica = None;
    }

    /// A moment of its wall clock as a time of the simulation.
    pub fn time_of(&self, wall_ms: u64) -> u64 {
        wall_ms.saturating_add_signed(-self.ahead_ms).saturating_sub(BEGAN_MS)
    }

    /// Runs one command. `seen`: the last write of this connection. The names that it wrote are in `keys.written`.
    pub fn command(&mut self, now: u64, seen: &mut u64, words: &[Vec<u8>]) -> Answer {
        self.keys.at(self.wall_ms(now));
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let reply = match &words[..] {
            [b"EVALSHA", digest, rest @ ..] => match self.scripts.get(*digest).cloned() {
                Some(text) => self.script(&text, rest),
                None => Reply::Error("NOSCRIPT No matching script. Please use EVAL.".to_owned()),
            },
            [b"EVAL", text, rest @ ..] => {
                self.scripts.insert(sha1(text), text.to_vec());
                self.script(text, rest)
            }
            [b"ROLE"] => self.role(now),
            [b"WAIT", _, time] => return self.wait(now, *seen, time),
            [b"HMGET", key, fields @ ..] => {
                let fields: Vec<_> = fields.iter().map(|name| self.without.field(name)).collect();
                self.keys.command(&[&[&b"HMGET"[..], key], &*fields].concat())
            }
            words => self.keys.command(words),
        };
        let has_written = !self.keys.written.is_empty();
        if has_written {
            self.offset += 1;
            let names = self.keys.written.clone();
            let lag_ms = self.lag_ms;
            for name in names {
                let entry = self.keys.entries().get(&name);
                for follower in self.replica.iter_mut().chain([&mut self.disk]) {
                    follower.told(now, self.offset, &name, entry);
                }
            }
            if let Some(replica) = &mut self.replica {
                replica.lag_ms = lag_ms;
            }
        }
        if has_written || !self.knows_own_writes {
            *seen = self.offset;
        }
        Answer { reply, at: now }
    }

    fn script(&mut self, text: &[u8], rest: &[&[u8]]) -> Reply {
        let count = rest.first().and_then(|count| std::str::from_utf8(count).ok()?.parse::<usize>().ok());
        let Some((names, arguments)) = count.and_then(|count| rest[1..].split_at_checked(count)) else {
            return Reply::Error("ERR Number of keys can't be greater than number of args".to_owned());
        };
        lua::run(&mut self.keys, text, self.without, names, arguments)
    }

    fn role(&mut self, now: u64) -> Reply {
        let text = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
        let replica = self.replica.as_mut().map(|replica| {
            replica.catch_up(now);
            Reply::Array(vec![text("10.0.0.2"), text("6379"), text(&replica.offset.to_string())])
        });
        let (offset, replicas) = (Reply::Int(self.offset as i64), replica.into_iter().collect());
        Reply::Array(vec![text("master"), offset, Reply::Array(replicas)])
    }

    fn wait(&mut self, now: u64, seen: u64, time: &[u8]) -> Answer {
        let time_ms: u64 = std::str::from_utf8(time).ok().and_then(|time| time.parse().ok()).unwrap_or(0);
        let has_at = self.replica.as_mut().map_or(u64::MAX, |replica| {
            replica.catch_up(now);
            replica.has_at(seen, now)
        });
        match () {
            () if self.without == Without::ReplicaWait => Answer { reply: Reply::Int(1), at: now },
            () if has_at <= now + time_ms => Answer { reply: Reply::Int(1), at: has_at },
            () => Answer { reply: Reply::Int(0), at: now + time_ms },
        }
    }

    /// The replica takes over as it is. It has no replica of its own until one joins; its clock may be another.
    pub fn fail_over(&mut self, now: u64, down_ms: u64, ahead_ms: i64) -> bool {
        let Some(mut replica) = self.replica.take() else { return false };
        replica.catch_up(now);
        (self.keys, self.offset, self.ahead_ms) = (replica.keys, replica.offset, ahead_ms);
        self.disk = Follower::of(&self.keys, self.offset, DISK_LAG_MS);
        self.begin_again(now, down_ms);
        true
    }

    /// A replica with all that there is now.
    pub fn replica_joins(&mut self) {
        self.replica = Some(Follower::of(&self.keys, self.offset, self.lag_ms));
    }

    /// The server ends, and starts with what its disk has.
    pub fn restart(&mut self, now: u64, down_ms: u64) {
        self.disk.catch_up(now);
        self.keys = self.disk.keys.clone();
        self.followers_begin_again();
        self.begin_again(now, down_ms);
    }

    pub fn flush(&mut self) {
        self.keys = Keys::default();
        self.followers_begin_again();
    }

    pub fn back_up(&mut self) {
        self.backup = self.keys.clone();
    }

    /// The administrator restores the logins of the backup; locks are not of interest.
    pub fn restore(&mut self) {
        self.keys = self.backup.clone();
        let locks = self.keys.entries().keys().filter(|name| !is_login(name)).cloned().collect::<Vec<_>>();
        locks.into_iter().for_each(|name| self.keys.put(name, None));
        self.followers_begin_again();
    }

    /// One key goes, for want of memory.
    pub fn evict(&mut self, is_meant: impl Fn(&[u8]) -> bool) {
        let names: Vec<Vec<u8>> = self.keys.entries().keys().filter(|name| is_meant(name)).cloned().collect();
        names.into_iter().for_each(|name| self.keys.put(name, None));
        self.followers_begin_again();
    }

    fn followers_begin_again(&mut self) {
        self.disk = Follower::of(&self.keys, self.offset, DISK_LAG_MS);
        if self.replica.is_some() {
            self.replica_joins();
        }
    }

    fn begin_again(&mut self, now: u64, down_ms: u64) {
        self.keys.written.clear();
        self.scripts.clear();
        self.life += 1;
        self.down_until = now + down_ms;
    }
}

pub fn is_login(name: &[u8]) -> bool {
    name.windows(7).any(|part| part == b":login:")
}

pub fn is_lock(name: &[u8]) -> bool {
    name.windows(6).any(|part| part == b":lock:")
}

fn sha1(text: &[u8]) -> Vec<u8> {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text);
    digest.as_ref().iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}
