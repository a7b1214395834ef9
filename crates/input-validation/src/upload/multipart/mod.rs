//! `multipart/form-data` (RFC 7578).

mod decode;
mod head;

#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "axum")]
mod receive;
#[cfg(feature = "axum")]
mod rules;

pub use decode::{Decoder, Event, Malformed};
#[cfg(feature = "axum")]
pub use extract::{Multipart, UploadRejected};
#[cfg(feature = "axum")]
pub use receive::Upload;
#[cfg(feature = "axum")]
pub use rules::Uploads;
