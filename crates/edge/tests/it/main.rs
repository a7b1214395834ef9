//! Every rule of the crate, and every mistake known from elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::mem_forget,
    clippy::panic,
    clippy::similar_names,
    clippy::type_complexity,
    clippy::unnecessary_wraps,
    reason = "a test fails by panicking; tables read best with plain values"
)]

mod allocations;
mod events;
mod external_url;
#[cfg(feature = "axum")]
mod extractors;
mod findings;
mod forwarded;
mod hosts;
mod https;
mod layer;
#[cfg(all(feature = "axum", feature = "tokio"))]
mod listener;
mod promises;
mod proxy_protocol;
#[cfg(all(target_os = "linux", feature = "axum", feature = "tokio"))]
mod real_proxies;
mod request;
mod spoofing;
mod walk;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();
