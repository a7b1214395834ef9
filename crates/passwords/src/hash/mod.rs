//! From a stored string to the work it asks for, and back.

mod arena;
mod ceiling;
mod engine;
mod kdf;
mod params;
mod stored;

pub use arena::Arena;
pub use ceiling::Ceiling;
pub use params::Params;

pub(crate) use engine::{Argon, Variant, Version};
pub(crate) use kdf::Kdf;
pub(crate) use stored::{Stored, argon2id_string};
