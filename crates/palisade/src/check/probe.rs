//! Limits are asked, as somebody who guesses passwords would.

use std::net::Ipv4Addr;

use http::{HeaderMap, Method, Request};
use palisade_edge::{Peer, TrustedProxies, client_ip};
use palisade_ratelimit::Limits;
use palisade_ratelimit::limits::{Admission, RateLimited, Reason};

/// Nobody has this address (RFC 5737).
const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 0);

/// Whether limits count a request for a route, `POST /login`, of somebody who has not signed in;
/// nothing where that is not known.
pub(super) fn holds_back(limits: &Limits, route: &str) -> Option<bool> {
    let (method, path) = route.split_once(' ').unwrap_or(("POST", route));
    let method: Method = method.parse().ok()?;
    Some(match ask(limits, method, path.trim())? {
        // What counts a request says so in its answer.
        Ok(mut admitted) => {
            let mut said = HeaderMap::new();
            admitted.put_fields(&mut said);
            !said.is_empty()
        }
        Err(_) => true,
    })
}

/// Whether limits are counted in this process.
#[cfg(feature = "shield")]
pub(crate) fn is_counted_here(limits: &Limits) -> bool {
    ask(limits, Method::POST, "/").is_some()
}

/// Asks; nothing where the store waits.
fn ask(limits: &Limits, method: Method, path: &str) -> Option<Result<Admission, Box<RateLimited>>> {
    let mut request = Request::builder().method(method).uri(path).body(()).ok()?;
    let peer = Peer::new((NOBODY, 1).into());
    let client = client_ip(&peer, &HeaderMap::new(), &TrustedProxies::none()).ok()?;
    request.extensions_mut().insert(client);
    match limits.check((&request).into()) {
        Err(refused) if refused.reason() == Reason::Store => None,
        answer => Some(answer.map_err(Box::new)),
    }
}
