//! An authorization server whose refresh tokens are good for one use, with what real ones do when one comes twice
//! (RFC 6749 section 6, RFC 9700 section 4.14.2); it can be told to fail in the middle, and to go away.

mod endpoint;
mod login;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use login::{Outcome, Reuse};

use crate::scripted::Scripted;
use login::Login;

/// How long a wait may take before it is a failed test.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub access_token_lifetime_s: u32,
    pub reuse: Reuse,
}

/// What happens to one request in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The token rotates, and the connection is closed without an answer.
    DropAnswer,
    /// The token rotates, and the answer waits for [`Rotation::release`].
    HoldAnswer,
    /// 503 with Retry-After; the token was not looked at.
    Unavailable { retry_after_s: u32 },
}

/// One request with a refresh token.
#[derive(Clone, Debug)]
pub struct Renewal {
    pub login: usize,
    /// Which of the login's refresh tokens was sent, in the order of their issue, from 0.
    pub sequence: u64,
    /// The newest that had been issued when it came.
    pub newest: u64,
    pub outcome: Outcome,
    pub user_agent: String,
}

/// A running server; dropping it stops it.
pub struct Rotation {
    address: SocketAddr,
    state: Arc<State>,
    /// Nothing while it is down.
    server: Option<Scripted>,
}

struct State {
    options: Options,
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Default)]
struct Inside {
    logins: Vec<Login>,
    renewals: Vec<Renewal>,
    faults: VecDeque<Fault>,
    held: VecDeque<Renewal>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rotation {
    pub fn start(options: Options) -> Self {
        let state = Arc::new(State { options, inside: Mutex::default(), changed: Condvar::new() });
        let server = Scripted::start(endpoint::handler(state.clone()));
        Self { address: server.address(), state, server: Some(server) }
    }

    /// For clients that find the endpoints themselves.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn token_endpoint(&self) -> String {
        format!("{}/token", self.issuer())
    }

    /// 200 for a live access token, else 401; a UserInfo endpoint, too.
    pub fn resource(&self) -> String {
        format!("{}/api", self.issuer())
    }

    /// Logs a user in, and gives the refresh token.
    pub fn log_in(&self) -> String {
        let mut inside = self.state.lock();
        inside.logins.push(Login::new());
        endpoint::refresh_token(inside.logins.len() - 1, 0)
    }

    /// Lets the next requests fail, each as one of these says.
    pub fn fail(&self, faults: &[Fault]) {
        self.state.lock().faults.extend(faults);
    }

    /// Waits for a request whose answer is held.
    ///
    /// # Panics
    /// After 30 seconds.
    pub fn wait_for_held(&self) -> Renewal {
        self.wait_for(|inside| inside.held.pop_front())
    }

    /// The newest refresh token that the login was issued.
    pub fn newest(&self, login: usize) -> u64 {
        self.state.lock().logins.get(login).map_or(0, |login| login.newest)
    }

    /// Waits until the login was issued a refresh token after this one.
    ///
    /// # Panics
    /// After 30 seconds.
    pub fn wait_for_newer(&self, login: usize, sequence: u64) {
        self.wait_for(|inside| inside.logins.get(login).filter(|login| login.newest > sequence).map(|_| ()))
    }

    fn wait_for<T>(&self, mut event: impl FnMut(&mut Inside) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut inside = self.state.lock();
        loop {
            if let Some(seen) = event(&mut inside) {
                return seen;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited {PATIENCE:?} for a server that saw {:?}", inside.renewals);
            inside = self.state.changed.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lets one held answer go.
    pub fn release(&self) {
        if let Some(server) = &self.server {
            server.go();
        }
    }

    /// What came since this was asked last.
    pub fn take_renewals(&self) -> Vec<Renewal> {
        std::mem::take(&mut self.state.lock().renewals)
    }

    /// What a resource would say.
    pub fn is_valid(&self, access_token: &str) -> bool {
        endpoint::is_valid(&self.state, access_token)
    }

    /// Waits until all that clients sent was answered, and they have gone.
    pub fn wait_until_idle(&self) {
        let Some(server) = &self.server else { return };
        // Whoever came before this connection was accepted before it.
        let last = TcpStream::connect(self.address).and_then(|mut last| {
            last.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
            last.read_exact(&mut [0])
        });
        last.expect("the server is up");
        server.wait_for(|seen| seen.open() == 0);
    }

    /// Refuses connections, and closes those that are open.
    pub fn go_down(&mut self) {
        self.server = None;
    }

    /// Is there again, at the same address.
    pub fn come_up(&mut self) {
        self.server.get_or_insert_with(|| Scripted::start_at(self.address, endpoint::handler(self.state.clone())));
    }
}
