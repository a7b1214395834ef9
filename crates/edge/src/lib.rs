#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod client_ip;
mod error;
mod exempt;
mod external_url;
#[cfg(feature = "axum")]
mod extract;
mod finding;
pub mod forwarded;
mod host;
pub mod hosts;
pub mod https;
mod layer;
mod peer;
pub mod proxy_protocol;
pub mod refusal;
mod trust;

pub use client_ip::{ClientIp, ClientIpError, ClientIpErrorKind, Evidence, client_ip};
pub use error::ConfigError;
pub use exempt::ExemptPaths;
pub use external_url::{ExternalUrl, ExternalUrlError, Scheme, Target, external_url};
#[cfg(feature = "axum")]
pub use extract::NotIdentified;
pub use finding::Finding;
pub use hosts::AllowedHosts;
pub use layer::{Edge, EdgeGate, EdgeGateLayer, EdgeLayer, EdgeRefusal, OnUnidentified};
pub use peer::Peer;
pub use trust::{Forwarding, TrustedProxies};
