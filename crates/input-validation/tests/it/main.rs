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
mod checks;
mod clamped;
mod clean;
mod compile;
mod cursors;
mod events;
#[cfg(feature = "axum")]
mod extractors;
mod patterns;
mod promises;
mod schemas;
mod sorting;
mod texts;
mod urls;
