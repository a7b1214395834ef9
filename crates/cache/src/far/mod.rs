//! Values that several processes share: a far tier behind the memory of each.
//!
//! ```
//! use palisade_cache::envelope::Format;
//! use palisade_cache::far::{FarTier, MemoryStore};
//! use palisade_cache::{Cache, Outcome};
//! use std::convert::Infallible;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new(); // `RedisStore` in production
//! let tiers = [(); 2].map(|()| FarTier::setup(store.clone()).start());
//! # for tier in &tiers {
//! #     tier.heard().await;
//! # }
//! let process = |tier: &FarTier| -> Result<Cache<u64, String>, palisade_cache::ConfigError> {
//!     Ok(Cache::builder("users").far(tier, "users", Format::new(1))?.entries(1000)?.build())
//! };
//! let (one, other) = (process(&tiers[0])?, process(&tiers[1])?);
//!
//! let load = async |name: &str| Ok::<_, Infallible>(name.to_owned());
//! one.get_or_load(&7, |_| async move { load("Ada").await }).await?;
//! # store.holds(1).await;
//! let ada = other.get_or_load(&7, |_| async move { load("nobody").await }).await?;
//! assert_eq!((ada.as_str(), ada.outcome), ("Ada", Outcome::Far));
//!
//! one.invalidate(&7).await; // for all who hear of it
//! # while other.get(&7).is_some() {
//! #     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
//! # }
//! assert!(other.get(&7).is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! The store counts eras, as [`eras`](crate::eras) do in memory: an invalidation begins one and notes
//! its number in the slots of what it ends; a value names the era before its load began, and holds if
//! none of its slots was noted later. The store compares where it keeps the counters, in one step with
//! reading or writing, so that no clock and no order of messages matters. A store that lost its
//! counters, or may have lost some, names itself anew, and nothing older holds.
//!
//! Each process keeps values in memory only while it knows that it hears of invalidations: it asks the
//! store for its era again and again, and counts the announcements that came. What it last knew to be
//! complete longer ago than [`max_staleness`](crate::Cache::max_staleness) is not served; what it
//! loaded itself within that time is.
//!
//! An invalidation that the store could not be told ([`Reach::Here`]) is told as soon as it can be;
//! until then this process reads nothing from the store.

mod face;
mod hearing;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod repair;
mod setup;
#[cfg(feature = "rusqlite")]
mod sqlite;
mod stats;
mod store;
mod tier;

use palisade_resilience::Dice;

pub(crate) use face::{Far, FarKey, Found, Given};
pub use hearing::Ear;
pub use memory::MemoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use setup::FarSetup;
#[cfg(feature = "rusqlite")]
pub use sqlite::SqliteStore;
pub use stats::FarStats;
pub use store::{Fill, Reading, Store, StoreError, StoreFuture, Walk};
pub use tier::{FarTier, Reach};

/// Counters of a store: part of its layout.
pub const SLOTS: u16 = 1 << 14;

/// A name that nothing else has.
fn chance() -> [u8; 16] {
    let mut name = [0; 16];
    let (first, last) = name.split_at_mut(8);
    first.copy_from_slice(&Dice::new().roll().to_be_bytes());
    last.copy_from_slice(&Dice::new().roll().to_be_bytes());
    name
}
