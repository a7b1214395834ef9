//! Typed header values: one file per family.

mod framing;
mod hsts;
mod integrity;
mod isolation;
mod permissions;
mod referrer;
mod reporting;

pub use framing::Framing;
pub use hsts::Hsts;
pub use integrity::IntegrityPolicy;
pub use isolation::{EmbedderPolicy, OpenerPolicy, ResourcePolicy};
pub use permissions::{Feature, PermissionsPolicy};
pub use referrer::ReferrerPolicy;
pub use reporting::Endpoint;
pub(crate) use reporting::Reporting;
