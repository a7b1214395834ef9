//! The way from the connection to the client, from the right to the left.

use std::net::IpAddr;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

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

/// Finds the client; all that is decided about trust is decided here.
pub(crate) fn find_client<'a>(
    peer: &Peer,
    headers: &'a HeaderMap,
    trust: &'a TrustedProxies,
) -> Result<Hop<'a>, ClientIpError> {
    let address = identify(peer.address().ip()).map_err(ClientIpErrorKind::from)?;
    let Some(policy) = trust.for_peer(address) else {
        let evidence = Evidence::Connection;
        return Ok(Hop { address, evidence, policy: None, depth: 0, element: None });
    };
    let mut walk = Walk::new(policy, address);
    let element = walk.run(peer, headers)?;
    let Walk { address, evidence, depth, .. } = walk;
    Ok(Hop { address, evidence, policy: Some(policy), depth, element })
}

/// Finds the client and forgets the way.
#[inline]
pub(super) fn find_address(
    peer: &Peer,
    headers: &HeaderMap,
    trust: &TrustedProxies,
) -> Result<ClientIp, ClientIpErrorKind> {
    let address = identify(peer.address().ip())?;
    let Some(policy) = trust.for_peer(address) else {
        return Ok(ClientIp::new(address, Evidence::Connection));
    };
    let mut walk = Walk::new(policy, address);
    walk.run(peer, headers)?;
    Ok(ClientIp::new(walk.address, walk.evidence))
}

/// Where the walk is: at the outermost hop that it has reached.
struct Walk<'p> {
    policy: &'p Policy,
    address: IpAddr,
    evidence: Evidence,
    depth: usize,
}

impl<'p> Walk<'p> {
    const fn new(policy: &'p Policy, address: IpAddr) -> Self {
        Self { policy, address, evidence: Evidence::ProxiesOnly, depth: 0 }
    }

    /// Walks to the client; returns the element of `Forwarded` that names it.
    fn run<'a>(
        &mut self,
        peer: &Peer,
        headers: &'a HeaderMap,
    ) -> Result<Option<Element<'a>>, ClientIpErrorKind> {
        match &self.policy.forwarding {
            Forwarding::XForwardedFor => self.along_x_forwarded_for(headers).map(|()| None),
            Forwarding::Forwarded => self.along_forwarded(headers),
            Forwarding::Header(name) => self.take_header(headers, name).map(|()| None),
            Forwarding::ProxyProtocol => self.take_announcement(peer).map(|()| None),
        }
    }

    #[inline]
    fn along_x_forwarded_for(&mut self, headers: &HeaderMap) -> Result<(), ClientIpErrorKind> {
        for line in headers.get_all(&X_FORWARDED_FOR).iter().rev() {
            let mut rest = Some(line.as_bytes());
            while let Some(list) = rest {
                let (before, entry) = split_last(list);
                if self.reach(parse_hop(trim(entry))?)? {
                    return Ok(());
                }
                rest = before;
            }
        }
        self.end()
    }

    fn along_forwarded<'a>(
        &mut self,
        headers: &'a HeaderMap,
    ) -> Result<Option<Element<'a>>, ClientIpErrorKind> {
        let mut outermost = None;
        for line in headers.get_all(FORWARDED).iter().rev() {
            for element in forwarded::from_right(line.as_bytes()) {
                let element = element.map_err(HopError::from)?;
                let found = self.reach(address_in(&element)?)?;
                outermost = Some(element);
                if found {
                    return Ok(outermost);
                }
            }
        }
        self.end().map(|()| outermost)
    }

    fn take_header(
        &mut self,
        headers: &HeaderMap,
        name: &HeaderName,
    ) -> Result<(), ClientIpErrorKind> {
        let mut lines = headers.get_all(name).iter();
        let value = lines.next().ok_or(ClientIpErrorKind::Missing)?;
        if lines.next().is_some() {
            return Err(ClientIpErrorKind::Duplicate);
        }
        self.address = parse_hop(trim(value.as_bytes()))?;
        self.evidence = Evidence::Proxy;
        self.depth = 1;
        Ok(())
    }

    fn take_announcement(&mut self, peer: &Peer) -> Result<(), ClientIpErrorKind> {
        if let Announcement::Proxied(endpoints) =
            peer.announcement().ok_or(ClientIpErrorKind::Missing)?
        {
            self.address = identify(endpoints.source().ip())?;
            self.evidence = Evidence::Proxy;
        }
        Ok(())
    }

    /// Goes on to the next entry; tells whether it is the client.
    #[inline]
    fn reach(&mut self, address: IpAddr) -> Result<bool, ClientIpErrorKind> {
        if self.depth >= MAX_HOPS {
            return Err(ClientIpErrorKind::TooManyHops);
        }
        self.depth = self.depth.saturating_add(1);
        self.address = address;
        let found = self.policy.is_client(address, self.depth);
        if found {
            self.evidence = Evidence::Proxy;
        }
        Ok(found)
    }

    /// Ends where the list ends: at a proxy, which is enough unless hops are counted.
    const fn end(&self) -> Result<(), ClientIpErrorKind> {
        if self.policy.may_end_early() { Ok(()) } else { Err(ClientIpErrorKind::TooFewHops) }
    }
}

/// Splits at the last comma; plain lists have no strings.
#[inline]
fn split_last(list: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let comma = list.iter().rposition(|byte| *byte == b',');
    match comma.and_then(|at| list.split_at_checked(at)) {
        Some((before, [_, entry @ ..])) => (Some(before), entry),
        _ => (None, list),
    }
}

fn address_in(element: &Element<'_>) -> Result<IpAddr, HopError> {
    match element.hop().ok_or(HopError::Unknown)?? {
        Node::Address(address) => Ok(address),
        Node::Obfuscated => Err(HopError::Obfuscated),
        Node::Unknown => Err(HopError::Unknown),
    }
}
