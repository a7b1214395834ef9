//! Statements that requests send to a database, and the one that is sent again and again.
//!
//! [`QueryWatch`], a layer of `tracing`, hears what `sqlx` says of every statement (target
//! `sqlx::query`) and counts it for the request whose span it is in, under a [`fingerprint`]: literals,
//! parameters and the length of lists do not matter. A request that sends one statement
//! [`MANY`](QueryWatch::MANY) times, each time for one row, is told in the log with its route: that is a
//! loop where a join or a list would do (N+1). A statement that takes a list is none.
//!
//! In tests, [`assert_queries!`](crate::assert_queries) fails where more are sent than one thinks.

mod fingerprint;
#[cfg(feature = "test-kit")]
mod kit;
mod tally;
mod watch;

pub use fingerprint::fingerprint;
#[cfg(feature = "test-kit")]
pub use kit::{Unwatched, counted};
pub use tally::{Queries, Statement};
pub use watch::QueryWatch;
pub(crate) use watch::attach;
