//! Connections: taken, bounded, and ended in order.

use std::time::Duration;

use axum::Router;
use palisade::serve::{Ended, Limits, Server, Signals};
use palisade_observe::health::Health;
use tokio::net::TcpListener;

use crate::refusal::REQUEST_DEADLINE;

/// The portal's own deadline answers with its headers; the server's stands behind it.
pub(crate) const fn limits() -> Limits {
    Limits::new().request(REQUEST_DEADLINE.saturating_add(Duration::from_secs(5)))
}

/// Serves until a signal, then lets the running requests end; a second signal ends them at once.
pub(crate) async fn run(
    mut server: Server<TcpListener, Router>,
    health: &Health,
    signals: &mut Signals,
) -> Ended {
    tokio::select! {
        never = server.accept() => match never {},
        () = signals.next() => {}
    }
    tracing::info!("draining: running requests end, a second signal ends them at once");
    health.drain();
    tokio::select! {
        ended = server.drain() => ended,
        () = signals.next() => Ended::Cut,
    }
}
