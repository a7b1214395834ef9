//! Whether the portal lives and whether it may be sent requests.

mod routes;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use palisade_core::Clock;
use tokio::sync::Mutex;

pub(crate) use routes::{PATHS, routes};

use crate::store::Store;

/// The answer of the database counts for this long: a flood of probes asks it once a second.
const CACHED: Duration = Duration::from_secs(1);
/// A database that takes longer is down.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of the process, as its probes see it.
pub(crate) struct Health {
    clock: Arc<dyn Clock>,
    store: OnceLock<Store>,
    draining: AtomicBool,
    database: Mutex<Option<(Instant, bool)>>,
}

/// What `/health/ready` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    DatabaseDown,
    Draining,
    Ready,
    Starting,
}

impl Health {
    /// Begins as [`Readiness::Starting`].
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let (store, draining) = (OnceLock::new(), AtomicBool::new(false));
        Self { clock, store, draining, database: Mutex::new(None) }
    }

    /// The start is over; from now on the database is asked.
    pub(crate) fn started(&self, store: Store) {
        // A second call cannot happen and would change nothing.
        let _ = self.store.set(store);
    }

    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    pub(crate) async fn readiness(&self) -> Readiness {
        if self.is_draining() {
            return Readiness::Draining;
        }
        match self.store.get() {
            None => Readiness::Starting,
            Some(store) if self.database_answers(store).await => Readiness::Ready,
            Some(_) => Readiness::DatabaseDown,
        }
    }

    /// Asks the database, one caller at a time; the others wait for that answer.
    async fn database_answers(&self, store: &Store) -> bool {
        let mut last = self.database.lock().await;
        if let Some((at, answer)) = *last
            && self.clock.now().saturating_duration_since(at) < CACHED
        {
            return answer;
        }
        let answer = matches!(tokio::time::timeout(PATIENCE, store.probe()).await, Ok(Ok(())));
        *last = Some((self.clock.now(), answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::ManualClock;

    use super::*;
    use crate::store::{Limits, Seed};

    #[tokio::test]
    async fn says_starting_then_ready_then_that_the_database_is_down_then_draining() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new();
        let health = Health::new(Arc::new(clock.clone()));
        assert_eq!(health.readiness().await, Readiness::Starting);
        let clock_of_store = Arc::new(clock.clone());
        let store =
            Store::open(None, folder.path(), Limits::default(), clock_of_store, Seed::Nothing)
                .await
                .unwrap();
        health.started(store.clone());
        assert_eq!(health.readiness().await, Readiness::Ready);
        store.close().await;
        assert_eq!(health.readiness().await, Readiness::Ready, "cached for a second");
        clock.advance(CACHED);
        assert_eq!(health.readiness().await, Readiness::DatabaseDown);
        health.drain();
        assert_eq!(health.readiness().await, Readiness::Draining);
    }
}
