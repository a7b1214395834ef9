//! Answers of 500 and above without what went wrong inside.

mod cause;
mod layer;

pub use cause::Cause;
pub use layer::{CleanErrors, CleanErrorsLayer, ResponseFuture};
