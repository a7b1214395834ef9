//! Limits are asked, as somebody who guesses passwords would.

use std::net::Ipv4Addr;

use http::{HeaderMap, Method, Request};
use palisade_edge::{Peer, TrustedProxies, client_ip};
use palisade_ratelimit::Limits;

/// Nobody has this address (RFC 5737).
const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 0);

/// Whether limits count a request for a route, `POST /login`, of somebody who has not signed in;
/// nothing where the route is none.
pub(super) fn holds_back(limits: &Limits, route: &str) -> Option<bool> {
    let (method, path) = route.split_once(' ').unwrap_or(("POST", route));
    let method: Method = method.parse().ok()?;
    let mut request = Request::builder().method(method).uri(path.trim()).body(()).ok()?;
    let peer = Peer::new((NOBODY, 1).into());
    let client = client_ip(&peer, &HeaderMap::new(), &TrustedProxies::none()).ok()?;
    request.extensions_mut().insert(client);
    Some(limits.apply_to((&request).into()))
}
