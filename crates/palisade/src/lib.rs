#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod check;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "shield")]
pub mod shield;

#[cfg(feature = "audit")]
pub use palisade_audit as audit;
#[cfg(feature = "cache")]
pub use palisade_cache as cache;
pub use palisade_core as core;
#[cfg(feature = "edge")]
pub use palisade_edge as edge;
#[cfg(feature = "headers")]
pub use palisade_headers as headers;
#[cfg(feature = "input-validation")]
pub use palisade_input_validation as input_validation;
#[cfg(feature = "observe")]
pub use palisade_observe as observe;
#[cfg(feature = "passwords")]
pub use palisade_passwords as passwords;
#[cfg(feature = "ratelimit")]
pub use palisade_ratelimit as ratelimit;
#[cfg(feature = "resilience")]
pub use palisade_resilience as resilience;
#[cfg(feature = "serve")]
pub use serve::serve;
