//! Connections in memory, in time that jumps: each attack is over at once and takes what it takes.

mod attacks;
mod bounds;
mod drain;
pub(crate) mod house;
pub(crate) mod http2;
#[cfg(target_os = "linux")]
mod slowhttptest;
#[cfg(feature = "tokio-rustls")]
mod tls;
