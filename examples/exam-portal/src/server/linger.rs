//! The end of a connection whose client still sends.
//!
//! Closing a socket with unread bytes resets it, and the reset overtakes the answer: whoever sent
//! too long a body would see a broken connection where a 413 was written. So writing ends first,
//! and what still comes is read and thrown away for a moment (RFC 9112 9.6).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long a client may go on after its answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes that are thrown away at most.
const BYTES: usize = 1024 * 1024;

/// A stream whose shutdown lets the other side read its answer.
pub(super) struct Lingering {
    stream: TcpStream,
    left: usize,
    end: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, left: BYTES, end: None }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.end.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let end = this.end.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        loop {
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; 8 * 1024];
            let mut buffer = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer))?;
            match this.left.checked_sub(buffer.filled().len()) {
                Some(left) if left < this.left => this.left = left,
                // The other side is done, or it never will be.
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
