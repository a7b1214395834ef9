//! Behaviour of the three machines, against models, attacks and mistakes known from elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod breaker;
mod breaker_layer;
mod breaker_model;
mod config;
mod deadline;
#[cfg(feature = "metrics")]
mod metrics;
mod retry;
mod retry_after;
mod retry_layer;
mod storm;
