//! The protections in a real Chromium: each attack works on the same program with one layer taken
//! out, and fails with it in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod attacks;
mod findings;
mod program;
mod tls;
