#![doc = include_str!("../README.md")]

mod atomic;
mod clock;
mod error;
pub mod key;
pub mod quota;
pub mod store;
mod table;

pub use clock::CoarseClock;
pub use error::{ConfigError, Mistake, Mistakes};
pub use quota::Quota;
pub use store::{MemoryStore, Overflow};
