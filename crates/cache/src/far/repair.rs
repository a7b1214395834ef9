//! What goes on beside the calls: the store is heard, and told what it could not be told.

use std::sync::Arc;
use std::time::Duration;

use palisade_resilience::Dice;
use tokio::time::sleep;

use super::hearing::Ear;
use super::store::Store;
use super::tier::{Debts, Guard};

/// The longest wait before the store is tried again.
const LONGEST: Duration = Duration::from_secs(1);
const SHORTEST: Duration = Duration::from_millis(25);
/// So many counters are told at a time.
const AT_ONCE: usize = 1024;

/// Listens for ever; connects again with growing waits, spread by chance.
pub(super) async fn watch(store: Arc<dyn Store>, pace: Duration, ear: Ear) {
    let (dice, mut wait) = (Dice::new(), SHORTEST);
    loop {
        let began = ear.now();
        if let Err(error) = store.watch(pace, ear.clone()).await {
            tracing::debug!(store = store.name(), %error, "the far tier is not heard");
        }
        // A connection that was good for a while is made again at once.
        let lasted = began.zip(ear.now()).map(|(began, now)| now.saturating_duration_since(began));
        wait = if lasted.is_some_and(|lasted| lasted > LONGEST) {
            SHORTEST
        } else {
            wait.saturating_mul(2).min(LONGEST)
        };
        sleep(spread(wait, &dice)).await;
    }
}

/// Tells the store of each invalidation that it was not told of.
pub(super) async fn pay(store: Arc<dyn Store>, guard: Guard, debts: Arc<Debts>, origin: [u8; 16]) {
    let dice = Dice::new();
    loop {
        debts.wake.notified().await;
        let mut wait = SHORTEST;
        loop {
            let all = debts.all();
            let Some(some) = all.get(..all.len().min(AT_ONCE)).filter(|some| !some.is_empty())
            else {
                break;
            };
            let slots: Vec<u16> = some.iter().map(|(slot, _)| *slot).collect();
            if guard.call(|| store.end(&origin, &slots, &[])).await.is_some() {
                debts.strike(some);
            } else {
                sleep(spread(wait, &dice)).await;
                wait = wait.saturating_mul(2).min(LONGEST);
            }
        }
    }
}

/// Half of the wait, and up to as much again by chance.
fn spread(wait: Duration, dice: &Dice) -> Duration {
    let half = wait.checked_div(2).unwrap_or_default();
    let nanos = u128::from(u64::try_from(half.as_nanos()).unwrap_or(u64::MAX));
    let chance = nanos.saturating_mul(u128::from(dice.roll())) >> 64;
    half.saturating_add(Duration::from_nanos(u64::try_from(chance).unwrap_or(0)))
}
