//! Connections to the servers of one store, kept between calls.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redis::{RedisResult, Value};

use crate::process::PerProcess;
use crate::store::redis::connection::{Access, Connection, Copies, is_lost, is_no_master};
use crate::transport::stream::{Connect, Place};

/// Most idle connections to a node that are kept: a thousand machines share a server. More than two renewals at once are rare.
const KEPT: usize = 2;
/// One that was idle for longer is closed, when the next one is used.
const IDLE_FOR: Duration = Duration::from_secs(60);

pub struct Nodes {
    access: Access,
    pub network: Arc<dyn Connect>,
    /// Most idle connections to each node.
    most: usize,
    /// A forked child does not touch the connections of its parent.
    state: PerProcess<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// In the order in which they were used.
    idle: Vec<(Place, Connection, Instant)>,
    /// Calls under way: while there are any, the next one is near, and no connection is closed.
    under_way: usize,
}

impl State {
    /// Takes out what is more than `most` of each node, the oldest first.
    fn surplus(&mut self, most: usize) -> Vec<Connection> {
        let mut surplus = Vec::new();
        for at in (0..self.idle.len()).rev() {
            let (place, ..) = &self.idle[at];
            if self.idle[at + 1..].iter().filter(|(other, ..)| other == place).count() >= most {
                surplus.push(self.idle.remove(at).1);
            }
        }
        surplus
    }
}

/// A call under way.
struct UnderWay<'a>(&'a Nodes);

impl<'a> UnderWay<'a> {
    fn begin(nodes: &'a Nodes) -> Self {
        nodes.state.lock().under_way += 1;
        Self(nodes)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.under_way = state.under_way.saturating_sub(1); // a forked child has begun none of them
        let surplus = if state.under_way == 0 { state.surplus(self.0.most) } else { Vec::new() };
        drop(state);
        drop(surplus); // closing may take its time
    }
}

/// What goes with a command over the same connection.
#[derive(Clone, Copy, Default)]
pub struct Around {
    /// Before it, on a new connection: the node has to be a master.
    pub by_master: bool,
    /// Before it: the node has the slot only for those who say so.
    pub asking: bool,
    /// It writes: wait for a replica.
    pub replicated: bool,
}

/// What a node said; of a write, with its copies.
pub struct Answer {
    pub value: Value,
    pub copies: Option<Copies>,
}

impl Nodes {
    pub fn new(access: Access, network: Arc<dyn Connect>, most: Option<usize>) -> Self {
        Self { access, network, most: most.unwrap_or(KEPT), state: PerProcess::default() }
    }

    /// Sends a command to a node; again, over a new connection, if a kept one turns out to be useless.
    pub fn ask(&self, node: &Place, command: &[&[u8]], around: Around) -> RedisResult<Answer> {
        let _under_way = UnderWay::begin(self);
        if let Some(connection) = self.take(node) {
            match self.exchange(node, connection, command, around) {
                // Perhaps closed while it was idle; its user has another password now, or its name means another server.
                Err(error) if is_lost(&error) || is_no_master(&error) || error.code() == Some("NOAUTH") => {}
                answer => return answer,
            }
        }
        let mut connection = Connection::open(node, &self.access, &*self.network)?;
        if around.by_master {
            connection.check_master()?;
        }
        self.exchange(node, connection, command, around)
    }

    fn take(&self, node: &Place) -> Option<Connection> {
        let mut state = self.state.lock();
        state.idle.retain(|(.., used_at)| used_at.elapsed() < IDLE_FOR);
        let last = state.idle.iter().rposition(|(place, ..)| place == node)?;
        Some(state.idle.remove(last).1)
    }

    fn exchange(
        &self,
        node: &Place,
        mut connection: Connection,
        command: &[&[u8]],
        around: Around,
    ) -> RedisResult<Answer> {
        if around.asking {
            connection.exchange(&[b"ASKING"])?;
        }
        let answer = match around.replicated {
            true => connection.write(command).map(|(value, copies)| Answer { value, copies: Some(copies) }),
            false => connection.exchange(command).map(|value| Answer { value, copies: None }),
        };
        let is_in_step = !connection.is_out_of_step();
        let is_useful = answer.as_ref().map_or_else(|error| !is_lost(error) && !is_no_master(error), |_| true);
        if is_useful && is_in_step {
            self.state.lock().idle.push((node.clone(), connection, Instant::now()));
        }
        answer
    }
}
