#![doc = include_str!("../README.md")]

use axum::Router;
use axum::routing::get;
use palisade::edge::{ClientIp, ExternalUrl, Forwarding, TrustedProxies};
use palisade::shield::{Shield, ShieldError};

/// Returns the application behind the proxies of these networks, or behind none.
///
/// # Errors
///
/// The first network that is none.
pub fn app(proxies: &[String]) -> Result<Router, ShieldError> {
    let trusted = match proxies {
        [] => TrustedProxies::none(),
        some => TrustedProxies::in_ranges(some, Forwarding::XForwardedFor)?,
    };
    let shield = Shield::web(["localhost", "127.0.0.1"])?.proxies(trusted);
    Ok(Router::new().route("/", get(who)).layer(shield))
}

async fn who(client: ClientIp, url: ExternalUrl) -> String {
    format!("{client} asked {url}\n")
}

/// Compiles the example on the repository's front page.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct FrontPage;

/// Compiles the steps of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/ADOPTING.md")]
struct Adopting;

/// Runs the example store against its contract.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/STORES.md")]
struct Stores;
