//! What one client, and all of them together, may take of a server.

use std::time::Duration;

/// The bounds of a [`Server`](super::Server).
///
/// Every setter takes the nearest value that makes sense: a count of 0 counts as 1.
///
/// | bound | unless called | past it |
/// |---|---|---|
/// | [`connections`](Self::connections) | 1024 | the connection that has waited longest without a request ends; where every one runs a request, the next client waits in the system's queue |
/// | [`headers`](Self::headers) | 15 s | the connection ends |
/// | [`idle`](Self::idle) | 75 s | the connection ends |
/// | [`request`](Self::request) | 30 s | 408 while the body is on its way, else 503; the connection ends |
/// | [`writes`](Self::writes) | 30 s for 16 KiB | the connection ends |
/// | [`age`](Self::age) | 1 h | no further request; [`drain`](Self::drain) later the connection ends |
/// | [`header_bytes`](Self::header_bytes) | 32 KiB | 431, or the stream is reset |
/// | [`header_fields`](Self::header_fields) | 100 | 431 |
/// | [`streams`](Self::streams) | 128 | the client waits with the next, or the stream is refused |
/// | [`pings`](Self::pings) | 20 s | an HTTP/2 connection that does not answer ends |
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use palisade::serve::Limits;
///
/// // Uploads of 10 MiB over a slow line, on a machine that has room.
/// let limits = Limits::new().request(Duration::from_secs(300)).connections(10_000);
/// # let _ = limits;
/// ```
#[derive(Clone, Debug)]
#[must_use = "limits bound nothing until a server is given them"]
pub struct Limits {
    pub(super) connections: usize,
    pub(super) headers: Duration,
    pub(super) idle: Duration,
    pub(super) request: Duration,
    pub(super) writes: Duration,
    pub(super) age: Duration,
    pub(super) drain: Duration,
    pub(super) farewell: Duration,
    pub(super) header_bytes: u32,
    pub(super) header_fields: usize,
    pub(super) streams: u32,
    pub(super) pings: Duration,
}

impl Limits {
    /// Returns the bounds of the table above.
    pub const fn new() -> Self {
        Self {
            connections: 1024,
            headers: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            request: Duration::from_secs(30),
            writes: Duration::from_secs(30),
            age: Duration::from_hours(1),
            drain: Duration::from_secs(10),
            farewell: Duration::from_secs(5),
            header_bytes: 32 * 1024,
            header_fields: 100,
            streams: 128,
            pings: Duration::from_secs(20),
        }
    }

    /// Keeps so many connections at once; each takes a descriptor of the process, and one more is
    /// held while it waits for room.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most.max(1);
        self
    }

    /// Waits so long for the headers of a request from their first byte on; for those of the
    /// first request, and the handshake of TLS, from the start of the connection on.
    pub const fn headers(mut self, limit: Duration) -> Self {
        self.headers = limit;
        self
    }

    /// Waits so long for the next request on a connection.
    ///
    /// A proxy in front should give up its own idle connections sooner: nginx does after 60 s.
    pub const fn idle(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// Gives a request so long, from the end of its headers to the head of its answer: the time in
    /// which the client sends the body and the application decides.
    pub const fn request(mut self, limit: Duration) -> Self {
        self.request = limit;
        self
    }

    /// Gives a client so long to take each 16 KiB of its answers, or all that is left.
    pub const fn writes(mut self, limit: Duration) -> Self {
        self.writes = limit;
        self
    }

    /// Takes requests on a connection for so long, whatever it does.
    pub const fn age(mut self, limit: Duration) -> Self {
        self.age = limit;
        self
    }

    /// Gives running requests so long to end when the server, or the connection, comes to its end.
    pub const fn drain(mut self, limit: Duration) -> Self {
        self.drain = limit;
        self
    }

    /// Takes new connections for so long at the beginning of [`drain`](Self::drain) while requests
    /// run, so that a balancer can ask whether it should send more.
    pub const fn farewell(mut self, limit: Duration) -> Self {
        self.farewell = limit;
        self
    }

    /// Reads so many bytes of headers, at least 8 KiB.
    ///
    /// HTTP/1 looks at the bound between two reads, so that nearly twice as many may come; HTTP/2
    /// counts 32 more for each field (RFC 9113 6.5.2).
    pub fn header_bytes(mut self, most: u32) -> Self {
        self.header_bytes = most.max(8 * 1024);
        self
    }

    /// Reads so many header fields of a request by HTTP/1.
    pub fn header_fields(mut self, most: usize) -> Self {
        self.header_fields = most.max(1);
        self
    }

    /// Runs so many requests at once on one connection by HTTP/2.
    pub fn streams(mut self, most: u32) -> Self {
        self.streams = most.max(1);
        self
    }

    /// Asks a silent HTTP/2 connection so often whether the other side is there, and waits as long
    /// for the answer.
    pub const fn pings(mut self, every: Duration) -> Self {
        self.pings = every;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
