#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod capture;
mod escape;
mod filter;
mod handoff;
pub mod health;
#[cfg(feature = "test-kit")]
pub mod leak;
pub mod log;
#[cfg(feature = "metrics")]
pub mod metric;
pub mod query;
pub mod redact;
pub mod request;
pub mod suspicion;
mod timestamp;
pub mod writer;

pub use escape::is_hostile;
pub use filter::{Filter, FilterError};
