//! Text that people read.

mod alphabet;
mod bytes;
mod line;
mod multiline;
mod normal;
mod unique;

pub use alphabet::forbidden;
pub(crate) use alphabet::judge;
pub(crate) use bytes::Bytes;
pub use line::Line;
pub use multiline::Text;
pub use unique::UniqueName;
