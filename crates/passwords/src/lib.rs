#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
pub mod fields;
mod filter;
mod hash;
mod hasher;
mod keys;
pub mod leak_guard;
mod legacy;
pub mod must_change;
mod policy;
mod pool;
mod random;
pub mod reset;
mod secret;
pub mod session;
pub mod temporary;

pub use error::{ConfigError, Overloaded};
pub use hash::{Arena, Ceiling, Params};
pub use hasher::{
    Attempt, Hasher, Load, Scheme, Upgrade, UpgradeOutcome, Verdict, Verified, Workers,
};
pub use keys::{KeyFinding, SecretKeyError, SecretKeys, SignedBy};
pub use legacy::Legacy;
pub use policy::{Context, Factor, Policy, Refusal, Violation};
#[cfg(feature = "zxcvbn")]
pub use policy::{EstimatedPolicy, Strength};
pub use pool::Ticket;
pub use random::{OsRandom, Random, RandomError};
pub use secret::{Accepted, Candidate};
