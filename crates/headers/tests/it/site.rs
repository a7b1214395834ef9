//! Requests as they look behind the edge.

use std::net::SocketAddr;

use http::{Request, Version};
use palisade_edge::{Peer, Target, TrustedProxies, external_url};

/// A request that came to `url`, with the extension that `EdgeLayer` writes.
pub(crate) fn request(method: &str, url: &str) -> Request<()> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let mut request =
        Request::builder().method(method).uri(path).header("host", host).body(()).unwrap();
    let mut peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 50123)));
    if scheme == "https" {
        peer = peer.over_tls();
    }
    let target = Target::new(Version::HTTP_11, request.uri(), request.headers());
    let url = external_url(&peer, target, &TrustedProxies::none()).unwrap();
    request.extensions_mut().insert(url);
    request
}
