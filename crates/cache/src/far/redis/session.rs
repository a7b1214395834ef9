//! One connection on which the store is heard, from its making to its end.

use std::sync::Arc;
use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion, PushInfo};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::line::Line;
use super::script::nonce;
use super::{Inner, failed, mark, news};
use crate::far::{Ear, StoreError};

pub(super) async fn watch(inner: &Inner, pace: Duration, ear: Ear) -> Result<(), StoreError> {
    let lost = |error| failed("the connection is lost", error);
    let info = inner.line.client.get_connection_info().clone();
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let info = info.into_connection_info().map_err(lost)?.set_redis_settings(settings);
    let (of_pushes, gone) = (ear.clone(), Arc::new(Notify::new()));
    let told = Arc::clone(&gone);
    // Called by the task that reads the connection, before any answer that came later.
    let hear = move |push: PushInfo| -> Result<(), ()> {
        match news::read(&push) {
            news::News::Ends { mark, origin, slots } => {
                of_pushes.announced(mark, &origin, &slots);
            }
            news::News::Gone => told.notify_one(),
            news::News::Unreadable => of_pushes.missed(),
            news::News::Other => {}
        }
        Ok(())
    };
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Line::CONNECT))
        .set_response_timeout(Some(Line::ANSWER))
        .set_push_sender(hear);
    let client = Client::open(info).map_err(lost)?;
    let mut connection =
        client.get_multiplexed_async_connection_with_config(&config).await.map_err(lost)?;
    connection.subscribe(&inner.names.channel).await.map_err(lost)?;
    loop {
        let Some(asked) = ear.now() else { return Ok(()) };
        let mut call = inner.scripts.mark.call();
        call.key(&inner.names.eras);
        call.argument(nonce(&inner.dice));
        // A beat that takes longer than the next ones would is of no use.
        let answer = timeout(pace.saturating_mul(2), call.run(&mut connection)).await;
        let answer = answer.map_err(|_| StoreError::new("the store is silent"))??;
        let (id, era, now): (Vec<u8>, u64, u64) = answer;
        ear.marked(asked, mark((id, era))?, now);
        if timeout(pace, gone.notified()).await.is_ok() {
            return Err(StoreError::new("the connection is lost"));
        }
    }
}
