//! Who: what a request is counted by.

mod hash;

pub use hash::KeyHasher;
pub(crate) use hash::{fold, halves};
