//! Answers to HTTP requests, kept as RFC 9111 says and given to nobody else.

mod answer;
mod body;
mod cache_status;
mod exchange;
mod future;
mod heeded;
mod holdings;
mod key;
mod layer;
mod page;
pub mod policy;
mod service;
mod stats;

pub use body::HttpCacheBody;
pub use future::ResponseFuture;
pub use holdings::HttpCache;
pub use layer::{HttpCacheBuilder, HttpCacheLayer};
pub use service::HttpCacheService;
pub use stats::HttpStats;
