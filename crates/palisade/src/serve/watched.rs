//! A connection whose client is watched: what comes is noted, and who takes nothing is not waited for.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::seat::Seat;

/// What a client has to take within the limit, unless it has taken all.
const PORTION: usize = 16 * 1024;

/// A connection that fails where the other side takes too little for too long.
#[derive(Debug)]
pub(super) struct Watched<IO> {
    io: IO,
    seat: Seat,
    limit: Duration,
    /// Runs from the first write that waits until a portion, or everything, was taken.
    waiting: Option<Pin<Box<Sleep>>>,
    taken: usize,
}

impl<IO> Watched<IO> {
    pub(super) const fn new(io: IO, seat: Seat, limit: Duration) -> Self {
        Self { io, seat, limit, waiting: None, taken: 0 }
    }

    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        waiting.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn wrote(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.wait(cx),
            Poll::Ready(Ok(taken)) if self.waiting.is_some() => {
                self.taken = self.taken.saturating_add(taken);
                if self.taken >= PORTION {
                    self.rest();
                }
                written
            }
            Poll::Ready(_) => written,
        }
    }

    fn rest(&mut self) {
        (self.waiting, self.taken) = (None, 0);
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.seat.heard();
        }
        read
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Watched<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if flushed.is_pending() {
            return self.wait(cx);
        }
        self.rest();
        self.seat.flushed();
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.io).poll_shutdown(cx);
        if ended.is_pending() {
            return self.wait(cx);
        }
        ended
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::super::Limits;
    use super::super::seat::Seats;
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    async fn watched() -> (DuplexStream, Watched<DuplexStream>) {
        let (client, server) = duplex(1024);
        let seat = Seats::new(&Limits::new()).take().await;
        (client, Watched::new(server, seat, LIMIT))
    }

    /// Takes so many bytes, and so many again after a pause, for ever.
    fn take(mut client: DuplexStream, bytes: usize, pause: Duration) {
        tokio::spawn(async move {
            let mut taken = vec![0; bytes];
            while client.read_exact(&mut taken).await.is_ok() {
                sleep(pause).await;
            }
        });
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_not_waited_for() {
        let (silent, mut server) = watched().await;
        let sent = tokio::time::timeout(LIMIT * 2, server.write_all(&[0; 4096])).await;
        assert_eq!(sent.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(silent);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_not_waited_for() {
        let (client, mut server) = watched().await;
        take(client, 1, Duration::from_secs(1));
        let sent = tokio::time::timeout(LIMIT * 2, server.write_all(&[0; 4096])).await;
        assert_eq!(sent.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_enough_gets_it_all() {
        let (client, mut server) = watched().await;
        take(client, 1024, Duration::from_secs(1));
        server.write_all(&vec![0; 1 << 20]).await.unwrap();
    }
}
