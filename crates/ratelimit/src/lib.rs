#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod atomic;
mod clock;
mod count;
mod error;
pub mod fields;
mod finding;
mod head;
mod inflight;
pub mod key;
pub mod layer;
pub mod limits;
pub mod lockout;
pub mod quota;
pub mod rule;
pub mod store;
mod table;
mod tick;

pub use clock::CoarseClock;
pub use error::{ConfigError, Mistake, Mistakes};
pub use finding::Finding;
pub use head::Head;
pub use layer::RateLimitLayer;
pub use limits::Limits;
pub use quota::Quota;
pub use rule::Rule;
pub use store::{MemoryStore, Overflow};
