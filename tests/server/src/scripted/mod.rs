//! A server of raw sockets that gives exactly the bytes a test asks for, and records what it is asked.

mod answer;
mod exchange;
pub mod handler;
mod log;
mod seen;
mod socket;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use answer::Answer;
pub use exchange::Exchange;
pub use handler::Handler;
pub use seen::{Close, Seen, SeenConnection, SeenHandshake, SeenRequest};

use crate::certificates::Identity;
use log::Log;

/// A running server. Dropping it stops it, whatever its handlers wait for, and joins its threads.
pub struct Scripted {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Log>,
    acceptor: Option<JoinHandle<()>>,
}

impl Scripted {
    /// Starts a server that speaks plain TCP.
    pub fn start(handler: impl Handler) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), handler)
    }

    /// The same where an earlier server was.
    pub fn start_at(address: SocketAddr, handler: impl Handler) -> Self {
        Self::listen("http", address, None, handler)
    }

    /// Starts a server that speaks TLS.
    pub fn start_tls(handler: impl Handler, identity: &Identity) -> Self {
        Self::listen("https", (Ipv4Addr::LOCALHOST, 0).into(), Some(identity.clone()), handler)
    }

    /// Starts a server that gives every request the same answer and keeps connections open.
    pub fn always(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        Self::start(handler::always(Answer::new(status, headers, body)))
    }

    /// Starts a server that gives one answer per request, then repeats the last.
    pub fn sequence(answers: Vec<Answer>) -> Self {
        Self::start(handler::sequence(answers))
    }

    /// Starts a server that answers 200 with a JSON body and closes a connection idle for `after`.
    pub fn idle_close(after: Duration, body: impl Into<Vec<u8>>) -> Self {
        Self::start(handler::idle_close(after, Answer::json(200, body)))
    }

    fn listen(scheme: &'static str, address: SocketAddr, identity: Option<Identity>, handler: impl Handler) -> Self {
        let listener = TcpListener::bind(address).expect("a free loopback port");
        let address = listener.local_addr().expect("the listener's address");
        let log = Arc::new(Log::default());
        let acceptor = spawn({
            let log = log.clone();
            move || accept(&listener, &log, identity, Arc::new(handler))
        });
        Self { address, scheme, log, acceptor: Some(acceptor) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http` or `https` `://127.0.0.1:port` and the path, which begins with `/`.
    pub fn url(&self, path: &str) -> String {
        self.url_at("127.0.0.1", path)
    }

    /// As `url`, with another host name.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.port())
    }

    /// Everything seen so far.
    pub fn seen(&self) -> Seen {
        self.log.seen()
    }

    /// The whole requests seen so far.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.seen().requests
    }

    /// The connections accepted so far.
    pub fn connections(&self) -> Vec<SeenConnection> {
        self.seen().connections
    }

    /// Waits until the condition holds.
    ///
    /// # Panics
    /// After 10 seconds, with everything seen.
    pub fn wait_for(&self, condition: impl Fn(&Seen) -> bool) {
        self.log.wait_for(condition);
    }

    /// Lets one handler that is in `Exchange::wait_for_go` go on, now or when one comes there.
    pub fn go(&self) {
        self.log.give_permit();
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.log.stop();
        // std has no other way to wake a thread out of accept.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let panics = self.seen().panics;
        if !panics.is_empty() && !thread::panicking() {
            panic!("a handler panicked: {panics:?}");
        }
    }
}

fn accept(listener: &TcpListener, log: &Arc<Log>, identity: Option<Identity>, handler: Arc<impl Handler>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let socket = match listener.accept() {
            Ok((socket, _)) => socket,
            // A client that was gone before its turn is no reason to leave the others.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                log.update(|seen| seen.panics.push(format!("cannot accept: {error}")));
                break;
            }
        };
        // Answers go out as they were written, not when the kernel has enough of them.
        let _ = socket.set_nodelay(true);
        let Some(connection) = log.open(&socket) else {
            break;
        };
        threads.retain(|thread| !thread.is_finished());
        let exchange = Exchange::new(socket, log.clone(), connection);
        let (log, identity, handler) = (log.clone(), identity.clone(), handler.clone());
        threads.push(spawn(move || serve(exchange, &log, identity.as_ref(), &*handler)));
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn serve(exchange: Exchange, log: &Log, identity: Option<&Identity>, handler: &impl Handler) {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let exchange = match identity {
            Some(identity) => exchange.start_tls(identity)?,
            None => exchange,
        };
        handler(exchange)
    }));
    if let Err(panic) = result {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
            .unwrap_or_default();
        log.update(|seen| seen.panics.push(text));
    }
}

pub(crate) fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name(crate::THREAD_NAME.to_string()).spawn(work).expect("a thread")
}
