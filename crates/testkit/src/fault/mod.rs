//! A TCP proxy that breaks connections in all the usual ways, switchable while it runs.

mod proxy;
mod pump;

use std::num::NonZeroU32;
use std::time::Duration;

pub use proxy::FaultProxy;

/// What a [`FaultProxy`] does to the connections through it, old and new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Holds all bytes in both directions; connections are taken and stay open. What was held flows
    /// when the fault ends.
    Blackhole,
    /// Resets every connection at once, and each new one when it is made.
    Cut,
    /// Holds each piece of up to 16 KiB for that long, in both directions.
    Delay(Duration),
    /// Replaces each byte of the server's answers by another; their number stays.
    Garbage,
    /// Passes what the client sends, and holds the answers: the server acts, the client never knows.
    HalfOpen,
    /// Does nothing.
    Pass,
    /// Resets open connections and closes the port: new ones are refused.
    Refuse,
    /// Passes so many bytes per second in each direction of each connection.
    Throttle(NonZeroU32),
}
