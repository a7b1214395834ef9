//! Who really sent a request, and to which name.

use std::sync::Arc;

use palisade_core::Clock;
use palisade_edge::hosts::AllowedHostsLayer;
use palisade_edge::{EdgeGateLayer, EdgeLayer};

use crate::config::Config;

/// Tells the client's address and the URL that the browser asked for; the outermost layer. Its
/// gate refuses inside of headers and log what cannot be told.
pub(crate) fn layers(config: &Config, clock: Arc<dyn Clock>) -> (EdgeLayer, EdgeGateLayer) {
    EdgeLayer::new(config.trusted_proxies.clone()).with_clock(clock).with_gate()
}

/// Answers for the portal's own names only, probes excepted; stands inside of [`layers`].
pub(crate) fn allowed_hosts(config: &Config) -> AllowedHostsLayer {
    AllowedHostsLayer::new(config.allowed_hosts.clone())
}
