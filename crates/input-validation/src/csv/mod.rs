//! Tables as text (RFC 4180).

mod cell;
mod read;

pub use cell::{Cell, write_row};
pub use read::{CsvLimits, read_csv};
