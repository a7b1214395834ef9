#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod cookies;
#[cfg(feature = "test-kit")]
mod coverage;
pub mod csp;
pub mod csrf;
mod error;
mod finding;
pub mod reports;
pub mod security_headers;
mod site;
mod value;

#[cfg(feature = "test-kit")]
pub use coverage::{Uncovered, assert_covered};
pub use error::ConfigError;
pub use finding::{Finding, Findings, Level};
pub use security_headers::{SecurityHeaders, SecurityHeadersLayer, Surroundings};
pub use site::Site;
pub use value::{
    EmbedderPolicy, Endpoint, Feature, Framing, Hsts, IntegrityPolicy, OpenerPolicy,
    PermissionsPolicy, ReferrerPolicy, ResourcePolicy,
};
