//! The cluster from outside: real servers, real instances, requests through nginx.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; its patience is measured by the clock of the machine"
)]

mod client;
mod command;
mod containers;
mod faults;
mod load;
mod roll;
mod shared;
