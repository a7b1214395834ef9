//! Hashing and verifying: as plain functions ([`Scheme`]) and as a service that survives a flood
//! ([`Hasher`]).

mod attempt;
mod decoys;
#[cfg(test)]
#[cfg(all(
    feature = "aspnet",
    feature = "django",
    feature = "ldap",
    feature = "werkzeug",
    feature = "wordpress"
))]
mod enumeration;
mod scheme;
mod service;
mod verdict;
mod workers;

pub use attempt::Attempt;
pub use scheme::Scheme;
pub use service::{Hasher, Load};
pub use verdict::{Upgrade, UpgradeOutcome, Verdict, Verified};
pub use workers::Workers;
