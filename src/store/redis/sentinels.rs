//! Sentinels, which watch a master and its replicas, and say which server is the master now.

use std::sync::atomic::{AtomicUsize, Ordering};

use redis::{RedisResult, Value};

use crate::store::redis::connection::{Access, Connection, client_error, words};
use crate::transport::stream::{Connect, Place};

pub struct Sentinels {
    /// The name under which they know the master.
    name: String,
    access: Access,
    /// Which one answered last.
    last: AtomicUsize,
}

impl Sentinels {
    pub fn new(name: String, access: Access) -> Self {
        Self { name, access, last: AtomicUsize::new(0) }
    }

    /// Asks one after the other, first the one that answered last.
    pub fn master(&self, places: &[Place], network: &dyn Connect) -> RedisResult<Place> {
        let first = self.last.load(Ordering::Relaxed);
        let mut failed = Vec::new();
        for at in (0..places.len()).map(|number| (first + number) % places.len()) {
            let asked = Connection::open(&places[at], &self.access, network).and_then(|mut sentinel| {
                sentinel.exchange(&[b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", self.name.as_bytes()])
            });
            match asked.map(place) {
                Ok(Some(master)) => {
                    self.last.store(at, Ordering::Relaxed);
                    return Ok(master);
                }
                Ok(None) => failed.push(format!("{} knows no master {}", places[at], self.name)),
                Err(error) => failed.push(format!("{}: {}", places[at], words(&error))),
            }
        }
        Err(client_error(format!("no sentinel names the master: {}", failed.join("; "))))
    }
}

fn place(answer: Value) -> Option<Place> {
    let (host, port): (String, u16) = redis::from_redis_value(answer).ok()?;
    Some(Place::Tcp { host, port })
}
