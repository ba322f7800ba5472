//! One connection to the listener: a request is read, and answered unless it is the expected redirect.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::gate::{self, Expected, Verdict};
use super::page::BAD_REQUEST;
use super::request::{Incoming, Progress, Target};
use crate::secret::Secret;

const REQUEST_TIME: Duration = Duration::from_secs(5);
/// How long a client may read its answer and send the rest of its request.
const DRAIN_TIME: Duration = Duration::from_secs(1);
const MAX_DRAINED_BYTES: usize = 256 * 1024;

pub struct Connection {
    pub socket: TcpStream,
    pub since: Instant,
    /// When the current phase ends.
    pub until: Instant,
    phase: Phase,
}

pub enum Phase {
    Reading(Incoming),
    /// Answered; holds the number of bytes read since. A close with unread data would take the answer from the client.
    Draining(usize),
}

impl Connection {
    pub fn new(socket: TcpStream, phase: Phase) -> Self {
        let since = Instant::now();
        Self { socket, since, until: since + REQUEST_TIME, phase }
    }

    /// The socket and the phase, to continue in another runtime.
    pub fn into_parts(self) -> Option<(std::net::TcpStream, Phase)> {
        Some((self.socket.into_std().ok()?, self.phase))
    }

    /// Ready with the expected redirect, or with `None` when the connection has ended.
    pub fn poll(
        &mut self,
        context: &mut Context<'_>,
        room: &mut [u8],
        target: &mut Target,
        expected: &Expected<'_>,
    ) -> Poll<Option<Secret>> {
        loop {
            let piece = match read(&mut self.socket, context, room) {
                Poll::Ready(Ok(piece)) => piece,
                Poll::Ready(Err(_)) => return Poll::Ready(None),
                Poll::Pending if Instant::now() < self.until => return Poll::Pending,
                Poll::Pending => &[],
            };
            match &mut self.phase {
                Phase::Reading(incoming) => match incoming.push(piece, target) {
                    Progress::Asked(asked) => match gate::judge(&mut target.gate, asked, expected, &self.socket) {
                        Verdict::Accepted(redirect) => return Poll::Ready(Some(redirect)),
                        Verdict::Answered(answer) => self.end(context, &answer),
                    },
                    Progress::More if !piece.is_empty() => {}
                    _ => self.end(context, BAD_REQUEST),
                },
                Phase::Draining(drained) => {
                    *drained += piece.len();
                    if piece.is_empty() || *drained > MAX_DRAINED_BYTES {
                        return Poll::Ready(None);
                    }
                }
            }
        }
    }

    /// Answers without reading the rest of the request. So few bytes always fit into the send buffer of a loopback
    /// connection, also when there is a long URL in them.
    fn end(&mut self, context: &mut Context<'_>, answer: &[u8]) {
        drop(self.socket.try_write(answer));
        drop(Pin::new(&mut self.socket).poll_shutdown(context)); // done when it returns, with any result
        self.phase = Phase::Draining(0);
        self.until = Instant::now() + DRAIN_TIME;
    }

    /// Refuses what has no answer yet.
    pub fn refuse(&self) {
        if matches!(self.phase, Phase::Reading(_)) {
            drop(self.socket.try_write(BAD_REQUEST));
        }
    }
}

/// Reads a piece, which is empty at the end of the stream.
fn read<'a>(socket: &mut TcpStream, context: &mut Context<'_>, room: &'a mut [u8]) -> Poll<io::Result<&'a [u8]>> {
    let mut filled = ReadBuf::new(room);
    let outcome = Pin::new(socket).poll_read(context, &mut filled);
    let length = filled.filled().len();
    outcome.map_ok(|()| room.get(..length).unwrap_or_default())
}
