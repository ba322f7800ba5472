//! Byte streams to servers that do not speak HTTP: TCP, TLS over TCP, or a Unix socket. They block the calling thread;
//! a TCP connect, a read and a write have a time limit.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_keepalive;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::transport::limit::left;
use crate::transport::resolver;

/// The limit for a TCP connect to one address, and for each read and write.
const PATIENCE: Duration = Duration::from_secs(3);

/// The limit for the lookup of a name: resolvers ask another server after 5 s.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(10);

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Both directions of a connection.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A socket whose reads and writes look, while they wait, whether the call still has time.
struct Limited<S>(S);

/// How often they look.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl<S> Limited<S> {
    fn repeat<T>(&mut self, mut work: impl FnMut(&mut S) -> io::Result<T>) -> io::Result<T> {
        let began = Instant::now();
        // Also before the first try: where something comes all the time, none is slow.
        while began.elapsed() < PATIENCE && !left(PATIENCE).is_zero() {
            match work(&mut self.0) {
                Err(error) if is_slow(&error) => {}
                outcome => return outcome,
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

fn is_slow(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

impl<S: Read> Read for Limited<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.repeat(|socket| socket.read(into))
    }
}

impl<S: Write> Write for Limited<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.repeat(|socket| socket.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Opens streams.
pub trait Connect: Send + Sync {
    fn connect(&self, place: &Place) -> io::Result<Box<dyn Stream>>;
}

/// By the network.
pub struct Network {
    pub tls: Option<Arc<ClientConfig>>,
}

impl Connect for Network {
    fn connect(&self, place: &Place) -> io::Result<Box<dyn Stream>> {
        connect(place, self.tls.as_ref())
    }
}

/// Connects, trying each address of a name in turn. The TLS handshake comes with the first byte.
fn connect(place: &Place, tls: Option<&Arc<ClientConfig>>) -> io::Result<Box<dyn Stream>> {
    match (place, tls) {
        (Place::Tcp { host, port }, None) => Ok(Box::new(Limited(connect_tcp(host, *port)?))),
        (Place::Tcp { host, port }, Some(config)) => {
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            let session = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
            Ok(Box::new(StreamOwned::new(session, Limited(connect_tcp(host, *port)?))))
        }
        #[cfg(unix)]
        (Place::Unix(path), _) => Ok(Box::new(Limited(connect_unix(path)?))),
        #[cfg(not(unix))]
        (Place::Unix(_), _) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// The lookup of a name cannot be stopped; nobody waits for one that takes too long.
fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (answer, began) = (resolver::lookup(host.to_owned(), port)?, Instant::now());
    loop {
        match answer.recv_timeout(LOOK_EVERY) {
            Ok(found) => return found,
            Err(RecvTimeoutError::Timeout) if began.elapsed() < LOOKUP_PATIENCE && !left(LOOKUP_PATIENCE).is_zero() => {
            }
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the lookup of its name failed")),
        }
    }
}

/// A server whose queue is full lets a blocking connect wait for ever.
#[cfg(unix)]
fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let (place, began) = (SocketAddrUnix::new(path)?, Instant::now());
    #[cfg(not(target_vendor = "apple"))]
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    #[cfg(target_vendor = "apple")] // has no such flag
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::empty(), None)?;
    #[cfg(target_vendor = "apple")]
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(true)?;
    while let Err(error) = connect(&stream, &place) {
        if error != rustix::io::Errno::AGAIN || began.elapsed() >= PATIENCE || left(PATIENCE).is_zero() {
            return Err(error.into());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LOOK_EVERY))?;
    stream.set_write_timeout(Some(LOOK_EVERY))?;
    Ok(stream)
}

fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses(host, port)? {
        let left = left(PATIENCE);
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                set_socket_keepalive(&stream, true)?;
                stream.set_read_timeout(Some(LOOK_EVERY))?;
                stream.set_write_timeout(Some(LOOK_EVERY))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
