//! The listener (RFC 8252 sections 7.3 and 8.3): opened late, and closed when it accepts its one redirect.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, timeout};

use super::connection::{Connection, Phase};
use super::gate::{Expected, Gate};
use super::request::{Incoming, Target};
use super::{Host, Options, page};
use crate::error::{Error, Result, Status};
use crate::host;
use crate::secret::{Secret, SecretBytes};
use crate::text::Text;

const MOST_CONNECTIONS: usize = 64;
/// At that limit the oldest connection is closed, but not before this time: a browser sends its request at once.
const LEAST_TIME: Duration = Duration::from_millis(100);
/// The pause after a failed accept: no descriptors are left, and accepting again at once frees none.
const BACK_OFF: Duration = Duration::from_millis(50);
const ROOM_TO_READ: usize = 8 * 1024;
const TIME_TO_SHOW: Duration = Duration::from_secs(2);
/// How many ports are tried that turn out to be free on one address only.
const TRIES: usize = 16;

/// Waits for one redirect.
pub struct Listener {
    /// Empty once the redirect has come.
    sockets: Vec<TcpListener>,
    redirect_uri: Text,
    target: Target,
    success_page: Option<String>,
    failure_page: Option<String>,
    program_name: Option<String>,
    /// The open connections of a wait that was dropped.
    unfinished: Vec<(TcpStream, Phase)>,
    /// The connection that brought the redirect, and waits for its page.
    browser: Option<TcpStream>,
}

impl Listener {
    /// Listens at once; requests that come before `wait` are answered in it.
    pub fn open(options: &Options) -> Result<Self> {
        options.check()?;
        let (sockets, port) = match options.host {
            Host::Ipv4 => bind(Ipv4Addr::LOCALHOST.into(), options.port).map(|(socket, port)| (vec![socket], port)),
            Host::Ipv6 => bind(Ipv6Addr::LOCALHOST.into(), options.port).map(|(socket, port)| (vec![socket], port)),
            Host::Localhost => bind_both(options.port),
        }?;
        let origin = format!("http://{}:{port}", options.host.in_url());
        let path = if options.path.is_empty() { "/" } else { &options.path }.to_owned();
        let gate = options.check_browser.then(|| Gate::new(&origin, options.program_name.clone())).transpose()?;
        Ok(Self {
            sockets,
            redirect_uri: Text::lossy(&format!("{origin}{}", options.path)),
            target: Target { origin, path, gate },
            success_page: options.success_page.clone(),
            failure_page: options.failure_page.clone(),
            program_name: options.program_name.clone(),
            unfinished: Vec::new(),
            browser: None,
        })
    }

    pub fn redirect_uri(&self) -> &Text {
        &self.redirect_uri
    }

    /// The one-time address for the browser; `None` if any client may bring the redirect.
    pub fn browser_url(&self) -> Option<&Secret> {
        self.target.gate.as_ref().map(Gate::address)
    }

    /// Waits, in a runtime, for the expected redirect from the browser, and returns it: the whole URL of a GET or the
    /// form of a POST. All other requests are refused. Dropping the future loses nothing: a later wait goes on.
    pub async fn wait(&mut self, expected: &Expected<'_>) -> Result<Secret> {
        if self.sockets.is_empty() {
            return Err(Error::new(Status::InvalidState, "the listener has accepted its redirect already"));
        }
        let mut waiting = Waiting::begin(self)
            .map_err(|why| Error::new(Status::System, &format!("the listener could not wait: {why}")))?;
        let (redirect, connection) = loop {
            if let Some(accepted) = poll_fn(|context| waiting.turn(context, expected)).await {
                break accepted;
            }
            tokio::task::yield_now().await; // accepted connections become readable
        };
        waiting.connections.drain(..).for_each(|connection| connection.refuse());
        drop(waiting);
        self.sockets.clear();
        self.browser = connection.into_parts().map(|(socket, _)| socket);
        Ok(redirect)
    }

    /// Sends the final page on the connection that brought the redirect, if it is still open. Needs no runtime.
    pub fn finish(&mut self, succeeded: bool) {
        if let Some(browser) = self.browser.take() {
            let page = self.last_page(succeeded);
            drop(host::without_sigpipe(|| show(browser, page.as_bytes()))); // the browser may be gone
        }
    }

    /// The same in a runtime, whose other tasks a slow browser does not hold up.
    pub async fn finish_in_runtime(&mut self, succeeded: bool) {
        if let Some(browser) = self.browser.take() {
            let page = self.last_page(succeeded);
            drop(timeout(TIME_TO_SHOW, show_in_runtime(browser, page.as_bytes())).await);
        }
    }

    fn last_page(&self, succeeded: bool) -> String {
        let html = if succeeded { &self.success_page } else { &self.failure_page };
        let clear_cookie = self.target.gate.as_ref().map(Gate::clear_cookie).unwrap_or_default();
        page::last(succeeded, html.as_deref(), self.program_name.as_deref(), &clear_cookie)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.finish(false);
    }
}

fn bind(address: IpAddr, port: u16) -> Result<(TcpListener, u16)> {
    let address = SocketAddr::new(address, port);
    let bound = TcpListener::bind(address).and_then(|socket| {
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        Ok((socket, port))
    });
    bound.map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => "is in use: choose another port, or 0 for any free one".to_owned(),
            ErrorKind::PermissionDenied => {
                "is not allowed: choose a port from 1024 on, or 0 for any free one".to_owned()
            }
            _ => format!("could not be listened on ({error}): choose another host or port"),
        };
        Error::new(Status::System, &format!("{address} {why}"))
    })
}

/// Binds the same port on both addresses: a browser may connect to either.
fn bind_both(port: u16) -> Result<(Vec<TcpListener>, u16)> {
    let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    for _ in 0..TRIES {
        let (ipv4, port_found) = bind(Ipv4Addr::LOCALHOST.into(), port)?;
        if !has_ipv6 {
            return Ok((vec![ipv4], port_found));
        }
        match bind(Ipv6Addr::LOCALHOST.into(), port_found) {
            Ok((ipv6, _)) => return Ok((vec![ipv4, ipv6], port_found)),
            Err(error) if port != 0 => return Err(error),
            Err(_) => {}
        }
    }
    Err(Error::new(Status::System, "no port is free on both 127.0.0.1 and ::1: choose one of them as the host"))
}

/// Writes the whole page within its time, then reads what the browser has sent: a close with unread data would reset
/// the connection and lose the page.
fn show(mut browser: TcpStream, mut page: &[u8]) -> io::Result<()> {
    let end = Instant::now() + TIME_TO_SHOW;
    browser.set_nonblocking(false)?;
    while !page.is_empty() {
        browser.set_write_timeout(Some(end.saturating_duration_since(Instant::now())))?; // 0, at the end, is an error
        let written = browser.write(page)?;
        page = page.get(written..).unwrap_or_default();
    }
    browser.shutdown(Shutdown::Write)?;
    browser.set_nonblocking(true)?;
    browser.read(&mut [0; ROOM_TO_READ]).map(drop)
}

async fn show_in_runtime(browser: TcpStream, mut page: &[u8]) -> io::Result<()> {
    let browser = tokio::net::TcpStream::from_std(browser)?;
    while !page.is_empty() {
        browser.writable().await?;
        match browser.try_write(page) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            written => page = page.get(written.unwrap_or(0)..).unwrap_or_default(),
        }
    }
    let mut browser = browser.into_std()?;
    browser.shutdown(Shutdown::Write)?;
    browser.read(&mut [0; ROOM_TO_READ]).map(drop)
}

/// A wait in one runtime.
struct Waiting<'a> {
    target: &'a mut Target,
    sockets: Vec<tokio::net::TcpListener>,
    /// The oldest first.
    connections: VecDeque<Connection>,
    /// Gets the open connections when the wait ends.
    unfinished: &'a mut Vec<(TcpStream, Phase)>,
    /// The read buffer of all connections.
    room: SecretBytes,
    /// No connection is accepted before this time.
    pause: Option<tokio::time::Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl<'a> Waiting<'a> {
    fn begin(listener: &'a mut Listener) -> io::Result<Self> {
        let here = |socket: &TcpListener| tokio::net::TcpListener::from_std(socket.try_clone()?);
        let sockets = listener.sockets.iter().map(here).collect::<io::Result<_>>()?;
        let resumed = mem::take(&mut listener.unfinished).into_iter();
        let resumed = resumed
            .filter_map(|(socket, phase)| Some(Connection::new(tokio::net::TcpStream::from_std(socket).ok()?, phase)));
        Ok(Self {
            target: &mut listener.target,
            sockets,
            connections: resumed.collect(),
            unfinished: &mut listener.unfinished,
            room: vec![0; ROOM_TO_READ].into(),
            pause: None,
            alarm: Box::pin(tokio::time::sleep(Duration::ZERO)),
        })
    }

    /// Drives all connections. Ready with the redirect, or with `None` when the runtime must poll for new events.
    fn turn(&mut self, context: &mut Context<'_>, expected: &Expected<'_>) -> Poll<Option<(Secret, Connection)>> {
        let accepted = self.accept(context);
        let mut at = 0;
        while let Some(connection) = self.connections.get_mut(at) {
            match connection.poll(context, &mut self.room, self.target, expected) {
                Poll::Pending => at += 1,
                Poll::Ready(None) => drop(self.connections.remove(at)),
                Poll::Ready(Some(redirect)) => {
                    return Poll::Ready(self.connections.remove(at).map(|connection| (redirect, connection)));
                }
            }
        }
        if let Some(next) = self.connections.iter().map(|connection| connection.until).chain(self.pause).min() {
            self.alarm.as_mut().reset(next);
            if self.alarm.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
        }
        if accepted { Poll::Ready(None) } else { Poll::Pending }
    }

    /// Accepts at most one connection from each socket; returns whether there was one.
    fn accept(&mut self, context: &mut Context<'_>) -> bool {
        let now = tokio::time::Instant::now();
        self.pause = self.pause.filter(|pause| *pause > now);
        let mut accepted = false;
        for socket in &self.sockets {
            let is_full = self.connections.len() >= MOST_CONNECTIONS;
            let oldest = self.connections.front().map(|oldest| oldest.since + LEAST_TIME);
            self.pause = self.pause.or(oldest.filter(|until| is_full && *until > now));
            if self.pause.is_some() {
                break;
            }
            match socket.poll_accept(context) {
                Poll::Ready(Ok((socket, _))) => {
                    if let Some(oldest) = is_full.then(|| self.connections.pop_front()).flatten() {
                        oldest.refuse();
                    }
                    self.connections.push_back(Connection::new(socket, Phase::Reading(Incoming::default())));
                    accepted = true;
                }
                Poll::Ready(Err(_)) => self.pause = Some(now + BACK_OFF),
                Poll::Pending => {}
            }
        }
        accepted
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.unfinished.extend(self.connections.drain(..).filter_map(Connection::into_parts));
    }
}
