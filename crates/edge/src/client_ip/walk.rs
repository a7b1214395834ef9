//! The way from the connection to the client, from the right to the left.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::FORWARDED;

use super::{ClientIp, ClientIpError, ClientIpErrorKind, Evidence};
use crate::address::{HopError, identify, parse_hop};
use crate::forwarded::{self, Element, Node, trim};
use crate::proxy_protocol::Announcement;
use crate::trust::{Forwarding, Policy, X_FORWARDED_FOR};
use crate::{Peer, TrustedProxies};

/// Longer lists are written by loops and attacks, not by deployments.
const MAX_HOPS: usize = 64;

/// Where the client was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop<'a> {
    address: IpAddr,
    evidence: Evidence,
    /// What may be believed beyond the connection; `None` for an untrusted peer.
    pub(crate) policy: Option<&'a Policy>,
    /// The position in the list, counted from 1 at the right; 0 is the connection.
    pub(crate) depth: usize,
    /// The element of `Forwarded` that names the client.
    pub(crate) element: Option<Element<'a>>,
}

impl Hop<'_> {
    pub(crate) const fn client(&self) -> ClientIp {
        ClientIp::new(self.address, self.evidence)
    }

    /// Tells whether the PROXY protocol is the configured source and the peer is trusted.
    pub(crate) fn believes_announcement(&self) -> bool {
        self.policy.is_some_and(|policy| policy.forwarding == Forwarding::ProxyProtocol)
    }
}

/// One entry of a list.
#[derive(Clone, Copy)]
struct Entry<'a> {
    address: IpAddr,
    element: Option<Element<'a>>,
}

/// Finds the client; all that is decided about trust is decided here.
pub(crate) fn find_client<'a>(
    peer: &Peer,
    headers: &'a HeaderMap,
    trust: &'a TrustedProxies,
) -> Result<Hop<'a>, ClientIpError> {
    find(peer, headers, trust).map_err(ClientIpError::from)
}

fn find<'a>(
    peer: &Peer,
    headers: &'a HeaderMap,
    trust: &'a TrustedProxies,
) -> Result<Hop<'a>, ClientIpErrorKind> {
    let address = identify(peer.address().ip())?;
    let policy = trust.for_peer(address);
    let evidence = if policy.is_some() { Evidence::ProxiesOnly } else { Evidence::Connection };
    let start = Hop { address, evidence, policy, depth: 0, element: None };
    let Some(policy) = policy else { return Ok(start) };
    match &policy.forwarding {
        Forwarding::XForwardedFor => {
            let lines = headers.get_all(&X_FORWARDED_FOR).iter().rev();
            let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
            walk(start, policy, entries.map(|entry| plain(trim(entry))))
        }
        Forwarding::Forwarded => {
            let lines = headers.get_all(FORWARDED).iter().rev();
            let elements = lines.flat_map(|line| forwarded::from_right(line.as_bytes()));
            walk(start, policy, elements.map(|element| named(element?)))
        }
        Forwarding::Header(name) => {
            let mut lines = headers.get_all(name).iter();
            match (lines.next(), lines.next()) {
                (None, _) => Err(ClientIpErrorKind::Missing),
                (Some(_), Some(_)) => Err(ClientIpErrorKind::Duplicate),
                (Some(value), None) => {
                    let address = parse_hop(trim(value.as_bytes()))?;
                    Ok(Hop { address, evidence: Evidence::Proxy, depth: 1, ..start })
                }
            }
        }
        Forwarding::ProxyProtocol => match peer.announcement() {
            None => Err(ClientIpErrorKind::Missing),
            Some(Announcement::Local) => Ok(start),
            Some(Announcement::Proxied(endpoints)) => {
                let address = identify(endpoints.source().ip())?;
                Ok(Hop { address, evidence: Evidence::Proxy, ..start })
            }
        },
    }
}

fn walk<'a>(
    start: Hop<'a>,
    policy: &Policy,
    entries: impl Iterator<Item = Result<Entry<'a>, HopError>>,
) -> Result<Hop<'a>, ClientIpErrorKind> {
    let mut outermost = start;
    for (depth, entry) in (1..).zip(entries) {
        if depth > MAX_HOPS {
            return Err(ClientIpErrorKind::TooManyHops);
        }
        let Entry { address, element } = entry?;
        outermost = Hop { address, depth, element, ..outermost };
        if policy.is_client(address, depth) {
            return Ok(Hop { evidence: Evidence::Proxy, ..outermost });
        }
    }
    if policy.may_end_early() { Ok(outermost) } else { Err(ClientIpErrorKind::TooFewHops) }
}

fn plain<'a>(entry: &[u8]) -> Result<Entry<'a>, HopError> {
    Ok(Entry { address: parse_hop(entry)?, element: None })
}

fn named(element: Element<'_>) -> Result<Entry<'_>, HopError> {
    match element.hop() {
        None => Err(HopError::Unknown),
        Some(node) => match node? {
            Node::Address(address) => Ok(Entry { address, element: Some(element) }),
            Node::Obfuscated => Err(HopError::Obfuscated),
            Node::Unknown => Err(HopError::Unknown),
        },
    }
}
