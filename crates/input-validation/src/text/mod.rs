//! Text that people read.

mod alphabet;
mod line;
mod multiline;
mod normal;
mod unique;

pub use alphabet::forbidden;
pub(crate) use alphabet::judge;
pub use line::Line;
pub use multiline::Text;
pub use unique::UniqueName;
