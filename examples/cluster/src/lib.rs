#![doc = include_str!("../README.md")]
#![cfg(target_os = "linux")]

mod account;
mod balancer;
mod cluster;
mod error;
mod instance;
mod settings;

pub use account::Account;
pub use cluster::Cluster;
pub use error::ClusterError;
pub use instance::Instance;
pub use settings::Settings;
