//! What every type keeps.

use std::fmt::Debug;

use palisade_edge::forwarded::{Element, Node, Value};
use palisade_edge::hosts::{
    AllowedHostsGuard, AllowedHostsLayer, Authority, Host, HostError, HostRefusal,
};
use palisade_edge::https::{
    HttpsDecision, HttpsPolicy, HttpsRedirect, HttpsRedirectLayer, HttpsRefusal,
};
use palisade_edge::proxy_protocol::{Announcement, Endpoints, Parsed, ProxyProtocolError};
use palisade_edge::{
    AllowedHosts, ClientIp, ClientIpError, ConfigError, Edge, EdgeGate, EdgeGateLayer, EdgeLayer,
    EdgeRefusal, ExemptPaths, ExternalUrl, ExternalUrlError, Finding, Forwarding, OnUnidentified,
    Peer, TrustedProxies,
};

const fn promised<T: Clone + Send + Sync + Debug + 'static>() {}

const _: () = {
    promised::<AllowedHosts>();
    promised::<AllowedHostsGuard<()>>();
    promised::<AllowedHostsLayer>();
    promised::<Announcement>();
    promised::<Authority>();
    promised::<ClientIp>();
    promised::<ClientIpError>();
    promised::<ConfigError>();
    promised::<Edge<()>>();
    promised::<EdgeGate<()>>();
    promised::<EdgeGateLayer>();
    promised::<EdgeLayer>();
    promised::<EdgeRefusal>();
    promised::<Element<'static>>();
    promised::<Endpoints>();
    promised::<ExemptPaths>();
    promised::<ExternalUrl>();
    promised::<ExternalUrlError>();
    promised::<Finding>();
    promised::<Forwarding>();
    promised::<Host>();
    promised::<HostError>();
    promised::<HostRefusal>();
    promised::<HttpsDecision>();
    promised::<HttpsPolicy>();
    promised::<HttpsRedirect<()>>();
    promised::<HttpsRedirectLayer>();
    promised::<HttpsRefusal>();
    promised::<Node>();
    promised::<OnUnidentified>();
    promised::<Parsed>();
    promised::<Peer>();
    promised::<ProxyProtocolError>();
    promised::<TrustedProxies>();
    promised::<Value<'static>>();
};

#[test]
fn a_clone_of_each_service_is_one_reference_beside_the_inner_one() {
    let reference = size_of::<usize>();
    assert_eq!(size_of::<Edge<()>>(), reference);
    assert_eq!(size_of::<EdgeGate<()>>(), reference);
    assert_eq!(size_of::<AllowedHostsGuard<()>>(), reference);
    assert_eq!(size_of::<HttpsRedirect<()>>(), reference);
}

#[test]
fn a_url_is_no_larger_than_its_host_needs() {
    assert!(size_of::<ExternalUrl>() <= 80, "{}", size_of::<ExternalUrl>());
    assert!(size_of::<ClientIp>() <= 24, "{}", size_of::<ClientIp>());
}
