//! One connection as a handler sees it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Answer;
use super::log::Log;
use super::seen::{Close, SeenHandshake, SeenRequest};
use super::socket::{Socket, Stream};
use crate::certificates::Identity;

/// One connection in a handler's hands. Dropping it closes the connection.
pub struct Exchange {
    /// Nothing once the connection has ended.
    stream: Option<Stream>,
    log: Arc<Log>,
    connection: usize,
    /// Read from the client, but not part of a request yet.
    unread: Vec<u8>,
    requests: usize,
}

impl Exchange {
    pub(super) fn new(socket: TcpStream, log: Arc<Log>, connection: usize) -> Self {
        Self { stream: Some(Stream::Plain(Socket(socket))), log, connection, unread: Vec::new(), requests: 0 }
    }

    /// Does the TLS handshake, which is recorded whatever comes of it.
    pub(super) fn start_tls(mut self, identity: &Identity) -> io::Result<Self> {
        let Some(Stream::Plain(mut socket)) = self.stream.take() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut session = rustls::ServerConnection::new(identity.config()).map_err(io::Error::other)?;
        let mut result = Ok(());
        while session.is_handshaking() && result.is_ok() {
            result = session.complete_io(&mut socket).map(|_| ());
        }
        self.log.update_connection(self.connection, |seen| {
            seen.tls = result.is_ok().then(|| SeenHandshake {
                resumed: session.handshake_kind() == Some(rustls::HandshakeKind::Resumed),
                server_name: session.server_name().map(str::to_string),
                client_certificate: session.peer_certificates().and_then(|chain| Some(chain.first()?.to_vec())),
            });
            seen.handshake_error = result.as_ref().err().map(ToString::to_string);
        });
        // Also after a failure, so that the drop ends the connection.
        let tls = rustls::StreamOwned::new(session, socket);
        self.stream = Some(Stream::Tls(Box::new(tls)));
        result.map(|()| self)
    }

    /// The connection's number on its server, from 0.
    pub fn connection(&self) -> usize {
        self.connection
    }

    /// How many whole requests were read on this connection.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// Reads one whole request and records it; nothing if the client closed the connection instead.
    pub fn read_request(&mut self) -> io::Result<Option<SeenRequest>> {
        let request = self.read_unrecorded_request()?;
        if let Some(request) = &request {
            self.log.update(|seen| seen.requests.push(request.clone()));
        }
        Ok(request)
    }

    /// The same without recording it, for servers that get too many.
    pub fn read_unrecorded_request(&mut self) -> io::Result<Option<SeenRequest>> {
        let head_length = loop {
            if let Some(end) = self.unread.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            if self.fill()? == 0 {
                return match self.unread.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        };
        let mut request = SeenRequest::parse_head(&self.unread[..head_length])
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP/1.1 request"))?;
        assert!(request.header("transfer-encoding").is_none(), "a scripted server reads bodies by Content-Length only");
        let length = match request.header("content-length") {
            Some(value) => value.parse().map_err(io::Error::other)?,
            None => 0,
        };
        self.unread.drain(..head_length);
        while self.unread.len() < length {
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = self.unread.drain(..length).collect();
        request.connection = self.connection;
        request.number = self.requests;
        request.at = Instant::now();
        self.requests += 1;
        Ok(Some(request))
    }

    /// Reads exactly so many bytes, for protocols other than HTTP.
    pub fn read_bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < length {
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    /// Waits at most `limit` for the client's next byte: false if none came.
    pub fn wait_for_bytes(&mut self, limit: Duration) -> io::Result<bool> {
        if !self.unread.is_empty() {
            return Ok(true);
        }
        self.stream()?.socket().set_read_timeout(Some(limit))?;
        let result = self.fill();
        self.stream()?.socket().set_read_timeout(None)?;
        match result {
            Err(error) if is_timeout(&error) => Ok(false),
            other => other.map(|_| true),
        }
    }

    /// Writes raw bytes and flushes them.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.stream()?;
        stream.write_all(bytes)?;
        stream.flush()?;
        self.log.update_connection(self.connection, |seen| {
            seen.last_write_at = Some(Instant::now());
        });
        Ok(())
    }

    /// Writes bytes below TLS, as somebody on the way could, or a server that fails.
    pub fn write_below_tls(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut socket = self.stream()?.socket();
        socket.write_all(bytes)?;
        self.log.update_connection(self.connection, |seen| {
            seen.last_write_at = Some(Instant::now());
        });
        Ok(())
    }

    /// Writes a well-formed answer.
    pub fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        self.write(&answer.bytes())
    }

    /// Waits until the client closes or resets the connection.
    pub fn wait_for_close(&mut self) {
        while matches!(self.fill(), Ok(1..)) {
            self.unread.clear();
        }
    }

    /// Joins a plain connection to an upstream one until either side ends; what `edit` makes of the client's next
    /// bytes goes upstream. `edit` is called again and again, and ends the connection by giving nothing.
    pub(crate) fn join(
        mut self,
        upstream: TcpStream,
        mut edit: impl FnMut(&mut Self) -> io::Result<Option<Vec<u8>>>,
    ) -> io::Result<()> {
        let Some(Stream::Plain(socket)) = &self.stream else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        self.log.guard(self.connection, &upstream)?;
        let mut from = Socket(upstream.try_clone()?);
        let mut to = Socket(socket.0.try_clone()?);
        let back = super::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            // Both ways: the other direction has nobody to talk to any more.
            let _ = to.0.shutdown(Shutdown::Both);
        });
        let mut up = &upstream;
        let result = loop {
            match edit(&mut self) {
                Ok(Some(bytes)) => match up.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) => break Err(error),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let _ = upstream.shutdown(Shutdown::Both);
        let _ = back.join();
        result
    }

    /// The client's next bytes, whatever they are; nothing at the end of the stream.
    pub fn read_some(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.unread.is_empty() && self.fill()? == 0 {
            return Ok(None);
        }
        Ok(Some(std::mem::take(&mut self.unread)))
    }

    /// Waits until the test calls `Scripted::go`; an error when the server is stopped instead.
    pub fn wait_for_go(&self) -> io::Result<()> {
        match self.log.take_permit() {
            true => Ok(()),
            false => Err(stopped()),
        }
    }

    /// Lets time pass; an error as soon as the server is stopped.
    pub fn pause(&self, time: Duration) -> io::Result<()> {
        match self.log.pause(time) {
            true => Ok(()),
            false => Err(stopped()),
        }
    }

    /// Closes the connection in order: close_notify where there is TLS, then FIN.
    pub fn close(mut self) {
        self.end(false);
    }

    /// Resets the TCP connection: no FIN, and no close_notify where there is TLS.
    pub fn reset(mut self) {
        self.end(true);
    }

    /// Ends the TCP connection with FIN, without close_notify.
    pub fn close_tcp(mut self) {
        if let Some(stream) = self.stream.take() {
            let _ = stream.socket().shutdown(std::net::Shutdown::Both);
            self.log.forget(self.connection);
        }
    }

    fn end(&mut self, reset: bool) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        let at = Instant::now();
        if reset {
            let _ = stream.linger_zero();
        } else {
            stream.close();
        }
        // The other handles go first: only the close of the last one resets the connection.
        self.log.forget(self.connection);
        drop(stream);
        self.log.update_connection(self.connection, |seen| {
            seen.closed = Some(Close { at, reset });
        });
    }

    fn stream(&mut self) -> io::Result<&mut Stream> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Reads what is there, at least one byte, and gives its length; 0 at the end of the stream.
    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let length = match self.stream()?.read(&mut buffer) {
            // A client that goes without close_notify is no news to a test.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            other => other?,
        };
        self.unread.extend_from_slice(&buffer[..length]);
        if length > 0 {
            self.log.update_connection(self.connection, |seen| seen.received += length);
        }
        Ok(length)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(false);
    }
}

fn is_timeout(error: &io::Error) -> bool {
    // Which of the two a read timeout gives depends on the operating system.
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn stopped() -> io::Error {
    io::Error::other("the server was stopped")
}
