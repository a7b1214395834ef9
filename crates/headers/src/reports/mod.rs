//! Violation reports of browsers: taken, bounded, counted.
//!
//! A [`Collector`] makes the [`Endpoint`](crate::Endpoint) that policies name and the
//! [`Reports`] service behind it. Anybody can send to it, so:
//!
//! 1. The address carries the policy's name, the day and a tag (HMAC-SHA-256 of both): who has seen
//!    no page of the last two days is turned away before a byte of the body is read.
//! 2. A body holds at most 64 KiB, 32 reports and 16 levels; 64 bodies are read at once.
//! 3. What extensions, browsers inside of other apps and translation proxies cause is counted by
//!    [`Noise`] and otherwise forgotten.
//! 4. The rest is counted in a table of fixed size (space-saving; Metwally, Agrawal, El Abbadi
//!    2005): whatever makes up more than one in 1024 reports is in it, however many others come.
//! 5. Addresses lose user information, query and fragment; texts are cut at 256 bytes of visible
//!    ASCII. They are still what somebody sent: a template must escape them.
//! 6. The answer is 204 whatever happens, and no report is repeated in logs or events.
//!
//! # What is down or wrong
//!
//! | what | what happens |
//! |---|---|
//! | a report without tag, with a wrong one, or of a page older than two days | counted as [`Refused::Untagged`] |
//! | a body too long, too deep or no report | counted by [`Refused`], nothing kept |
//! | 64 bodies are being read | counted as [`Refused::Busy`], not read |
//! | a body that never ends | holds one of the 64 until the connection or a deadline around the service ends it |
//! | a flood of distinct reports with a valid tag | they displace each other; what comes often stays |
//!
//! # Where it stands
//!
//! Outside of sessions and limits, and exempt from cross-site checks: pages in a sandbox report
//! with `Origin: null`. Its own tag is the check.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use palisade_core::SystemClock;
//! use palisade_headers::SecurityHeaders;
//! use palisade_headers::reports::Collector;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = [7; 32];
//! let collector = Collector::new(&secret, Arc::new(SystemClock::new()))?;
//! let headers = SecurityHeaders::strict().report_to(collector.endpoint("pages", "/csp-reports")?);
//! let app: Router = Router::new()
//!     .route_service("/csp-reports", collector.service())
//!     .layer(headers.finish()?);
//! for seen in collector.snapshot().violations() {
//!     println!("{} x {} on {}", seen.at_least(), seen.violation().what(), seen.violation().page());
//! }
//! # Ok(())
//! # }
//! ```

mod address;
mod body;
mod collector;
mod future;
mod noise;
mod parse;
mod refused;
mod service;
mod snapshot;
mod tag;
mod tally;
mod violation;
mod word;

pub use body::ResponseBody;
pub use collector::{Collector, Ticket};
pub use future::ResponseFuture;
pub use noise::Noise;
pub use parse::{Batch, Malformed, Report, parse};
pub use refused::Refused;
pub use service::Reports;
pub use snapshot::{Observed, Snapshot};
pub use violation::{Disposition, Violation};

pub(crate) use tag::Tags;
