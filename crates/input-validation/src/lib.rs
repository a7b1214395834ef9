#![doc = include_str!("../README.md")]

mod amount;
pub mod check;
mod clamped;
mod clean;
mod cursor;
mod email;
#[cfg(feature = "axum")]
mod extract;
mod file_name;
pub mod issue;
mod macros;
mod page;
mod patch;
mod pattern;
mod refusal;
pub mod schema;
mod sort;
pub mod text;
mod url;

pub use amount::{Amount, Currency};
pub use check::{AsyncCheck, Check, checked_with, from_json, from_pairs};
pub use clamped::{Clamped, Whole};
pub use clean::{Cause, CleanErrors, CleanErrorsLayer, ResponseFuture};
pub use cursor::{Cursor, CursorKeys, Scope, WeakKey};
pub use email::Email;
#[cfg(feature = "axum")]
pub use extract::{BodyLimit, Rejected, Uniform, UniformRejected, Valid};
pub use file_name::FileName;
pub use page::{Page, PerPage};
pub use palisade_input_validation_derive::{Check, SortKey};
pub use patch::Patch;
pub use pattern::{Charset, CodePattern, Coded, Pattern};
pub use refusal::{Reason, Refusal};
pub use sort::{Direction, Sort, SortKey};
pub use text::{Line, Text, UniqueName};
pub use url::{HttpUrl, SafeRedirect};
