//! Every rule of the crate, and every mistake known from elsewhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking; tables read best with plain values"
)]

mod allocations;
mod behind_proxies;
mod bound;
mod fields;
mod findings;
mod flood;
mod governor_oracle;
#[cfg(feature = "palisade-resilience")]
mod guard;
#[cfg(all(feature = "redis", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod lockout;
mod memory;
#[cfg(feature = "metrics")]
mod metrics;
mod mistakes;
mod request;
mod rules;
#[cfg(all(feature = "redis", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod shared;
mod snapshot;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();
