//! Finding events again.

mod cursor;
mod filter;
#[cfg(feature = "rusqlite")]
mod index;
mod page;
mod stored;

#[cfg(feature = "sqlx-postgres")]
pub(crate) use cursor::Place;
pub use cursor::{Cursor, CursorError};
pub use filter::Filter;
#[cfg(feature = "rusqlite")]
pub use index::{Index, IndexError};
pub use page::{Limit, Page};
pub use stored::{Party, Stored};
