//! Real Redis servers: one, or a cluster of three.

mod client;
mod cluster;
mod server;

pub use client::{Connection, Reply};
pub use cluster::RedisCluster;
pub use server::{Redis, RedisConfig};
