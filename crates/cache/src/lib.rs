#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod atomic;
mod cache;
#[cfg(feature = "macros")]
mod cached;
mod entry;
pub mod envelope;
pub mod eras;
mod error;
pub mod etag;
pub mod far;
mod flight;
mod freshness;
pub mod http;
pub mod key;
mod loading;
mod near;
mod outcome;
mod pattern;
#[cfg(feature = "metrics")]
pub mod report;
mod stats;
mod sweep;
mod tag;
mod tier;
mod time;
#[cfg(feature = "sqlx")]
pub mod transaction;

pub use cache::{Bounded, Builder, Cache, Change, Unbounded};
#[cfg(feature = "macros")]
pub use cached::cached;
pub use error::{ConfigError, LoadError};
pub use loading::{Answer, Loading};
pub use outcome::{Fetched, Outcome};
pub use pattern::Pattern;
pub use stats::Stats;
pub use sweep::{Sweep, Swept};
pub use tag::TagId;
pub use tier::Tier;
pub use time::Ticker;
