//! Validators and conditional requests: 304 for what a client has, 412 for what it must not overwrite.

mod conditional;
mod future;
mod layer;
mod tag;

pub use conditional::{Validators, Verdict, evaluate};
pub use future::ResponseFuture;
pub use layer::{Etag, EtagLayer};
pub use tag::EntityTag;

pub(crate) use future::OF_THE_CONTENT;
