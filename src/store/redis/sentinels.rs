//! Sentinels, which watch a master and its replicas, and say which server is the master now.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use redis::{RedisResult, Value};

use crate::store::redis::connection::{Access, Connection, client_error, words};
use crate::transport::stream::{Connect, Place};

pub struct Sentinels {
    /// The name under which they know the master.
    name: String,
    access: Access,
    /// Which one named it last.
    last: AtomicUsize,
}

impl Sentinels {
    pub fn new(name: String, access: Access) -> Self {
        Self { name, access, last: AtomicUsize::new(0) }
    }

    /// How many replicas the master should have, as the first says that answers; `None` if none does.
    pub fn replicas(&self, places: &[Place], network: &dyn Connect) -> Option<usize> {
        self.in_turn(places).find_map(|at| self.said(&places[at], network, b"REPLICAS").ok().and_then(up))
    }

    /// Asks one after the other, first the one that was right last, until `is_right` says so of the server that it names. Fails
    /// with what each of them said.
    pub fn ask<T>(
        &self,
        places: &[Place],
        network: &dyn Connect,
        mut is_right: impl FnMut(Place) -> Option<T>,
    ) -> RedisResult<T> {
        let mut said = Vec::new();
        for at in self.in_turn(places) {
            match self.said(&places[at], network, b"GET-MASTER-ADDR-BY-NAME").map(place) {
                Ok(Some(master)) => {
                    said.push(format!("{} names {master}", places[at]));
                    if let Some(found) = is_right(master) {
                        self.last.store(at, Ordering::Relaxed);
                        return Ok(found);
                    }
                }
                Ok(None) => said.push(format!("{} knows no master {}", places[at], self.name)),
                Err(error) => said.push(format!("{}: {}", places[at], words(&error))),
            }
        }
        Err(client_error(format!("no sentinel names the master: {}", said.join("; "))))
    }

    fn in_turn(&self, places: &[Place]) -> impl Iterator<Item = usize> + use<> {
        let (first, count) = (self.last.load(Ordering::Relaxed), places.len());
        (0..count).map(move |number| (first + number) % count)
    }

    /// What one of them says of the master.
    fn said(&self, place: &Place, network: &dyn Connect, what: &[u8]) -> RedisResult<Value> {
        Connection::open(place, &self.access, network)?.exchange(&[b"SENTINEL", what, self.name.as_bytes()])
    }
}

/// Those that are not down; also one that is taking over, to which the sentinel connects anew.
fn up(answer: Value) -> Option<usize> {
    let replicas: Vec<HashMap<String, String>> = redis::from_redis_value(answer).ok()?;
    let is_down = |flags: &str| flags.split(',').any(|flag| matches!(flag, "s_down" | "o_down"));
    Some(replicas.iter().filter(|replica| replica.get("flags").is_some_and(|flags| !is_down(flags))).count())
}

fn place(answer: Value) -> Option<Place> {
    let (host, port): (String, u16) = redis::from_redis_value(answer).ok()?;
    Some(Place::Tcp { host, port })
}
