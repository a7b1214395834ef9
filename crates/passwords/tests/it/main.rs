//! Hashing, verifying and the policy, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod compile;
mod hasher;
mod keys;
mod policy;
mod scheme;
