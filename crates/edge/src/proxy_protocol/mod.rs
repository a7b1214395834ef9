//! The PROXY protocol (versions 1 and 2 of the specification of 2020-03-05), read strictly.
//!
//! A proxy that forwards bytes instead of requests says once, at the start of a connection, for
//! whom it speaks. The receiver has to be configured for it and must not guess: without a header
//! there is no connection.
//!
//! [`parse`] is the decision: a plain function over the bytes that have come so far. With the
//! feature `tokio`, `ProxyProtocolListener` accepts connections with it.
//!
//! ```
//! use palisade_edge::proxy_protocol::{Announcement, Parsed, parse};
//!
//! let begun = parse(b"PROXY TCP4 203.0.113.9 10.0.0.2 4");
//! assert_eq!(begun, Ok(Parsed::Incomplete));
//! let Ok(Parsed::Complete { announcement: Announcement::Proxied(endpoints), length }) =
//!     parse(b"PROXY TCP4 203.0.113.9 10.0.0.2 40000 443\r\nGET / HTTP/1.1\r\n")
//! else {
//!     return Err("a header".into());
//! };
//! assert_eq!(endpoints.source(), "203.0.113.9:40000".parse()?);
//! assert_eq!(length, 43);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod announcement;
mod crc32c;
mod error;
#[cfg(feature = "tokio")]
mod handshake;
#[cfg(feature = "tokio")]
mod listener;
#[cfg(feature = "tokio")]
mod stream;
mod v1;
mod v2;

pub use announcement::{Announcement, Endpoints};
pub use error::ProxyProtocolError;
#[cfg(feature = "tokio")]
pub use handshake::{HandshakeError, handshake};
#[cfg(feature = "tokio")]
pub use listener::ProxyProtocolListener;
#[cfg(feature = "tokio")]
pub use stream::ProxiedStream;

/// The bytes with which version 2 begins (section 2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The longest header that is read: addresses and extensions of known proxies need a few hundred.
pub const MAX_HEADER: usize = 4096;

/// What the bytes so far are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a header is there or it is not")]
pub enum Parsed {
    /// The header, in the first `length` bytes; what follows belongs to the connection.
    Complete {
        /// For whom the proxy speaks.
        announcement: Announcement,
        /// How many bytes the header takes.
        length: usize,
    },
    /// The beginning of a header.
    Incomplete,
}

/// Reads a header of version 1 or 2 at the start of `bytes`.
///
/// Depends on the bytes alone and not on how they were cut: whatever is [`Parsed::Incomplete`]
/// stays so until it is complete or wrong.
///
/// # Errors
///
/// [`ProxyProtocolError`]: at once for bytes with which no header begins, for an unknown version or
/// command and for what is too long; for everything else once the header is there to its end.
///
/// # Cost
///
/// No allocation; at most [`MAX_HEADER`] bytes are looked at.
pub fn parse(bytes: &[u8]) -> Result<Parsed, ProxyProtocolError> {
    if begins(bytes, SIGNATURE) {
        v2::parse(bytes)
    } else if begins(bytes, v1::PREFIX) {
        v1::parse(bytes)
    } else {
        Err(ProxyProtocolError::NoHeader)
    }
}

/// Tells whether one is the beginning of the other.
fn begins(bytes: &[u8], with: &[u8]) -> bool {
    bytes.iter().zip(with).all(|(one, other)| one == other)
}
