//! Cross-site requests.

mod origin;

pub use origin::Origin;
