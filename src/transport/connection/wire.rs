//! What HTTP is written to and read from: a socket, or TLS over one. It notes what of an exchange was seen.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::socket::{Signals, Socket};

pub struct Wire {
    channel: Channel,
    pub signals: Arc<Signals>,
}

enum Channel {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Wire {
    pub fn plain(socket: Socket) -> Self {
        Self { signals: socket.signals.clone(), channel: Channel::Plain(socket) }
    }

    pub fn tls(stream: TlsStream<Socket>) -> Self {
        Self { signals: stream.get_ref().0.signals.clone(), channel: Channel::Tls(Box::new(stream)) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        match &mut self.channel {
            Channel::Plain(socket) => ready!(Pin::new(socket).poll_read(context, into))?,
            Channel::Tls(stream) => match ready!(Pin::new(&mut **stream).poll_read(context, into)) {
                Ok(()) if into.filled().len() == before => self.signals.note_end(),
                Ok(()) => {}
                // What came in good order before it is read first.
                Err(error) => match stream.get_mut().1.reader().read(into.initialize_unfilled()) {
                    Ok(more @ 1..) => into.advance(more),
                    _ => return Poll::Ready(Err(error)),
                },
            },
        }
        self.signals.note_received(into.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl Wire {
    fn writer(&mut self) -> Pin<&mut (dyn AsyncWrite + Unpin)> {
        match &mut self.channel {
            Channel::Plain(socket) => Pin::new(socket),
            Channel::Tls(stream) => Pin::new(&mut **stream),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.signals.note_sent();
        self.writer().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.signals.note_sent();
        self.writer().poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_shutdown(context)
    }
}
