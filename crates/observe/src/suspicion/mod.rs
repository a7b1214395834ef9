//! Clients that behave like nobody who wants a page.
//!
//! A [`Detector`] sees every request with its answer and remembers, in [memory](Detector::BYTES) of
//! fixed size, what each client did in the last minute: requests, refusals and on how many paths,
//! failed sign-ins, [signs](Signs) of probing. Where a client goes beyond a bound of the [`Policy`], it
//! reports a security event, once a minute for each client and kind.

mod detector;
mod needles;
mod signs;
mod table;

pub use detector::{Detector, Seen};
pub use signs::Signs;
pub use table::{Policy, Suspicion};
