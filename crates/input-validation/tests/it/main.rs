//! Types and rules, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod amounts;
mod clamped;
mod compile;
mod cursors;
mod events;
mod patterns;
mod promises;
mod sorting;
mod texts;
mod urls;
