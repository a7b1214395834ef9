//! A server that no single client can hold up, and that ends without losing a request.
//!
//! [`serve`] takes connections from a [`Listener`], HTTP/1.1 and HTTP/2 alike, and gives each
//! request to a tower service: an axum `Router`, a gRPC server, a function. [`Limits`] bound what
//! clients may take; [`Server::until`] and [`Server::drain`] end it.
//!
//! ```no_run
//! use palisade::serve::{Limits, Signals};
//!
//! # async fn run(app: axum::Router) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! let mut signals = Signals::listen()?;
//! let ended = palisade::serve(listener, app, Limits::new()).until(signals.next()).await;
//! println!("{ended:?}");
//! # Ok(())
//! # }
//! ```
//!
//! # What is down or wrong, and what the client gets
//!
//! | what | what the client gets | test |
//! |---|---|---|
//! | headers come a byte at a time | the connection ends after [`Limits::headers`] | `slow_headers` |
//! | nothing comes at all | the same | `a_silent_connection` |
//! | the preface of HTTP/2 comes a byte at a time | the same | `a_slow_preface` |
//! | a body comes a byte at a time | 408 after [`Limits::request`], then the end | `a_slow_body` |
//! | an answer is not taken | the connection ends after [`Limits::writes`] | `a_slow_reader` |
//! | every connection is taken by clients that send nothing | nothing is lost: the one that has waited longest makes room | `a_thousand_idle_connections` |
//! | every connection runs a request | the next client waits until one is answered | `a_full_house_waits_for_an_answer` |
//! | a handler does not answer | 503 after [`Limits::request`] | `a_handler_that_hangs` |
//! | the application fails with an error | 500 without a word of it | `an_application_that_fails` |
//! | headers are larger than allowed, or more | 431 | `headers_that_are_too_large` |
//! | more streams than allowed at once | the client waits with the next | `streams_are_bounded` |
//! | a connection is old | it takes no further request, and is answered what runs | `an_old_connection_is_let_go` |
//! | the server drains | running requests end, idle connections close | `a_drain_loses_no_request` |
//! | a request outlives the drain | its connection is cut | `a_drain_has_an_end` |
//!
//! What the server answers itself, 408, 500 and 503, has a policy that runs nothing and `nosniff`;
//! the application sees such a request given up, and a request log around it writes so.
//!
//! # Cost
//!
//! A connection costs its buffers and three small allocations. A request costs an allocation where
//! it has a body, a timer, and four locks that nobody else holds.

mod connection;
mod exchange;
mod limits;
mod listener;
mod seat;
mod signal;
#[cfg(feature = "tokio-rustls")]
mod tls;
mod watched;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use palisade_edge::Peer;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use connection::Guest;
use exchange::{BoxError, Shared};
pub use exchange::{RequestBody, ResponseBody};
pub use limits::Limits;
pub use listener::Listener;
use seat::Seats;
pub use signal::Signals;
#[cfg(feature = "tokio-rustls")]
pub use tls::{Tls, TlsError};

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: it ended in time or it did not")]
pub enum Ended {
    /// Every running request was answered.
    Drained,
    /// The time was over: requests that still ran were cut off.
    Cut,
}

/// How far a server is with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Each answer is the last of its connection; new ones are still taken.
    Farewell,
    /// No further request is taken.
    Ending,
}

/// Serves an application; see the [module docs](self).
///
/// Nothing is accepted until the server is awaited.
pub fn serve<L: Listener, A>(listener: L, app: A, limits: Limits) -> Server<L, A> {
    Server {
        listener,
        knocking: None,
        app,
        seats: Seats::new(&limits),
        shared: Arc::new(Shared::new(limits.request)),
        limits: Arc::new(limits),
        phase: watch::Sender::new(Phase::Serving),
        #[cfg(feature = "tokio-rustls")]
        tls: None,
    }
}

/// A listener and the application behind it.
///
/// Awaiting it serves for ever. Dropping it ends all its connections, what runs on them included;
/// an upgraded connection alone belongs to the application.
#[must_use = "a server does nothing until it is awaited"]
pub struct Server<L: Listener, A> {
    listener: L,
    /// Accepted, without a seat.
    knocking: Option<(L::Io, Peer)>,
    app: A,
    limits: Arc<Limits>,
    seats: Arc<Seats>,
    shared: Arc<Shared>,
    /// Each connection holds a receiver.
    phase: watch::Sender<Phase>,
    #[cfg(feature = "tokio-rustls")]
    tls: Option<Tls>,
}

impl<L: Listener, A> std::fmt::Debug for Server<L, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<L: Listener, A> Server<L, A> {
    /// Speaks TLS on every connection.
    #[cfg(feature = "tokio-rustls")]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}

impl<L, A, B> Server<L, A>
where
    L: Listener,
    A: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    A::Error: Into<BoxError>,
    A::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Takes connections until the future is dropped; they go on while the server lives.
    pub async fn accept(&mut self) -> Infallible {
        loop {
            if self.knocking.is_none() {
                self.knocking = Some(self.listener.accept().await);
            }
            // Nobody has to go before somebody has come.
            let seat = self.seats.take().await;
            let Some((io, peer)) = self.knocking.take() else { continue };
            let guest = Guest {
                peer,
                seat,
                shared: Arc::clone(&self.shared),
                limits: Arc::clone(&self.limits),
                phase: self.phase.subscribe(),
            };
            let app = self.app.clone();
            #[cfg(feature = "tokio-rustls")]
            if let Some(tls) = self.tls.clone() {
                tokio::spawn(guest.serve_tls(tls, io, app));
                continue;
            }
            tokio::spawn(guest.serve(io, app));
        }
    }

    /// Serves until the signal, then [drains](Self::drain).
    pub async fn until(mut self, signal: impl Future<Output = ()>) -> Ended {
        tokio::select! {
            never = self.accept() => match never {},
            () = signal => {}
        }
        self.drain().await
    }

    /// Lets running requests end, for as long as [`Limits::drain`] says.
    ///
    /// In a first part, the [`Limits::farewell`], new connections are taken while requests run,
    /// and each answer asks its client to take another connection next time. Then the listener
    /// closes, idle connections end, and the others with their last answer.
    ///
    /// Dropping the future cuts at once: a second signal does so.
    ///
    /// ```no_run
    /// # use palisade::serve::{Ended, Limits, Signals};
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let mut signals = Signals::listen()?;
    /// let mut server = palisade::serve(listener, app, Limits::new());
    /// tokio::select! {
    ///     never = server.accept() => match never {},
    ///     () = signals.next() => {}
    /// }
    /// // Here an application tells its balancer.
    /// let ended = tokio::select! {
    ///     ended = server.drain() => ended,
    ///     () = signals.next() => Ended::Cut,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    pub async fn drain(self) -> Ended {
        match timeout(self.limits.drain, self.finish()).await {
            Ok(()) => Ended::Drained,
            Err(_) => Ended::Cut,
        }
    }

    async fn finish(mut self) {
        self.phase.send_replace(Phase::Farewell);
        let shared = Arc::clone(&self.shared);
        let farewell = self.limits.farewell;
        tokio::select! {
            never = self.accept() => match never {},
            () = shared.requests.closed() => {}
            () = sleep(farewell) => {}
        }
        let Self { listener, knocking, phase, .. } = self;
        drop((listener, knocking));
        phase.send_replace(Phase::Ending);
        phase.closed().await;
    }
}

impl<L, A, B> IntoFuture for Server<L, A>
where
    L: Listener,
    A: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    A::Error: Into<BoxError>,
    A::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Infallible;
    type IntoFuture = Pin<Box<dyn Future<Output = Infallible> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move { self.accept().await })
    }
}
