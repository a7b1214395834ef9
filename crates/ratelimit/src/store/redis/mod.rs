//! Redis.

mod client;

pub(crate) use client::Argument;
pub use client::RedisClient;
