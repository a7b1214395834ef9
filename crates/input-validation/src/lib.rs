#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "rustix", not(unix)))]
compile_error!(
    "the feature `rustix` of palisade-input-validation (`Jail`, uploads, `Valid<Multipart<T>>`) is for \
     Unix: ask for it under [target.'cfg(unix)'.dependencies]"
);

mod amount;
pub mod check;
mod clamped;
mod clean;
pub mod csv;
mod cursor;
mod disposition;
mod email;
#[cfg(feature = "axum")]
mod extract;
mod file_name;
pub mod issue;
mod log_line;
mod macros;
#[cfg(any(feature = "ammonia", feature = "pulldown-cmark"))]
mod markup;
mod page;
mod patch;
mod pattern;
mod refusal;
pub mod schema;
mod sort;
pub mod text;
#[cfg(feature = "zip")]
mod unzip;
#[cfg(all(unix, feature = "rustix"))]
pub mod upload;
mod url;

pub use amount::{Amount, Currency};
pub use check::{AsyncCheck, Check, checked_with, from_fields, from_json, from_pairs};
pub use clamped::{Clamped, Whole};
pub use clean::{Cause, CleanErrors, CleanErrorsLayer, ResponseFuture};
pub use cursor::{Cursor, CursorKeys, Scope, WeakKey};
pub use email::Email;
#[cfg(feature = "axum")]
pub use extract::{BodyLimit, CheckClock, Rejected, Uniform, UniformRejected, Valid};
pub use file_name::FileName;
pub use log_line::LogText;
#[cfg(any(feature = "ammonia", feature = "pulldown-cmark"))]
pub use markup::SafeHtml;
#[cfg(feature = "ammonia")]
pub use markup::clean_html;
#[cfg(feature = "pulldown-cmark")]
pub use markup::render_markdown;
pub use page::{Page, PerPage};
pub use palisade_input_validation_derive::{Check, SortKey};
pub use patch::Patch;
pub use pattern::{Charset, CodePattern, Coded, Pattern};
pub use refusal::{Reason, Refusal};
pub use sort::{Direction, Sort, SortKey};
pub use text::{Line, Text, UniqueName};
#[cfg(feature = "zip")]
pub use unzip::{UnzipError, UnzipLimits, unzip};
pub use url::{HttpUrl, SafeRedirect};
