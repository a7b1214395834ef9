//! What this instance cannot answer without.

use std::time::Duration;

use palisade_observe::health::Check;

use crate::store::Store;

/// The checks of `/health/ready`: its own database, within a second.
pub(crate) fn checks(store: Store) -> [Check; 1] {
    let database = move || {
        let store = store.clone();
        async move { store.probe().await.is_ok() }
    };
    [Check::new("database", database).patience(Duration::from_secs(1))]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use palisade_core::ManualClock;
    use palisade_observe::health::{Health, State, Verdict};

    use super::*;
    use crate::store::{Limits, Seed};

    #[tokio::test]
    async fn ready_while_the_database_answers() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new();
        let health = Health::new(Arc::new(clock.clone()));
        assert_eq!(health.readiness().await.state, State::Starting);
        let clock_of_store = Arc::new(clock.clone());
        let store =
            Store::open(None, folder.path(), Limits::default(), clock_of_store, Seed::Nothing)
                .await
                .unwrap();
        health.started(checks(store.clone()));
        assert_eq!(health.readiness().await.state, State::Ready);
        store.close().await;
        clock.advance(Duration::from_secs(1));
        assert_eq!(health.readiness().await.checks, [("database", Verdict::Down)]);
        health.drain();
        assert_eq!(health.readiness().await.state, State::Draining);
    }
}
