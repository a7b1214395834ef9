//! Every promise of the cache, and every mistake known from elsewhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a test fails by panicking; tables read best with plain values"
)]

mod allocations;
mod bound;
#[cfg(feature = "macros")]
mod cached;
mod contract;
#[cfg(all(feature = "flate2", feature = "lz4_flex", feature = "serde_json", feature = "zstd"))]
mod envelope;
mod etag;
mod far;
mod flights;
mod http;
mod many;
mod model;
mod races;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "rusqlite")]
mod sqlite;
mod stale;
mod traces;
#[cfg(feature = "sqlx")]
mod transaction;
mod world;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();
