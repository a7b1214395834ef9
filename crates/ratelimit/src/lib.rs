#![doc = include_str!("../README.md")]

mod error;
pub mod key;
pub mod lockout;
pub mod quota;
pub mod store;

pub use error::{ConfigError, Mistake, Mistakes};
pub use quota::Quota;
