//! A connection that is given up when nothing comes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

use crate::far::StoreError;

/// Connects by itself, sends nothing twice, and takes another connection when commands in a row were
/// given up before an answer came: one that lost its beat, or whose peer is gone, never says so.
pub(super) struct Line {
    pub(super) client: Client,
    manager: ArcSwap<ConnectionManager>,
    given_up: AtomicU32,
}

impl Line {
    /// How long making a connection may take.
    pub(super) const CONNECT: Duration = Duration::from_millis(500);
    /// After how long without an answer a connection is given up.
    pub(super) const ANSWER: Duration = Duration::from_secs(2);
    /// How many calls in a row are given up before the connection is.
    const PATIENCE: u32 = 3;

    /// Will connect when it is needed.
    pub(super) fn new(client: Client) -> Result<Self, RedisError> {
        let manager = ArcSwap::from_pointee(connect(&client)?);
        Ok(Self { client, manager, given_up: AtomicU32::new(0) })
    }

    /// Makes a call on the connection of now.
    pub(super) async fn call<T>(
        &self,
        call: impl AsyncFnOnce(&mut ConnectionManager) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut manager = ConnectionManager::clone(&self.manager.load());
        let mut open = Open { line: self, is_answered: false };
        let answer = call(&mut manager).await;
        open.is_answered = answer.is_ok();
        answer
    }

    fn replace(&self) {
        match connect(&self.client) {
            Ok(manager) => self.manager.store(Arc::new(manager)),
            Err(error) => tracing::warn!(%error, "no other connection to Redis can be made"),
        }
    }
}

/// A call without an answer of use yet: dropped at its deadline, or refused.
struct Open<'a> {
    line: &'a Line,
    is_answered: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let given_up = &self.line.given_up;
        if self.is_answered {
            given_up.store(0, Ordering::Relaxed);
        } else if given_up.fetch_add(1, Ordering::Relaxed).saturating_add(1) >= Line::PATIENCE {
            given_up.store(0, Ordering::Relaxed);
            self.line.replace();
        }
    }
}

/// One try for each call that needs a connection: the caller has a deadline, and the breaker waits.
fn connect(client: &Client) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(Line::CONNECT))
        .set_response_timeout(Some(Line::ANSWER));
    client.get_connection_manager_lazy(config)
}
