//! A server in memory, and who knocks at it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use palisade::edge::Peer;
use palisade::serve::{Limits, Listener};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

/// Longer than any bound of a server.
pub(crate) const FOR_EVER: Duration = Duration::from_hours(2);
const PEER: ([u8; 4], u16) = ([192, 0, 2, 7], 50123);

/// How many connections were taken, and how many of them are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    taken: usize,
    open: usize,
}

/// A connection in memory that a server holds.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: DuplexStream,
    held: watch::Sender<Held>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.held.send_modify(|held| held.open -= 1);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Hands out what knocks, as many at a time as a process has descriptors.
#[derive(Debug)]
pub(crate) struct Door {
    knocks: mpsc::UnboundedReceiver<DuplexStream>,
    held: watch::Sender<Held>,
    descriptors: usize,
}

impl Door {
    async fn next(&mut self) -> Connection {
        let descriptors = self.descriptors;
        let mut held = self.held.subscribe();
        held.wait_for(|held| held.open < descriptors).await.unwrap();
        let Some(stream) = self.knocks.recv().await else { std::future::pending().await };
        self.held.send_modify(|held| (held.taken, held.open) = (held.taken + 1, held.open + 1));
        Connection { stream, held: self.held.clone() }
    }
}

impl Listener for Door {
    type Io = Connection;

    async fn accept(&mut self) -> (Connection, Peer) {
        (self.next().await, Peer::new(SocketAddr::from(PEER)))
    }
}

impl axum::serve::Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        (self.next().await, SocketAddr::from(PEER))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from(PEER))
    }
}

/// Where clients connect.
#[derive(Clone, Debug)]
pub(crate) struct House {
    knock: mpsc::UnboundedSender<DuplexStream>,
    held: watch::Sender<Held>,
}

impl House {
    /// A house with room for so many connections, and its door.
    pub(crate) fn of(descriptors: usize) -> (Self, Door) {
        let (knock, knocks) = mpsc::unbounded_channel();
        let held = watch::Sender::new(Held::default());
        (Self { knock, held: held.clone() }, Door { knocks, held, descriptors })
    }

    /// A house that is served within limits.
    pub(crate) fn limited(descriptors: usize, limits: Limits) -> Self {
        let (house, door) = Self::of(descriptors);
        tokio::spawn(palisade::serve(door, app(), limits).into_future());
        house
    }

    /// A house that is served by axum alone.
    pub(crate) fn plain(descriptors: usize) -> Self {
        let (house, door) = Self::of(descriptors);
        tokio::spawn(axum::serve(door, app()).into_future());
        house
    }

    pub(crate) fn connect(&self) -> DuplexStream {
        let (client, server) = duplex(64 * 1024);
        // Where nobody opens, the client sees it.
        let _ = self.knock.send(server);
        client
    }

    /// Whether nobody opens any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.knock.is_closed()
    }

    /// Waits until so many were let in and all of them have gone.
    pub(crate) async fn left(&self, taken: usize) {
        let gone = |held: &Held| *held == Held { taken, open: 0 };
        self.held.subscribe().wait_for(gone).await.unwrap();
    }

    /// Waits until so many were let in.
    pub(crate) async fn entered(&self, taken: usize) {
        self.held.subscribe().wait_for(|held| held.taken == taken).await.unwrap();
    }

    pub(crate) fn open(&self) -> usize {
        self.held.borrow().open
    }
}

/// What is served.
pub(crate) fn app() -> Router {
    let wait = |seconds: Bytes| async move {
        let seconds: u64 = std::str::from_utf8(&seconds).unwrap().trim().parse().unwrap();
        sleep(Duration::from_secs(seconds)).await;
        "waited"
    };
    Router::new()
        .route("/", get(async || "hello"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/wait", post(wait))
        .route("/large", get(async || Body::from(vec![b'x'; 8 << 20])))
}

/// Sends a request on a connection of its own and returns all that comes back.
pub(crate) async fn ask(house: &House, request: &str) -> Option<String> {
    let mut stream = house.connect();
    // A server may answer before it has heard all.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    timeout(FOR_EVER, stream.read_to_end(&mut answer)).await.ok()?.ok()?;
    String::from_utf8(answer).ok().filter(|answer| !answer.is_empty())
}

pub(crate) const HELLO: &str = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A request whose handler takes so many seconds.
pub(crate) fn wait(seconds: u64) -> String {
    let body = seconds.to_string();
    let length = body.len();
    format!("POST /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Reads one answer, as long as its `content-length` says.
pub(crate) async fn read_answer(stream: &mut DuplexStream) -> Option<String> {
    let mut answer = Vec::new();
    loop {
        let mut byte = [0];
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        answer.push(byte[0]);
        let text = std::str::from_utf8(&answer).ok()?;
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() == length.unwrap_or("0").parse::<usize>().ok()? {
                return Some(text.to_owned());
            }
        }
    }
}
