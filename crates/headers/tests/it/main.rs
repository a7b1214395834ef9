//! Behaviour of the crate from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod allocations;
mod cookies;
#[cfg(feature = "test-kit")]
mod coverage;
mod csp_judge;
mod csrf;
mod headers;
mod reports;
mod site;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();
