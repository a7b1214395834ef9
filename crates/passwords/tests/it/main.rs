//! Hashing, verifying and the policy, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

#[cfg(feature = "zxcvbn")]
mod estimate;
mod events;
mod fields;
mod hasher;
mod keys;
mod leak_guard;
#[cfg(all(
    feature = "aspnet",
    feature = "django",
    feature = "passlib",
    feature = "spring",
    feature = "werkzeug",
    feature = "wordpress"
))]
mod legacy;
mod must_change;
mod params;
mod policy;
mod reset;
mod scheme;
mod session;
mod temporary;
