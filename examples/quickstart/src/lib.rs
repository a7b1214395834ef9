#![doc = include_str!("../README.md")]

use axum::Router;
use axum::routing::get;
use palisade_edge::hosts::AllowedHostsLayer;
use palisade_edge::{AllowedHosts, ClientIp, ConfigError, EdgeLayer, ExternalUrl};
use palisade_edge::{Forwarding, TrustedProxies};

/// Returns the application behind the proxies of these networks, or behind none.
///
/// # Errors
///
/// The first network that is none.
pub fn app(proxies: &[String]) -> Result<Router, ConfigError> {
    let trusted = match proxies {
        [] => TrustedProxies::none(),
        some => TrustedProxies::in_ranges(some, Forwarding::XForwardedFor)?,
    };
    let hosts = AllowedHosts::new(["localhost", "127.0.0.1"])?;
    // The layer that is added last sees a request first.
    Ok(Router::new()
        .route("/", get(who))
        .layer(AllowedHostsLayer::new(hosts))
        .layer(EdgeLayer::new(trusted)))
}

async fn who(client: ClientIp, url: ExternalUrl) -> String {
    format!("{client} asked {url}\n")
}

/// Compiles the example on the repository's front page.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct FrontPage;
