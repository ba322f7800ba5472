//! Byte streams to servers that do not speak HTTP: TCP, TLS over TCP, or a Unix socket. They block the calling thread;
//! a TCP connect, a read and a write have a time limit.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// The limit for a TCP connect to one address, and for each read and write.
const PATIENCE: Duration = Duration::from_secs(3);

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

/// Connects, trying each address of a name in turn. The TLS handshake comes with the first byte.
pub fn connect(place: &Place, tls: Option<&Arc<ClientConfig>>) -> io::Result<Box<dyn Stream>> {
    match (place, tls) {
        (Place::Tcp { host, port }, None) => Ok(Box::new(connect_tcp(host, *port)?)),
        (Place::Tcp { host, port }, Some(config)) => {
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            let session = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
            Ok(Box::new(StreamOwned::new(session, connect_tcp(host, *port)?)))
        }
        #[cfg(unix)]
        (Place::Unix(path), _) => {
            let socket = std::os::unix::net::UnixStream::connect(path)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(Box::new(socket))
        }
        #[cfg(not(unix))]
        (Place::Unix(_), _) => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
