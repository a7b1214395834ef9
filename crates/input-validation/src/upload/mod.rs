//! Files of clients: what they are, where they are kept, and how they come.

mod draft;
mod jail;
mod kind;
mod multipart;
mod name;

pub use draft::{Draft, DraftError, Kept};
pub use jail::Jail;
pub use kind::FileKind;
pub use multipart::{Decoder, Event, Malformed};
#[cfg(feature = "axum")]
pub use multipart::{Multipart, Upload, UploadRejected, Uploads};
pub use name::StoredName;
