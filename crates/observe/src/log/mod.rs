//! Events of `tracing` as lines that cannot be forged.
//!
//! One line for each event, in UTC. As JSON:
//!
//! ```json
//! {"ts":"2026-11-30T08:15:00.000123Z","level":"INFO","target":"shop","message":"paid","span":"request","context":{"request_id":"..."},"fields":{"amount":1250}}
//! ```
//!
//! What an event says is in `fields` and what its spans bind is in `context`, of two spans with one
//! name the inner one's value: no field can pose as `ts`, `level` or anything else of the line, and
//! no key appears twice. Everything [hostile](crate::is_hostile) is written as an escape, in names too.

mod bound;
mod format;
mod layer;
mod lines;
mod scratch;
mod visit;

pub(crate) use bound::Bound;
pub use format::Format;
pub(crate) use format::loss;
pub use layer::LogLayer;
pub use lines::{Captured, Lines, Log};
pub(crate) use visit::Visitor;
