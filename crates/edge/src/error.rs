//! Mistakes in configuration.

use thiserror::Error;

/// A value that cannot be configured, and what to write instead.
///
/// Returned by the call that brings the value, so that the caller knows which one it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An exemption of everything below `/`, with which a layer would guard nothing.
    #[error("an exemption below \"/\" exempts every page; name the paths, or leave the layer out")]
    EveryPath,
    /// Ranges that hold every address, where ranges decide which hops to believe.
    #[error(
        "the ranges trust every address, so that a client could write its own; name the proxies, \
         or count them with `TrustedProxies::hops`"
    )]
    EveryAddress,
    /// A host that is not one, or a wildcard in another place than the first label.
    #[error("invalid host {text:?}; write `example.com`, `*.example.com`, `[::1]` or `host:port`")]
    Host {
        /// The text as configured.
        text: String,
    },
    /// A list header given as a header of one value.
    #[error("{name:?} is a list that each proxy extends; use the `Forwarding` variant made for it")]
    ListHeader {
        /// The header's name.
        name: String,
    },
    /// Hops counted over a source that has no list of hops.
    #[error("hops can be counted in `X-Forwarded-For` and `Forwarded` only; use `in_ranges`")]
    NothingToCount,
    /// An empty list where nothing could ever match.
    #[error("an empty list of {what} would match nothing")]
    Empty {
        /// What the list holds.
        what: &'static str,
    },
    /// A path that no request can have.
    #[error("invalid path {text:?}; write it as it is requested: `/health`, without query")]
    Path {
        /// The text as configured.
        text: String,
    },
    /// An address range that is not one.
    #[error("invalid range {text:?}; write `10.0.0.0/8`, `fd00::/8` or one address")]
    Range {
        /// The text as configured.
        text: String,
    },
    /// A range whose address has bits beyond its prefix.
    #[error("{text:?} has address bits beyond its prefix; did you mean \"{network}\"?")]
    RangeHostBits {
        /// The text as configured.
        text: String,
        /// The range that contains it.
        network: String,
    },
}
