//! A Redis server, a cluster of them, or the master that sentinels name: follows redirections and fail-overs.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::error::{Error, Result};
use crate::host;
use crate::process::PerProcess;
use crate::store::redis::connection::{Copies, is_lost, is_no_master, words};
use crate::store::redis::nodes::{Answer, Around, Nodes};
use crate::store::redis::sentinels::Sentinels;
use crate::transport::limit::left;
use crate::transport::stream::Place;

/// Most nodes of a cluster that one call asks in turn, after redirections and lost nodes.
const TRIES: usize = 6;

/// The servers of one URL.
pub struct Server {
    /// At least one: the server, nodes of the cluster, or sentinels.
    places: Vec<Place>,
    kind: Kind,
    nodes: Nodes,
    state: PerProcess<Mutex<State>>,
}

pub enum Kind {
    Single,
    Cluster,
    Sentinels(Sentinels),
}

#[derive(Default)]
struct State {
    /// Where the slots of a cluster are.
    slots: HashMap<u16, Place>,
    master: Option<Master>,
}

/// The master that the sentinels have named.
#[derive(Clone)]
struct Master {
    place: Place,
    /// Its last write was on a replica.
    had_replicas: bool,
}

impl Server {
    /// Nothing is sent yet.
    pub fn new(places: Vec<Place>, kind: Kind, nodes: Nodes) -> Self {
        Self { places, kind, nodes, state: PerProcess::default() }
    }

    /// Sends a command about the keys with this hash tag. It may be sent again if the answer was lost: all commands of
    /// this store allow that.
    pub fn ask(&self, tag: &str, command: &[&[u8]]) -> Result<Value> {
        self.answer(tag, command, false).map_err(|error| self.failed(&words(&error)))
    }

    fn answer(&self, tag: &str, command: &[&[u8]], replicated: bool) -> RedisResult<Value> {
        let around = Around { replicated, ..Around::default() };
        host::without_sigpipe(|| match &self.kind {
            Kind::Single => self.nodes.ask(self.place(), command, around),
            Kind::Cluster => self.ask_cluster(slot(tag), command, around),
            Kind::Sentinels(sentinels) => self.ask_master(sentinels, command, around),
        })
        .map(|answer| answer.value)
    }

    /// The first one, at which nothing but a single server is ever asked alone.
    fn place(&self) -> &Place {
        &self.places[0]
    }

    fn failed(&self, why: &str) -> Error {
        let places: Vec<_> = self.places.iter().map(Place::to_string).collect();
        Error::store(&format!("Redis at {}", places.join(",")), why)
    }

    /// Sends an EVALSHA, and as an EVAL of the whole script if the server does not know it. `replicated`: what it writes is to
    /// be on a replica too when this returns.
    pub fn ask_script<'a>(
        &self,
        tag: &str,
        command: &mut [&'a [u8]],
        script: &'a [u8],
        replicated: bool,
    ) -> Result<Value> {
        let mut answer = self.answer(tag, command, replicated);
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)) {
            (command[0], command[1]) = (b"EVAL", script);
            answer = self.answer(tag, command, replicated);
        }
        answer.map_err(|error| self.failed(&words(&error)))
    }

    /// One step of a SCAN: the next cursor, and some names.
    pub fn scan(&self, cursor: &[u8], pattern: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
        if matches!(self.kind, Kind::Cluster) {
            return Err(self.failed("the logins of a cluster cannot be listed"));
        }
        let answer = self.ask("", &[b"SCAN", cursor, b"MATCH", pattern, b"COUNT", b"1000"])?;
        redis::from_redis_value(answer).map_err(|_| self.failed("it answered SCAN with something else"))
    }

    /// Asks the master that is known; if that is none any more, or is gone, the one that the sentinels name now.
    fn ask_master(&self, sentinels: &Sentinels, command: &[&[u8]], around: Around) -> RedisResult<Answer> {
        let around = Around { by_master: true, ..around };
        let named = || sentinels.master(&self.places, &*self.nodes.network);
        let known = self.state.lock().master.clone();
        let mut next = None;
        if let Some(master) = known {
            match self.nodes.ask(&master.place, command, around) {
                Ok(answer) => match self.successor(&master, answer.copies, named) {
                    None => return Ok(answer),
                    successor => next = successor,
                },
                Err(error) if is_lost(&error) || is_no_master(&error) => {}
                Err(error) => return Err(error),
            }
            self.state.lock().master = None;
        }
        let place = next.map_or_else(named, Ok)?;
        let answer = self.nodes.ask(&place, command, around)?;
        self.state.lock().master = Some(Master { place, had_replicas: answer.copies == Some(Copies::Made) });
        Ok(answer)
    }

    /// The server that has taken over from this one, which may not know it yet: that is so if no replica has its last write,
    /// and sentinels need a second to agree.
    fn successor(
        &self,
        master: &Master,
        copies: Option<Copies>,
        named: impl Fn() -> RedisResult<Place>,
    ) -> Option<Place> {
        const AGREED_AFTER: Duration = Duration::from_secs(2);
        let patience = match copies? {
            Copies::Late => Duration::ZERO, // it has been waited for
            Copies::NoReplica if master.had_replicas => left(AGREED_AFTER),
            Copies::NoReplica => return None,
            Copies::Made => {
                self.state.lock().master = Some(Master { had_replicas: true, ..master.clone() });
                return None;
            }
        };
        let began = Instant::now();
        loop {
            match named() {
                Ok(other) if other != master.place => return Some(other),
                _ if began.elapsed() >= patience || left(patience).is_zero() => break,
                _ => thread::sleep(Duration::from_millis(50)),
            }
        }
        self.state.lock().master = Some(Master { had_replicas: false, ..master.clone() });
        None
    }

    /// Every node knows which node has a slot, and redirects a call that asks the wrong one.
    fn ask_cluster(&self, slot: u16, command: &[&[u8]], around: Around) -> RedisResult<Answer> {
        let known = self.state.lock().slots.get(&slot).cloned();
        let mut node = known.unwrap_or_else(|| self.place().clone());
        let mut lost = Vec::new();
        let mut answer = self.nodes.ask(&node, command, around);
        for _ in 1..TRIES {
            let Err(error) = &answer else { break };
            let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
            let asking;
            if let Some(next) = redirection(error, &node) {
                (node, asking) = (next, !moved);
                if moved {
                    self.state.lock().slots.insert(slot, node.clone());
                }
            } else if is_lost(error) {
                // Another node may have taken over its slots, and every node can say which.
                lost.push(node);
                let mut state = self.state.lock();
                state.slots.retain(|_, known| !lost.contains(known));
                let mut known = state.slots.values().chain(&self.places);
                let Some(next) = known.find(|known| !lost.contains(known)) else { break };
                (node, asking) = (next.clone(), false);
            } else {
                break;
            }
            answer = self.nodes.ask(&node, command, Around { asking, ..around });
        }
        answer
    }
}

/// The node to which a node redirects. If it names no host, it means its own.
fn redirection(error: &RedisError, node: &Place) -> Option<Place> {
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    let host = match (host.trim_start_matches('[').trim_end_matches(']'), node) {
        ("", Place::Tcp { host, .. }) => host,
        (host, _) => host,
    };
    Some(Place::Tcp { host: host.to_owned(), port: port.parse().ok()? })
}

/// CRC16 of the XMODEM kind, as Redis distributes keys.
fn slot(tag: &str) -> u16 {
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    });
    crc % 16384
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value from the cluster specification of Redis.
    #[test]
    fn keys_have_the_slots_of_redis() {
        assert_eq!(slot("123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12182);
    }
}
