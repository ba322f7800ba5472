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

/// Bytes that are read before the runtime looks after the time and the caller's cancel again.
const TURN: usize = 128 << 10;

/// What goes on below HTTP, where the code above it cannot see.
#[derive(Default)]
pub struct Signals {
    looking: AtomicBool,
    /// Bytes that may still be read in this turn.
    left: AtomicUsize,
    sent: AtomicBool,
    /// Bytes of HTTP that came since the request.
    received: AtomicUsize,
}

impl Signals {
    /// A new request: nothing of it was sent, and nothing came.
    pub fn begin(&self) {
        self.sent.store(false, Ordering::Relaxed);
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
}

pub struct Socket {
    pub tcp: TcpStream,
    pub signals: Arc<Signals>,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.signals.looking.load(Ordering::Relaxed) {
            return look(&self.tcp, into);
        }
        let left = self.signals.left.load(Ordering::Relaxed);
        if left == 0 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(context, into))?;
        let came = into.filled().len() - before;
        self.signals.left.store(left.saturating_sub(came), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

fn look(tcp: &TcpStream, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    let mut few = [0; 256];
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

/// Linux has a flag for each write; elsewhere the thread has SIGPIPE blocked, or the socket a flag.
#[cfg(target_os = "linux")]
impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
        let send = || Ok(sendmsg(&self.tcp, pieces, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?);
        loop {
            ready!(self.tcp.poll_write_ready(context))?;
            match self.tcp.try_io(tokio::io::Interest::WRITABLE, send) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

#[cfg(not(target_os = "linux"))]
impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
