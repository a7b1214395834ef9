//! The crate from outside.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

mod capture;
mod filter;
mod health;
#[cfg(feature = "test-kit")]
mod leak;
mod lines;
mod metric;
mod query;
mod redact;
mod request;
#[cfg(feature = "sentry")]
mod sentry;
mod suspicion;
mod writer;
