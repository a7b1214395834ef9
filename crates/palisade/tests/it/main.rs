//! The server under attack, and the mistakes that a deployment makes.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking; tables read best with plain values"
)]

mod findings;
#[cfg(all(feature = "axum", feature = "serve"))]
mod serve;
#[cfg(all(feature = "axum", feature = "serve", feature = "shield"))]
mod shield;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();
