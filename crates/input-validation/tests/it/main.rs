//! Types and rules, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells its counts"
)]

#[cfg(feature = "axum")]
mod allocations;
mod amounts;
mod checks;
mod clamped;
mod clean;
mod cursors;
mod escapes;
mod events;
#[cfg(feature = "axum")]
mod extractors;
#[cfg(all(unix, feature = "rustix"))]
mod files;
#[cfg(feature = "ammonia")]
mod hypertext;
#[cfg(all(unix, feature = "rustix"))]
mod jails;
#[cfg(feature = "pulldown-cmark")]
mod markdown;
#[cfg(feature = "axum")]
mod moments;
#[cfg(all(unix, feature = "axum", feature = "rustix"))]
mod multipart;
mod patterns;
mod promises;
#[cfg(any(feature = "ammonia", feature = "pulldown-cmark"))]
mod reparse;
mod schemas;
mod sorting;
mod texts;
#[cfg(feature = "zip")]
mod unzips;
mod urls;
