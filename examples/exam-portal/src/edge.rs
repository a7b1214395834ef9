//! Who really sent a request, and to which name.

use std::sync::Arc;

use palisade_core::Clock;
use palisade_edge::EdgeLayer;
use palisade_edge::hosts::AllowedHostsLayer;

use crate::config::Config;

/// Tells the client's address and the URL that the browser asked for; the outermost layer.
pub(crate) fn layer(config: &Config, clock: Arc<dyn Clock>) -> EdgeLayer {
    EdgeLayer::new(config.trusted_proxies.clone()).with_clock(clock)
}

/// Answers for the portal's own names only, probes excepted; stands inside of [`layer`].
pub(crate) fn allowed_hosts(config: &Config) -> AllowedHostsLayer {
    AllowedHostsLayer::new(config.allowed_hosts.clone())
}
