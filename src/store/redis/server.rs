//! A Redis server, a cluster of them, or the master that sentinels name: follows redirections and fail-overs.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, ServerErrorKind, Value};

use crate::error::{Advice, Error, Result};
use crate::host;
use crate::process::PerProcess;
use crate::store::redis::connection::{is_lost, is_no_master, words};
use crate::store::redis::nodes::{Answer, Around, Nodes};
use crate::store::redis::sentinels::Sentinels;
use crate::transport::limit;
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
    /// The node of it that has answered last.
    seed: Option<Place>,
    master: Option<Master>,
}

/// The master that a sentinel has named.
#[derive(Clone)]
struct Master {
    place: Place,
    /// How many replicas it had at the last write; `None`: it is not known.
    replicas: Option<usize>,
    /// It did not answer, or not as a master: the sentinels are to be asked.
    is_doubtful: bool,
}

/// Whether the time of the call is over, which says nothing about a server.
fn is_over() -> bool {
    limit::left(Duration::from_secs(1)).is_zero()
}

impl Server {
    /// Nothing is sent yet.
    pub fn new(places: Vec<Place>, kind: Kind, nodes: Nodes) -> Self {
        Self { places, kind, nodes, state: PerProcess::default() }
    }

    /// Sends a command about the keys with this hash tag. It may be sent again if the answer was lost: all commands of
    /// this store allow that.
    pub fn ask(&self, tag: &str, command: &[&[u8]]) -> Result<Value> {
        self.answer(tag, command, false).map_err(|failed| self.described(&failed))
    }

    fn answer(&self, tag: &str, command: &[&[u8]], replicated: bool) -> std::result::Result<Value, Failed> {
        let around = Around { replicated, ..Around::default() };
        host::without_sigpipe(|| match &self.kind {
            Kind::Single => self.ask_node(self.place(), command, around),
            Kind::Cluster => self.ask_cluster(slot(tag), command, around),
            Kind::Sentinels(sentinels) => self.ask_master(sentinels, command, around),
        })
        .map(|answer| answer.value)
    }

    fn ask_node(&self, node: &Place, command: &[&[u8]], around: Around) -> Asked {
        self.nodes.ask(node, command, around).map_err(|error| Failed { error, node: Some(node.clone()) })
    }

    /// The first one, at which nothing but a single server is ever asked alone.
    fn place(&self) -> &Place {
        &self.places[0]
    }

    fn failed(&self, why: &str) -> Error {
        let places: Vec<_> = self.places.iter().map(Place::to_string).collect();
        Error::store(&format!("Redis at {}", places.join(",")), why)
    }

    /// Names the server that failed, and says what does not pass by itself.
    fn described(&self, failed: &Failed) -> Error {
        let Failed { error, node } = failed;
        let is_lost_slot = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
        let hint = match &self.kind {
            Kind::Single if is_lost_slot => " (it is a node of a cluster: oauth_store_options_set_redis_cluster)",
            _ if is_forbidden(error) => " (oauth.h lists what its user has to be allowed to do)",
            _ => "",
        };
        let why = words(error) + hint;
        let described = match (node, &self.kind) {
            (Some(node), Kind::Sentinels(_)) => Error::store(&format!("Redis at {node}, which sentinels name"), why),
            (Some(node), _) => Error::store(&format!("Redis at {node}"), why),
            (None, _) => self.failed(&why),
        };
        match needs_set_up(error) || !hint.is_empty() {
            true => described.with_advice(Advice::FixConfig),
            false => described,
        }
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
        if answer.as_ref().is_err_and(|failed| failed.error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)) {
            (command[0], command[1]) = (b"EVAL", script);
            answer = self.answer(tag, command, replicated);
        }
        answer.map_err(|failed| self.described(&failed))
    }

    /// One step of a SCAN: the next cursor, and some names.
    pub fn scan(&self, cursor: &[u8], pattern: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
        if matches!(self.kind, Kind::Cluster) {
            return Err(self.failed("the logins of a cluster cannot be listed"));
        }
        let answer = self.ask("", &[b"SCAN", cursor, b"MATCH", pattern, b"COUNT", b"1000"])?;
        redis::from_redis_value(answer).map_err(|_| self.failed("it answered SCAN with something else"))
    }

    /// Asks the master that is known; if that is none any more, or is gone, those that the sentinels name.
    fn ask_master(&self, sentinels: &Sentinels, command: &[&[u8]], around: Around) -> Asked {
        let around = Around { by_master: true, ..around };
        let known = self.state.lock().master.clone();
        let mut tried = Vec::new();
        if let Some(master) = known.as_ref().filter(|master| !master.is_doubtful) {
            match self.ask_node(&master.place, command, around) {
                Ok(answer) => return self.settled(sentinels, master, answer, command, around),
                Err(failed) if !failed.is_gone() || is_over() => return Err(failed),
                Err(_) => tried.push(master.place.clone()),
            }
            self.remember(Master { is_doubtful: true, ..master.clone() });
        }
        let mut failed = None;
        let asked = sentinels.ask(&self.places, &*self.nodes.network, |place| {
            if tried.contains(&place) {
                return None; // several name it
            }
            tried.push(place.clone());
            match self.ask_node(&place, command, around) {
                Err(gone) if gone.is_gone() && !is_over() => {
                    failed.get_or_insert(gone);
                    None
                }
                asked => Some(asked.map(|answer| (place, answer))),
            }
        });
        match asked {
            Ok(Ok((place, answer))) => {
                let replicas = known.filter(|known| known.place == place).and_then(|known| known.replicas);
                let master = Master { place, replicas, is_doubtful: false };
                self.settled(sentinels, &master, answer, command, around)
            }
            Ok(Err(other)) => Err(other),
            Err(error) => Err(failed.unwrap_or(Failed { error, node: None })),
        }
    }

    /// The answer of a master, unless that was replaced and does not know it yet: then it has lost replicas, or none has its
    /// last write in time. Sentinels need a second to agree who takes over; the write is sent again to that one.
    fn settled(
        &self,
        sentinels: &Sentinels,
        master: &Master,
        answer: Answer,
        command: &[&[u8]],
        around: Around,
    ) -> Asked {
        const AGREED_AFTER: Duration = Duration::from_secs(2);
        let Some(copies) = answer.copies else {
            self.remember(master.clone());
            return Ok(answer);
        };
        let expected = || {
            let _limited = limit::within(AGREED_AFTER);
            sentinels.replicas(&self.places, &*self.nodes.network)
        };
        let has_fewer = master.replicas.or_else(expected).is_some_and(|expected| copies.replicas < expected);
        let is_late = copies.replicas > 0 && !copies.is_made; // it was waited for
        let began = Instant::now();
        let mut asks = has_fewer || is_late;
        while asks {
            let _limited = limit::within(AGREED_AFTER);
            let by_successor = sentinels.ask(&self.places, &*self.nodes.network, |place| {
                let other = (place != master.place).then_some(place)?;
                let asked = self.ask_node(&other, command, around);
                if asked.as_ref().is_err_and(Failed::is_gone) {
                    return None;
                }
                let copies = asked.as_ref().ok().and_then(|answer| answer.copies);
                let replicas = copies.map(|copies| copies.replicas);
                self.remember(Master { place: other, replicas, is_doubtful: false });
                Some(asked)
            });
            if let Ok(asked) = by_successor {
                return asked;
            }
            asks = !is_over() && !is_late && began.elapsed() < AGREED_AFTER;
            if asks {
                thread::sleep(Duration::from_millis(50));
            }
        }
        self.remember(Master { replicas: Some(copies.replicas), ..master.clone() });
        Ok(answer)
    }

    fn remember(&self, master: Master) {
        self.state.lock().master = Some(master);
    }

    /// Every node knows which node has a slot, and redirects a call that asks the wrong one.
    fn ask_cluster(&self, slot: u16, command: &[&[u8]], around: Around) -> Asked {
        let mut node = {
            let state = self.state.lock();
            state.slots.get(&slot).or(state.seed.as_ref()).unwrap_or_else(|| self.place()).clone()
        };
        let (mut around, mut failures, mut is_redirected) = (around, Vec::<Failed>::new(), false);
        for _ in 0..TRIES + self.places.len() {
            let failed = match self.ask_node(&node, command, around) {
                Err(failed) => failed,
                Ok(answer) => {
                    let mut state = self.state.lock();
                    if !around.asking {
                        state.slots.insert(slot, node.clone());
                    }
                    state.seed = Some(node);
                    return Ok(answer);
                }
            };
            let (next, is_gone) = (redirection(&failed.error, &node), failed.is_gone());
            let moved = failed.error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
            failures.push(failed);
            is_redirected = next.is_some();
            around.asking = is_redirected && !moved;
            match next.or_else(|| self.node_beside(&failures).filter(|_| is_gone && !is_over())) {
                Some(next) => node = next,
                None => break,
            }
        }
        // That others redirect to a node which is lost says less than why it is.
        let gone = failures.iter().position(|failed| is_redirected && failed.is_gone());
        Err(failures.swap_remove(gone.unwrap_or(failures.len() - 1)))
    }

    /// Another node than those that are lost: it may have taken over their slots, and every node can say which has.
    fn node_beside(&self, failures: &[Failed]) -> Option<Place> {
        let is_of = |failed: &Failed, place: &Place| failed.is_gone() && failed.node.as_ref() == Some(place);
        let is_lost = |place: &Place| failures.iter().any(|failed| is_of(failed, place));
        let mut state = self.state.lock();
        state.slots.retain(|_, known| !is_lost(known));
        state.seed = state.seed.take().filter(|seed| !is_lost(seed));
        let mut known = state.slots.values().chain(&self.places);
        known.find(|known| !is_lost(known)).cloned()
    }
}

/// Why a server, if it is known which, did not do what it was asked.
struct Failed {
    error: RedisError,
    node: Option<Place>,
}

type Asked = std::result::Result<Answer, Failed>;

impl Failed {
    /// The server is lost, or is no master any more.
    fn is_gone(&self) -> bool {
        is_lost(&self.error) || is_no_master(&self.error)
    }
}

/// The server's user may not do it.
fn is_forbidden(error: &RedisError) -> bool {
    let in_script = error.detail().is_some_and(|detail| detail.contains("can't run this command"));
    in_script || error.code() == Some("NOPERM")
}

/// What does not pass by itself: credentials, certificates, another kind of server.
fn needs_set_up(error: &RedisError) -> bool {
    let is_tls = error.kind() == ErrorKind::Io && std::error::Error::source(error).is_some_and(is_refused_by_tls);
    let by_code = matches!(error.code(), Some("NOAUTH" | "WRONGPASS"));
    is_tls || by_code || matches!(error.kind(), ErrorKind::AuthenticationFailed | ErrorKind::Parse)
}

fn is_refused_by_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    matches!(
        error.and_then(|error| error.downcast_ref()),
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_) | rustls::Error::General(_))
    )
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
