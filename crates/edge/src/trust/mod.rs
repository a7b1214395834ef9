//! Which proxies are believed, and where they write.

mod forwarding;

use std::net::IpAddr;
use std::num::NonZeroU8;

use crate::ConfigError;
use crate::address::{Range, Ranges};

pub use forwarding::Forwarding;
pub(crate) use forwarding::X_FORWARDED_FOR;

/// The proxies between clients and this program, and the one place where they tell for whom they
/// speak.
///
/// Everything a proxy adds is believed only if the connection comes from one of them; from anybody
/// else the connection itself is the evidence and forwarding headers are ignored.
///
/// # Example
///
/// ```
/// use palisade_edge::{Forwarding, TrustedProxies};
///
/// let inside = TrustedProxies::in_ranges(["10.0.0.0/8", "fd00::/8"], Forwarding::XForwardedFor)?;
/// let typo = TrustedProxies::in_ranges(["10.0.0.0/33"], Forwarding::XForwardedFor);
/// assert!(typo.unwrap_err().to_string().contains("10.0.0.0/33"));
/// # Ok::<(), palisade_edge::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    policy: Option<Policy>,
}

/// What holds where there are proxies at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) forwarding: Forwarding,
    peers: Ranges,
    /// As they were given.
    texts: Box<[String]>,
    hops: Option<NonZeroU8>,
    reads_host: bool,
}

impl TrustedProxies {
    /// Trusts nobody: clients connect to this program themselves.
    #[must_use]
    pub const fn none() -> Self {
        Self { policy: None }
    }

    /// Trusts the proxies with addresses in the given ranges.
    ///
    /// The client is the rightmost address of the list that is in none of them. A range is
    /// `10.0.0.0/8`, `fd00::/8` or a single address; `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Range`] or [`ConfigError::RangeHostBits`] for the first range that is none,
    /// [`ConfigError::Empty`] without ranges, [`ConfigError::EveryAddress`] where nothing would be
    /// left for clients, [`ConfigError::ListHeader`] for a list given as
    /// [`Forwarding::Header`].
    pub fn in_ranges<I>(ranges: I, forwarding: Forwarding) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let (texts, peers) = parse(ranges)?;
        forwarding.check()?;
        if peers.hold_everything() {
            return Err(ConfigError::EveryAddress);
        }
        Ok(Self::with(Policy { forwarding, peers, texts, hops: None, reads_host: true }))
    }

    /// Trusts exactly `count` proxies, of which the last one connects from one of the ranges.
    ///
    /// The client is entry number `count` of the list, counted from the right. For proxies whose
    /// own addresses change, where the way to this program does not.
    ///
    /// # Security
    ///
    /// Against clients who write a list of their own: a list with fewer entries is an error, since
    /// the request came another way. `0.0.0.0/0` and `::/0` are possible here; then nobody but the
    /// last proxy may be able to reach the port, or everybody chooses his address.
    ///
    /// # Errors
    ///
    /// As [`in_ranges`](Self::in_ranges), and [`ConfigError::NothingToCount`] where the source is
    /// no list.
    pub fn hops<I>(count: NonZeroU8, ranges: I, forwarding: Forwarding) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let (texts, peers) = parse(ranges)?;
        forwarding.check()?;
        if !forwarding.is_list() {
            return Err(ConfigError::NothingToCount);
        }
        Ok(Self::with(Policy { forwarding, peers, texts, hops: Some(count), reads_host: true }))
    }

    /// Takes the host from `Host` alone, never from `X-Forwarded-Host` or `Forwarded`.
    ///
    /// For proxies that pass `Host` on as it came and do not overwrite `X-Forwarded-Host`, so that
    /// clients could write it.
    #[must_use]
    pub const fn ignore_forwarded_host(mut self) -> Self {
        if let Some(policy) = &mut self.policy {
            policy.reads_host = false;
        }
        self
    }

    const fn with(policy: Policy) -> Self {
        Self { policy: Some(policy) }
    }

    /// Returns where proxies write, or `None` if there are none.
    #[must_use]
    pub const fn forwarding(&self) -> Option<&Forwarding> {
        match &self.policy {
            Some(policy) => Some(&policy.forwarding),
            None => None,
        }
    }

    /// Returns the ranges of the proxies, as they were given; none if nobody is trusted.
    pub fn ranges(&self) -> impl Iterator<Item = &str> {
        self.policy.iter().flat_map(|policy| policy.texts.iter().map(String::as_str))
    }

    /// Returns what a peer with this canonical address may tell, if it is trusted.
    #[inline]
    pub(crate) fn for_peer(&self, address: IpAddr) -> Option<&Policy> {
        self.policy.as_ref().filter(|policy| policy.peers.contains(address))
    }
}

impl Policy {
    /// Tells whether the entry at `depth`, counted from 1 at the right, is the client.
    #[inline]
    pub(crate) fn is_client(&self, address: IpAddr, depth: usize) -> bool {
        match self.hops {
            Some(count) => depth == usize::from(count.get()),
            None => !self.peers.contains(address),
        }
    }

    /// Tells whether a list that names only proxies is complete.
    pub(crate) const fn may_end_early(&self) -> bool {
        self.hops.is_none()
    }

    pub(crate) const fn reads_host(&self) -> bool {
        self.reads_host
    }
}

fn parse<I>(ranges: I) -> Result<(Box<[String]>, Ranges), ConfigError>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let texts: Box<[String]> = ranges.into_iter().map(|text| text.as_ref().to_owned()).collect();
    if texts.is_empty() {
        return Err(ConfigError::Empty { what: "trusted ranges" });
    }
    let ranges: Vec<Range> =
        texts.iter().map(|text| Range::parse(text)).collect::<Result<_, _>>()?;
    Ok((texts, ranges.into_iter().collect()))
}
