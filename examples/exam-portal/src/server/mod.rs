//! Connections: taken, bounded, and ended in order.

mod connection;
mod drain;
mod patience;
mod signal;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use palisade_observe::health::Health;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

pub(crate) use drain::{Running, count, say_farewell};
pub(crate) use signal::Signals;

/// Connections at once; the next ones wait in the system's queue.
const CONNECTIONS: usize = 1024;
/// From the first signal to the end, whatever still runs.
const DRAIN: Duration = Duration::from_secs(10);
/// Part of [`DRAIN`] in which new connections are still taken while requests run, so that a
/// balancer can read from `/health/ready` that it should send no more.
const FAREWELL: Duration = Duration::from_secs(5);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every running request was answered.
    Drained,
    /// The time was over, or a second signal came.
    Cut,
}

/// A bound socket and the application behind it.
pub(crate) struct Server {
    listener: TcpListener,
    app: Router,
    graceful: GracefulShutdown,
    permits: Arc<Semaphore>,
}

impl Server {
    pub(crate) fn new(listener: TcpListener, app: Router) -> Self {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        Self { listener, app, graceful: GracefulShutdown::new(), permits }
    }

    /// Takes connections until it is dropped.
    pub(crate) async fn accept(&self) -> std::convert::Infallible {
        loop {
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
                // Nobody closes the semaphore.
                std::future::pending().await
            };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let connection = connection::serve(stream, peer, self.app.clone());
                    let watched = self.graceful.watch(connection);
                    tokio::spawn(async move {
                        if let Err(error) = watched.await {
                            tracing::debug!(%error, "connection ended early");
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    // Out of descriptors: some connection has to end first.
                    tracing::warn!(%error, "cannot take a connection");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Serves until a signal, then lets the running requests end.
    pub(crate) async fn run(
        self,
        health: &Health,
        running: &Running,
        signals: &mut Signals,
    ) -> End {
        tokio::select! {
            never = self.accept() => match never {},
            () = signals.next() => {}
        }
        tracing::info!("draining: running requests end, a second signal ends them at once");
        health.drain();
        tokio::select! {
            end = timeout(DRAIN, self.finish(running)) => match end {
                Ok(()) => End::Drained,
                Err(_) => End::Cut,
            },
            () = signals.next() => End::Cut,
        }
    }

    async fn finish(self, running: &Running) {
        tokio::select! {
            never = self.accept() => match never {},
            () = running.none() => {}
            () = sleep(FAREWELL) => {}
        }
        let Self { listener, graceful, .. } = self;
        drop(listener);
        graceful.shutdown().await;
    }
}
