//! One connection through the proxy.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::fault::Fault;

const PIECE: usize = 16 * 1024;

pub(super) struct Connection {
    pub(super) client: TcpStream,
    pub(super) upstream: SocketAddr,
    pub(super) fault: watch::Receiver<Fault>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Answers,
    Requests,
}

impl Connection {
    pub(super) async fn run(mut self) {
        let mut cut = self.fault.clone();
        let cut = async {
            let _ = cut.wait_for(|fault| matches!(fault, Fault::Cut | Fault::Refuse)).await;
        };
        let work = async {
            let Ok(mut server) = TcpStream::connect(self.upstream).await else { return None };
            let _ = (self.client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = self.client.split();
            let (from_server, to_server) = server.split();
            let requests = pump(Direction::Requests, from_client, to_server, self.fault.clone());
            let answers = pump(Direction::Answers, from_server, to_client, self.fault.clone());
            let both = async { tokio::try_join!(requests, answers) };
            both.await.is_ok().then_some(())
        };
        let orderly = tokio::select! {
            biased;
            () = cut => None,
            ended = work => ended,
        };
        if orderly.is_none() {
            // Without lingering, closing sends a reset.
            let _ = self.client.set_zero_linger();
        }
    }
}

async fn pump(
    direction: Direction,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut fault: watch::Receiver<Fault>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    let mut noise = 0x9e37_79b9_u32;
    loop {
        let length = from.read(&mut piece).await?;
        // The end is held like bytes are: to the other side, nothing has happened.
        pass_gate(direction, &mut fault).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let bytes = piece.get_mut(..length).unwrap_or_default();
        let now = *fault.borrow();
        match now {
            Fault::Garbage if direction == Direction::Answers => spoil(bytes, &mut noise),
            _ => {}
        }
        match now {
            Fault::Throttle(rate) => throttled(bytes, rate, &mut to, &mut fault).await?,
            _ => to.write_all(bytes).await?,
        }
    }
}

/// Waits until the fault lets bytes of this direction pass.
async fn pass_gate(direction: Direction, fault: &mut watch::Receiver<Fault>) -> io::Result<()> {
    loop {
        let now = *fault.borrow_and_update();
        let changed = async {
            // The sender is gone when the proxy is.
            fault.changed().await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionAborted))
        };
        match (now, direction) {
            (Fault::Blackhole | Fault::Cut | Fault::Refuse, _)
            | (Fault::HalfOpen, Direction::Answers) => changed.await?,
            (Fault::Delay(time), _) => {
                tokio::select! {
                    () = sleep(time) => return Ok(()),
                    changed = changed => changed?,
                }
            }
            _ => return Ok(()),
        }
    }
}

/// Writes in pieces of a twentieth of a second, until the fault changes.
async fn throttled(
    bytes: &[u8],
    rate: NonZeroU32,
    to: &mut (impl AsyncWrite + Unpin),
    fault: &mut watch::Receiver<Fault>,
) -> io::Result<()> {
    let turn = usize::try_from(rate.get().div_ceil(20)).unwrap_or(usize::MAX);
    for part in bytes.chunks(turn) {
        to.write_all(part).await?;
        let sent = u32::try_from(part.len()).unwrap_or(u32::MAX);
        let time = Duration::from_secs(1).saturating_mul(sent).checked_div(rate.get());
        tokio::select! {
            () = sleep(time.unwrap_or_default()) => {}
            _ = fault.wait_for(|now| *now != Fault::Throttle(rate)) => {}
        }
    }
    Ok(())
}

/// Changes every byte: a xorshift sequence, whose zeros are replaced.
fn spoil(bytes: &mut [u8], noise: &mut u32) {
    for byte in bytes {
        *noise ^= *noise << 13;
        *noise ^= *noise >> 17;
        *noise ^= *noise << 5;
        *byte ^= noise.to_le_bytes()[0].max(1);
    }
}
