//! A Redis server, or a cluster of them: keeps connections between calls, and follows redirections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::error::{Error, Result};
use crate::host;
use crate::process::PerProcess;
use crate::store::redis::address::Address;
use crate::store::redis::connection::{Connection, is_lost, words};
use crate::transport::stream::{Connect, Place};

/// Most idle connections to a node that are kept: a thousand machines share a server. More than two renewals at once are rare.
const KEPT: usize = 2;
/// One that was idle for longer is closed, when the next one is used.
const IDLE_FOR: Duration = Duration::from_secs(60);
/// Most nodes that one call asks in turn, after redirections and lost nodes.
const TRIES: usize = 6;

/// The server or cluster of one URL.
pub struct Server {
    address: Address,
    network: Arc<dyn Connect>,
    cluster: bool,
    /// Most idle connections to each node.
    kept: usize,
    /// A forked child does not touch the connections of its parent.
    state: PerProcess<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// In the order in which they were used.
    kept: Vec<(Place, Connection, Instant)>,
    /// Calls under way: while there are any, the next one is near, and no connection is closed.
    under_way: usize,
    slots: HashMap<u16, Place>,
}

impl State {
    /// Takes out what is more than `most` of each node, the oldest first.
    fn surplus(&mut self, most: usize) -> Vec<Connection> {
        let mut surplus = Vec::new();
        for at in (0..self.kept.len()).rev() {
            let (place, ..) = &self.kept[at];
            if self.kept[at + 1..].iter().filter(|(other, ..)| other == place).count() >= most {
                surplus.push(self.kept.remove(at).1);
            }
        }
        surplus
    }
}

/// A call under way.
struct UnderWay<'a>(&'a Server);

impl<'a> UnderWay<'a> {
    fn begin(server: &'a Server) -> Self {
        server.state.lock().under_way += 1;
        Self(server)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.under_way = state.under_way.saturating_sub(1); // a forked child has begun none of them
        let surplus = if state.under_way == 0 { state.surplus(self.0.kept) } else { Vec::new() };
        drop(state);
        drop(surplus); // closing may take its time
    }
}

/// What goes with a command over the same connection.
#[derive(Clone, Copy, Default)]
struct Around {
    /// Before it: the node has the slot only for those who say so.
    asking: bool,
    /// After it: wait for a replica.
    replicated: bool,
}

impl Server {
    /// Nothing is sent yet.
    pub fn new(address: Address, network: Arc<dyn Connect>, cluster: bool, kept: Option<usize>) -> Result<Self> {
        if cluster && (address.database != 0 || matches!(address.place, Place::Unix(_))) {
            return Err(Error::argument("url", "of a cluster has a database or a path: it has neither"));
        }
        let kept = kept.unwrap_or(KEPT);
        Ok(Self { address, network, cluster, kept, state: PerProcess::default() })
    }

    /// Sends a command about the keys with this hash tag. It may be sent again if the answer was lost: all commands of
    /// this store allow that.
    pub fn ask(&self, tag: &str, command: &[&[u8]]) -> Result<Value> {
        self.named(self.answer(tag, command, false))
    }

    fn answer(&self, tag: &str, command: &[&[u8]], replicated: bool) -> RedisResult<Value> {
        host::without_sigpipe(|| match self.cluster {
            true => self.ask_cluster(slot(tag), command, replicated),
            false => self.ask_node(&self.address.place, command, Around { asking: false, replicated }),
        })
    }

    fn named<T>(&self, answer: RedisResult<T>) -> Result<T> {
        answer.map_err(|error| Error::store(&format!("Redis at {}", self.address.place), words(&error)))
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
        self.named(answer)
    }

    /// One step of a SCAN of this server: the next cursor, and some names.
    pub fn scan(&self, cursor: &[u8], pattern: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
        let failed = |why: &str| Error::store(&format!("Redis at {}", self.address.place), why);
        if self.cluster {
            return Err(failed("the logins of a cluster cannot be listed"));
        }
        let command: [&[u8]; 6] = [b"SCAN", cursor, b"MATCH", pattern, b"COUNT", b"1000"];
        let answer = host::without_sigpipe(|| self.ask_node(&self.address.place, &command, Around::default()));
        let answer = answer.map_err(|error| failed(&words(&error)))?;
        redis::from_redis_value(answer).map_err(|_| failed("answered SCAN with something else"))
    }

    /// Every node knows which node has a slot, and redirects a call that asks the wrong one.
    fn ask_cluster(&self, slot: u16, command: &[&[u8]], replicated: bool) -> RedisResult<Value> {
        let known = self.state.lock().slots.get(&slot).cloned();
        let mut node = known.unwrap_or_else(|| self.address.place.clone());
        let (mut asking, mut lost) = (false, Vec::new());
        let mut answer = self.ask_node(&node, command, Around { asking, replicated });
        for _ in 1..TRIES {
            let Err(error) = &answer else { break };
            let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
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
                let mut known = state.slots.values().chain([&self.address.place]);
                let Some(next) = known.find(|known| !lost.contains(known)) else { break };
                (node, asking) = (next.clone(), false);
            } else {
                break;
            }
            answer = self.ask_node(&node, command, Around { asking, replicated });
        }
        answer
    }

    fn ask_node(&self, node: &Place, command: &[&[u8]], around: Around) -> RedisResult<Value> {
        let _under_way = UnderWay::begin(self);
        let exchange = |mut connection: Connection| {
            if around.asking {
                connection.exchange(&[b"ASKING"])?;
            }
            let answer = match around.replicated {
                true => connection.exchange_and_ask_for_replicas(command),
                false => connection.exchange(command),
            };
            let useless = answer.as_ref().is_err_and(|error| is_lost(error) || is_no_master(error))
                || around.replicated && connection.wait_for_replica(answer.is_ok()).is_err();
            if !useless {
                self.state.lock().kept.push((node.clone(), connection, Instant::now()));
            }
            answer
        };
        let take = || {
            let mut state = self.state.lock();
            state.kept.retain(|(.., used_at)| used_at.elapsed() < IDLE_FOR);
            let last = state.kept.iter().rposition(|(place, ..)| place == node);
            last.map(|at| state.kept.remove(at).1)
        };
        if let Some(connection) = take() {
            match exchange(connection) {
                Err(error) if is_lost(&error) => {} // perhaps closed while it was idle
                answer => return answer,
            }
        }
        exchange(Connection::open(node, &self.address, &*self.network)?)
    }
}

/// A replica, or a server that is still loading: the host name may mean another server by now.
fn is_no_master(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    matches!(error.kind(), ErrorKind::Server(ReadOnly | BusyLoading | MasterDown))
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
