//! Every promise of the cache, and every mistake known from elsewhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a test fails by panicking; tables read best with plain values"
)]

mod allocations;
mod bound;
mod etag;
mod flights;
mod many;
mod model;
mod races;
mod stale;
mod world;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();
