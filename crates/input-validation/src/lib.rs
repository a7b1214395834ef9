#![doc = include_str!("../README.md")]

mod amount;
mod clamped;
mod cursor;
mod email;
mod file_name;
pub mod issue;
mod macros;
mod page;
mod patch;
mod pattern;
mod sort;
pub mod text;
mod url;

pub use amount::{Amount, Currency};
pub use clamped::{Clamped, Whole};
pub use cursor::{Cursor, CursorKeys, Scope, WeakKey};
pub use email::Email;
pub use file_name::FileName;
pub use page::{Page, PerPage};
pub use palisade_input_validation_derive::SortKey;
pub use patch::Patch;
pub use pattern::{CodePattern, Coded, Pattern};
pub use sort::{Direction, Sort, SortKey};
pub use text::{Line, Text, UniqueName};
pub use url::{HttpUrl, SafeRedirect};
