//! An HTTP server that takes error events as error trackers do: Sentry's envelopes.

mod envelope;
mod sink;

pub use envelope::{Envelope, Item};
pub use sink::{ErrorSink, SinkFault};
