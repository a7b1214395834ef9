#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod atomic;
pub mod breaker;
mod clock;
mod count;
pub mod deadline;
mod dice;
mod error;
pub mod retry;

pub use clock::RuntimeClock;
pub use dice::Dice;
pub use error::ConfigError;
