//! The network between the machines and Redis.

use std::io::{self, Read, Write};

use oauthclient::transport::stream::{Connect, Place, Stream};

use crate::coroutine;
use crate::redis::protocol;
use crate::world::{self, Event};

/// As long as a real connection waits.
const PATIENCE_MS: u64 = 3000;

/// The network of one machine.
pub struct Network;

/// Both ends of one connection.
#[derive(Default)]
pub struct Connection {
    pub machine: usize,
    /// The life of the server to which it leads.
    pub life: u32,
    /// What has arrived.
    pub inbox: Vec<u8>,
    pub is_broken: bool,
    /// The last write that the server did for it.
    pub seen: u64,
    /// When the last message in each direction arrives: none overtakes another.
    to_server_at: u64,
    to_store_at: u64,
    /// One was swallowed: those after it do not arrive either.
    is_silent: bool,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Arrives(u64),
    Refused,
    Swallowed,
}

impl Connect for Network {
    fn connect(&self, _: &Place) -> io::Result<Box<dyn Stream>> {
        if coroutine::is_dying() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let machine = coroutine::machine();
        let fate = world::with(|world| world.fate(machine));
        let wait_ms = match fate {
            Fate::Arrives(way_ms) => 2 * way_ms,
            Fate::Refused => 1,
            Fate::Swallowed => PATIENCE_MS,
        };
        coroutine::wait(wait_ms, |_| None::<()>);
        match fate {
            Fate::Arrives(_) => world::with(|world| world.connected(machine)).map(|number| {
                let (unsent, stream) = (Vec::new(), number);
                Box::new(Line { number: stream, unsent }) as Box<dyn Stream>
            }),
            Fate::Refused => Err(io::ErrorKind::ConnectionRefused.into()),
            Fate::Swallowed => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// The end that the store has.
struct Line {
    number: usize,
    unsent: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if coroutine::is_dying() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.unsent.extend(bytes);
        while let Some(command) = protocol::take_command(&mut self.unsent) {
            world::with(|world| world.send(self.number, command));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if coroutine::is_dying() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let number = self.number;
        let arrived = coroutine::wait(PATIENCE_MS, |world| {
            let connection = &mut world.connections[number];
            if !connection.inbox.is_empty() {
                let count = connection.inbox.len().min(into.len());
                into[..count].copy_from_slice(&connection.inbox[..count]);
                connection.inbox.drain(..count);
                return Some(Ok(count));
            }
            connection.is_broken.then(|| Err(io::ErrorKind::ConnectionReset.into()))
        });
        arrived.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl world::World {
    /// What becomes of a message between a machine and Redis that is sent now.
    pub fn fate(&mut self, machine: usize) -> Fate {
        let now = self.now();
        if now < self.redis.down_until {
            self.hindered_all();
            return Fate::Refused;
        }
        let cut = self.machines[machine].cut;
        if now < cut.until && cut.refuses {
            self.machines[machine].hindered_at = now;
            return Fate::Refused;
        }
        if now < cut.until && (cut.loses_of_100 > self.random.u32(0..100)) {
            self.machines[machine].hindered_at = now;
            return Fate::Swallowed;
        }
        let mut way_ms = self.random.u64(self.way_ms.0..=self.way_ms.1);
        if now < self.slow_until {
            self.hindered_all();
            way_ms += self.random.u64(0..=self.slow_ms);
        }
        Fate::Arrives(way_ms)
    }

    /// The server has taken a connection.
    fn connected(&mut self, machine: usize) -> io::Result<usize> {
        if self.now() < self.redis.down_until {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        self.connections.push(Connection { machine, life: self.redis.life, ..Connection::default() });
        Ok(self.connections.len() - 1)
    }

    fn send(&mut self, number: usize, command: Vec<Vec<u8>>) {
        let machine = self.connections[number].machine;
        let process = self.machines[machine].process;
        let (now, fate) = (self.now(), self.fate(machine));
        let way_ms = match fate {
            _ if self.connections[number].is_silent => return,
            Fate::Arrives(way_ms) => way_ms,
            // A machine sends again what was not acknowledged, whether or not somebody waits for the answer.
            Fate::Swallowed if self.random.bool() => self.machines[machine].cut.until.saturating_sub(now) + 200,
            Fate::Refused => return self.connections[number].is_broken = true,
            Fate::Swallowed => return self.connections[number].is_silent = true,
        };
        let connection = &mut self.connections[number];
        connection.to_server_at = connection.to_server_at.max(now + way_ms);
        let in_ms = connection.to_server_at - now;
        self.schedule(in_ms, Event::AtRedis(number, process, command));
    }

    /// A command has reached the server.
    pub fn at_redis(&mut self, number: usize, process: u32, command: &[Vec<u8>]) {
        let is_down = self.now() < self.redis.down_until;
        let connection = &mut self.connections[number];
        if connection.life != self.redis.life || is_down {
            let machine = connection.machine;
            connection.is_broken = true;
            self.wake(machine);
            return;
        }
        let (machine, mut seen) = (connection.machine, connection.seen);
        let now = self.now();
        let answer = self.redis.command(now, &mut seen, command);
        self.connections[number].seen = seen;
        self.look_at_writes(machine, process, command, &answer.reply);
        let mut bytes = Vec::new();
        protocol::write(&answer.reply, &mut bytes);
        let fate = self.fate(machine);
        let connection = &mut self.connections[number];
        match fate {
            Fate::Arrives(way_ms) if !connection.is_silent => {
                connection.to_store_at = connection.to_store_at.max(answer.at + way_ms);
                let in_ms = connection.to_store_at - now;
                self.schedule(in_ms, Event::FromRedis(number, bytes));
            }
            _ => connection.is_silent = true,
        }
    }

    pub fn answered(&mut self, number: usize, bytes: &[u8]) {
        let life = self.redis.life;
        let connection = &mut self.connections[number];
        if connection.life != life {
            connection.is_broken = true;
        } else {
            connection.inbox.extend(bytes);
        }
        let machine = connection.machine;
        self.wake(machine);
    }

    /// All connections to a server that is no more are broken.
    pub fn break_connections(&mut self) {
        let life = self.redis.life;
        for connection in &mut self.connections {
            connection.is_broken |= connection.life != life;
        }
        self.hindered_all();
        (0..self.machines.len()).for_each(|machine| self.wake(machine));
    }
}
