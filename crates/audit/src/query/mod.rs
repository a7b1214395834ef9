//! Finding events again.

#[cfg(feature = "rusqlite")]
mod cursor;
mod filter;
#[cfg(feature = "rusqlite")]
mod index;
mod page;
mod stored;

#[cfg(feature = "rusqlite")]
pub use cursor::{Cursor, CursorError};
pub use filter::Filter;
#[cfg(feature = "rusqlite")]
pub use index::{Index, IndexError};
pub use page::{Limit, Page};
pub use stored::{Party, Stored};
