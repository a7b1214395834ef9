//! Every fixture proves itself by real use.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "browser")]
mod browser;
#[cfg(feature = "errors")]
mod errors;
#[cfg(feature = "fault")]
mod fault;
#[cfg(feature = "mail")]
mod mail;
mod postgres;
mod process;
mod proxy;
mod redis;
mod seen;
