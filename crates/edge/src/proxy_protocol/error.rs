//! What is not a header.

use thiserror::Error;

/// Bytes that are no header of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ProxyProtocolError {
    /// An address, a port or a separator is wrong, or lengths contradict each other.
    #[error("malformed PROXY header")]
    Malformed,
    /// The checksum is not that of the header.
    #[error("PROXY header with a wrong CRC32c")]
    Checksum,
    /// The connection does not begin with a header.
    #[error("no PROXY header")]
    NoHeader,
    /// The header is longer than the specification (version 1) or
    /// [`MAX_HEADER`](super::MAX_HEADER) allows.
    #[error("PROXY header too long")]
    TooLong,
    /// A version, command, family or transport that a TCP service does not take.
    #[error("unsupported PROXY version, command or address family")]
    Unsupported,
}
