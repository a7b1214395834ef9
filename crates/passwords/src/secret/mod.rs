//! Passwords as types that cannot be printed, serialised or left behind in memory.

mod accepted;
mod candidate;

pub use accepted::Accepted;
pub use candidate::Candidate;
