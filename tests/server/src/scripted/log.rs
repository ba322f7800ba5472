//! The record that a server's threads write and its test waits on, and the word that they should stop.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::seen::{Seen, SeenConnection};

/// How long a wait may take before it is a failed test.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Log {
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Default)]
struct Inside {
    seen: Seen,
    /// Other handles to the open sockets, for stopping threads that wait on them.
    sockets: Vec<(usize, TcpStream)>,
    /// Permits given by `Scripted::go` and not taken yet.
    permits: usize,
    stopping: bool,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        // A wait that gave up panics with the lock held; the record is still good for the clean-up.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn seen(&self) -> Seen {
        self.lock().seen.clone()
    }

    pub fn update(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock().seen);
        self.changed.notify_all();
    }

    pub fn update_connection(&self, number: usize, change: impl FnOnce(&mut SeenConnection)) {
        self.update(|seen| change(&mut seen.connections[number]));
    }

    /// Waits until `condition` holds, and panics with the record if that takes too long.
    pub fn wait_for(&self, condition: impl Fn(&Seen) -> bool) {
        let mut inside = self.lock();
        let deadline = Instant::now() + PATIENCE;
        while !condition(&inside.seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                panic!("waited {PATIENCE:?} for a server, which saw {:#?}", inside.seen);
            }
            inside = self.changed.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Registers a connection and gives its number, or nothing when the server is stopping.
    pub fn open(&self, socket: &TcpStream) -> Option<usize> {
        let mut inside = self.lock();
        if inside.stopping {
            return None;
        }
        let number = inside.seen.connections.len();
        inside.seen.connections.push(SeenConnection {
            opened_at: Instant::now(),
            received: 0,
            last_write_at: None,
            tls: None,
            handshake_error: None,
            closed: None,
        });
        inside.sockets.push((number, socket.try_clone().ok()?));
        self.changed.notify_all();
        Some(number)
    }

    /// Registers one more socket that connection `number` waits on.
    pub fn guard(&self, number: usize, socket: &TcpStream) -> io::Result<()> {
        let mut inside = self.lock();
        if inside.stopping {
            return Err(io::ErrorKind::NotConnected.into());
        }
        inside.sockets.push((number, socket.try_clone()?));
        Ok(())
    }

    /// Lets go of the other handles to a connection's sockets: a socket ends with the last handle to it.
    pub fn forget(&self, number: usize) {
        self.lock().sockets.retain(|(of, _)| *of != number);
    }

    pub fn give_permit(&self) {
        self.lock().permits += 1;
        self.changed.notify_all();
    }

    /// Waits for a permit; false when the server is stopping instead.
    pub fn take_permit(&self) -> bool {
        let mut inside = self.lock();
        loop {
            if inside.stopping {
                return false;
            }
            if inside.permits > 0 {
                inside.permits -= 1;
                return true;
            }
            inside = self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets time pass; false as soon as the server is stopping.
    pub fn pause(&self, time: Duration) -> bool {
        let inside = self.lock();
        let (inside, _) = self
            .changed
            .wait_timeout_while(inside, time, |inside| !inside.stopping)
            .unwrap_or_else(PoisonError::into_inner);
        !inside.stopping
    }

    /// Wakes every thread that waits on the log or on a socket.
    pub fn stop(&self) {
        let mut inside = self.lock();
        inside.stopping = true;
        for (_, socket) in &inside.sockets {
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }
}
