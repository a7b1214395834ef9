//! What this instance cannot answer without.

use std::time::Duration;

use palisade_observe::health::Check;

use crate::config::{Config, ReadyCheck, RedisUrl};
use crate::store::Store;

/// How long a check is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the answer of one that asks others holds.
const HOLDS: Duration = Duration::from_secs(5);
/// Bytes that the disk of the data has to have free.
const FREE: u64 = 64 << 20;

/// The checks of `/health/ready`: the database, and what the operator wants besides.
pub(crate) fn checks(store: Store, config: &Config) -> Vec<Check> {
    let database = move || {
        let store = store.clone();
        async move { store.probe().await.is_ok() }
    };
    let mut checks = vec![Check::new("database", database).patience(PATIENCE)];
    for check in &config.ready_checks {
        match (check, &config.redis) {
            (ReadyCheck::Disk, _) => {
                let disk = Check::disk("disk", config.data.clone(), FREE);
                checks.push(disk.patience(PATIENCE).holds(HOLDS));
            }
            (ReadyCheck::Redis, Some(url)) => checks.push(redis(url.clone())),
            // The settings are refused then.
            (ReadyCheck::Redis, None) => {}
        }
    }
    checks
}

/// Asks over a connection of its own, which says whether new ones are taken too.
fn redis(url: RedisUrl) -> Check {
    let ask = move || {
        let url = url.clone();
        async move {
            let client = ::redis::Client::open(url.reveal())?;
            let mut connection = client.get_multiplexed_async_connection().await?;
            ::redis::cmd("PING").query_async::<()>(&mut connection).await
        }
    };
    let ask = move || {
        let asked = ask();
        async move { asked.await.is_ok() }
    };
    Check::new("redis", ask).patience(PATIENCE).holds(HOLDS)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use palisade_core::ManualClock;
    use palisade_observe::health::{Health, State, Verdict};

    use super::*;
    use crate::config::{self, Asked};
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
        let args = ["exam-portal".into(), "--data".into(), folder.path().into()];
        let Ok(Asked::Run(_, config)) = config::read(args) else {
            panic!("the arguments are good")
        };
        health.started(checks(store.clone(), &config));
        assert_eq!(health.readiness().await.state, State::Ready);
        store.close().await;
        clock.advance(Duration::from_secs(1));
        assert_eq!(health.readiness().await.checks, [("database", Verdict::Down)]);
        health.drain();
        assert_eq!(health.readiness().await.state, State::Draining);
    }
}
