//! A TCP connection that raises no SIGPIPE, and is read a little at a time.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::host;

/// Bytes that are read before the runtime looks after the time and the caller's cancel again.
const TURN: usize = 128 << 10;

/// What goes on below HTTP, where the code above it cannot see.
#[derive(Default)]
pub struct Signals {
    looking: AtomicBool,
    /// Bytes that may still be read in this turn, or look.
    left: AtomicUsize,
    sent: AtomicBool,
    /// Bytes that came over the socket since the request, and how many of HTTP they were.
    came: AtomicUsize,
    received: AtomicUsize,
    /// The server has ended the connection as TLS wants it.
    ended: AtomicBool,
    /// The last bytes are the beginning of a TLS record.
    within_record: AtomicBool,
}

impl Signals {
    /// A new request: nothing of it was sent, and nothing came.
    pub fn begin(&self) {
        self.sent.store(false, Ordering::Relaxed);
        self.came.store(0, Ordering::Relaxed);
        self.received.store(0, Ordering::Relaxed);
    }

    /// Drives what reads from the socket: at most so much each time that the runtime asks for more.
    pub async fn in_turns<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.left.store(TURN, Ordering::Relaxed);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Runs `look`, which reads what lies ready at this moment. The runtime learns of it only when it sleeps.
    pub fn looking<T>(&self, look: impl FnOnce() -> T) -> T {
        self.left.store(TURN, Ordering::Relaxed);
        self.looking.store(true, Ordering::Relaxed);
        let seen = look();
        self.looking.store(false, Ordering::Relaxed);
        seen
    }

    pub fn note_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// Whether the first byte of the request may have left.
    pub fn was_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub fn note_received(&self, bytes: usize) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    pub fn note_end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Whether not a byte of an answer can have come. What TLS could not read may have been one.
    pub fn is_unanswered(&self) -> bool {
        self.received() == 0 && (self.came.load(Ordering::Relaxed) == 0 || self.ended.load(Ordering::Relaxed))
    }

    /// Whether a part of a TLS record lies there, whose rest would be taken for the beginning of the next answer.
    pub fn is_within_record(&self) -> bool {
        self.within_record.load(Ordering::Relaxed)
    }

    fn note_came(&self, bytes: usize, left: usize, records: Option<&Records>) {
        self.came.fetch_add(bytes, Ordering::Relaxed);
        self.left.store(left.saturating_sub(bytes), Ordering::Relaxed);
        if let Some(records) = records {
            self.within_record.store(records.is_within(), Ordering::Relaxed);
        }
    }
}

/// Where TLS records begin and end (RFC 8446 section 5.1): a header of five bytes, of which the last two are the length.
#[derive(Default)]
pub struct Records {
    header: usize,
    length: usize,
}

impl Records {
    fn note(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            if self.header < 5 {
                self.header += 1;
                if self.header > 3 {
                    self.length = self.length << 8 | usize::from(*first);
                }
                bytes = rest;
            } else {
                let skipped = self.length.min(bytes.len());
                self.length -= skipped;
                bytes = &bytes[skipped..];
            }
            if self.header == 5 && self.length == 0 {
                *self = Self::default();
            }
        }
    }

    fn is_within(&self) -> bool {
        self.header > 0
    }
}

pub struct Socket {
    pub tcp: TcpStream,
    pub signals: Arc<Signals>,
    /// With TLS.
    pub records: Option<Records>,
    process: u64,
}

impl Socket {
    pub fn new(tcp: TcpStream, is_tls: bool) -> Self {
        let records = is_tls.then(Records::default);
        Self { tcp, signals: Arc::default(), records, process: host::generation() }
    }

    /// Whether this is a forked child, to which the connection does not belong: the signer of a client certificate may
    /// fork amid a handshake. There it stands still, and the call ends.
    fn is_of_parent(&self) -> bool {
        self.process != host::generation()
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_of_parent() {
            return Poll::Pending;
        }
        let left = self.signals.left.load(Ordering::Relaxed);
        let before = into.filled().len();
        if self.signals.looking.load(Ordering::Relaxed) {
            if left == 0 {
                return Poll::Ready(Err(io::Error::other("the server sends without being asked")));
            }
            ready!(look(&self.tcp, into))?;
        } else {
            if left == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(Pin::new(&mut self.tcp).poll_read(context, into))?;
        }
        let came = &into.filled()[before..];
        let socket = &mut *self;
        if let Some(records) = &mut socket.records {
            records.note(came);
        }
        socket.signals.note_came(came.len(), left, socket.records.as_ref());
        Poll::Ready(Ok(()))
    }
}

fn look(tcp: &TcpStream, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    let mut few = [0; 512];
    let length = few.len().min(into.remaining());
    match recv(tcp, &mut few[..length], RecvFlags::empty()) {
        Ok((came, _)) => {
            into.put_slice(&few[..came]);
            Poll::Ready(Ok(()))
        }
        Err(error) if io::Error::from(error).kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        Err(error) => Poll::Ready(Err(error.into())),
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_of_parent() {
            return Poll::Pending;
        }
        send(&mut self.tcp, context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_of_parent() {
            return Poll::Pending;
        }
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

/// Linux has a flag for each write; elsewhere the thread has SIGPIPE blocked, or the socket a flag.
#[cfg(target_os = "linux")]
fn send(tcp: &mut TcpStream, context: &mut Context<'_>, pieces: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
    use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
    let send = || Ok(sendmsg(&*tcp, pieces, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?);
    loop {
        ready!(tcp.poll_write_ready(context))?;
        match tcp.try_io(tokio::io::Interest::WRITABLE, send) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            outcome => return Poll::Ready(outcome),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn send(tcp: &mut TcpStream, context: &mut Context<'_>, pieces: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
    Pin::new(tcp).poll_write_vectored(context, pieces)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::task::Waker;

    use super::*;

    /// A peer that sends without end is read a little at a time: between two turns the runtime can stop the call.
    #[tokio::test]
    async fn a_turn_ends_though_there_is_more_to_read() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut tcp = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let (mut peer, _) = listener.accept().expect("a connection");
        let writer = std::thread::spawn(move || while peer.write_all(&[0; 64 << 10]).is_ok() {});
        let signals = Arc::new(Signals::default());
        let mut came = 0;
        while came < 4 * TURN {
            let mut socket = Socket { signals: signals.clone(), ..Socket::new(tcp, false) };
            let read_all = poll_fn(|context| {
                let mut turn = 0;
                let mut buffer = [0; 16 << 10];
                loop {
                    let mut into = ReadBuf::new(&mut buffer);
                    match Pin::new(&mut socket).poll_read(context, &mut into) {
                        Poll::Ready(outcome) => {
                            outcome.expect("bytes");
                            turn += into.filled().len();
                        }
                        Poll::Pending if turn == 0 => return Poll::Pending,
                        Poll::Pending => return Poll::Ready(turn),
                    }
                }
            });
            let turn = signals.in_turns(read_all).await;
            assert!(turn < TURN + (16 << 10), "{turn}");
            came += turn;
            tcp = socket.tcp;
        }
        drop(tcp);
        writer.join().expect("it ends with the connection");
    }

    #[tokio::test]
    async fn a_look_sees_what_came_while_nobody_waited() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let tcp = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let (mut peer, _) = listener.accept().expect("a connection");
        let mut socket = Socket::new(tcp, false);
        let signals = socket.signals.clone();
        let mut look = || {
            let mut buffer = [0; 8];
            let mut into = ReadBuf::new(&mut buffer);
            let mut context = Context::from_waker(Waker::noop());
            let seen = signals.looking(|| Pin::new(&mut socket).poll_read(&mut context, &mut into));
            seen.map(|outcome| outcome.map(|()| into.filled().len()).ok())
        };
        assert_eq!(look(), Poll::Pending);
        peer.write_all(b"ab").expect("sent");
        assert_eq!(look(), Poll::Ready(Some(2)), "the loopback has no delay");
        drop(peer);
        assert_eq!(look(), Poll::Ready(Some(0)));
    }

    /// The look comes before the call's own time does.
    #[tokio::test]
    async fn a_look_has_an_end_though_the_server_sends_without_one() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let tcp = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let (mut peer, _) = listener.accept().expect("a connection");
        let (written, is_written) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            peer.write_all(&[0; 2 * TURN]).expect("sent");
            written.send(()).expect("somebody waits");
            while peer.write_all(&[0; 64 << 10]).is_ok() {}
        });
        let mut socket = Socket::new(tcp, false);
        let signals = socket.signals.clone();
        let mut context = Context::from_waker(Waker::noop());
        is_written.recv().expect("sent");
        let seen = signals.looking(|| {
            let (mut buffer, mut seen) = ([0; 8 << 10], 0);
            loop {
                let mut into = ReadBuf::new(&mut buffer);
                match Pin::new(&mut socket).poll_read(&mut context, &mut into) {
                    Poll::Ready(Ok(())) => seen += into.filled().len(),
                    Poll::Ready(Err(_)) => break seen,
                    Poll::Pending => panic!("there is more"),
                }
            }
        });
        assert!(seen <= TURN + 512, "{seen}");
        drop(socket);
        writer.join().expect("it ends with the connection");
    }

    #[test]
    fn the_ends_of_records_are_found_however_they_come() {
        let stream = [&[23, 3, 3, 0, 2, 7, 7][..], &[22, 3, 3, 1, 0], &[0; 256], &[21, 3, 3, 0, 0]].concat();
        let ends = [0, 7, 7 + 261, stream.len()];
        for step in [1, 2, 3, 100, stream.len()] {
            let (mut records, mut came) = (Records::default(), 0);
            for piece in stream.chunks(step) {
                records.note(piece);
                came += piece.len();
                assert_eq!(records.is_within(), !ends.contains(&came), "{came} of {}", stream.len());
            }
        }
    }
}
