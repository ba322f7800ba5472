//! One connection: read a request, check it, answer, until either side has had enough.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rustls::{HandshakeKind, ServerConnection, StreamOwned};

use super::answer;
use super::counters::Counters;
use super::grant::Grants;
use super::request::{self, Request};
use crate::load::{ACCESS_SUFFIX, CLOSE_PATH, COUNTERS_PATH, LATE_SUFFIX};

/// A client that is slowed down by valgrind must still find no answer waiting when it first looks, as in real life.
const LATE_MS: u64 = 2;
const LARGEST_REQUEST: usize = 16 * 1024;

/// What the process knows, shared by all connections.
#[derive(Default)]
pub struct Endpoint {
    counters: Counters,
    grants: Grants,
}

/// A connection's TLS handshake, where it has one.
pub trait Handshake {
    fn kind(&self) -> Option<HandshakeKind>;
}

impl Handshake for &TcpStream {
    fn kind(&self) -> Option<HandshakeKind> {
        None
    }
}

impl Handshake for StreamOwned<ServerConnection, TcpStream> {
    fn kind(&self) -> Option<HandshakeKind> {
        self.conn.handshake_kind()
    }
}

impl Endpoint {
    pub fn serve(&self, stream: &mut (impl Read + Write + Handshake)) -> io::Result<()> {
        let mut buffer = vec![0; LARGEST_REQUEST];
        let mut out = Vec::with_capacity(1024);
        let mut first = true;
        while let Some(length) = receive(stream, &mut buffer)? {
            let request = request::parse(&buffer[..length]).map_err(io::Error::other)?;
            out.clear();
            if request.path == COUNTERS_PATH {
                answer::write_text(&mut out, &self.counters.text());
            } else {
                if std::mem::take(&mut first) {
                    self.counters.connected(stream.kind());
                }
                self.answer(&request, &mut out);
            }
            let last = request.path.starts_with(CLOSE_PATH) || request.path == COUNTERS_PATH;
            stream.write_all(&out)?;
            if last {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request<'_>, out: &mut Vec<u8>) {
        if let Some((_, ms)) = request.path.rsplit_once(LATE_SUFFIX) {
            thread::sleep(Duration::from_millis(ms.parse().unwrap_or(LATE_MS)));
        }
        let access_bytes = request.path.rsplit_once(ACCESS_SUFFIX).and_then(|(_, bytes)| bytes.parse().ok());
        let close = request.path.starts_with(CLOSE_PATH);
        match self.grants.redeem(request) {
            Ok(next) => {
                self.counters.granted();
                answer::write_token(out, next, access_bytes, close);
            }
            Err(why) => {
                self.counters.refused();
                answer::write_error(out, why, close);
            }
        }
    }
}

/// The length of one whole request, `None` when the client has closed. Clients here send one request at a time.
fn receive(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        match stream.read(&mut buffer[length..])? {
            0 if length == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => length += read,
        }
        if request::whole(&buffer[..length]) {
            return Ok(Some(length));
        }
    }
}
