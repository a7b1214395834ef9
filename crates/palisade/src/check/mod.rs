//! What is wrong with a deployment, said before it serves anybody.
//!
//! An application tells a [`Deployment`] what it knows of itself; [`Deployment::check`] is a plain
//! function of that and says everything that is wrong, each with what to do. Print it at every
//! start, and refuse to serve real users while [`Findings::has_errors`].
//!
//! `Shield::deployment` (feature `shield`) begins with all that a shield is made of; then the
//! application tells only what nobody else knows: its public url, secrets, instances, files and
//! logins.
//!
//! Each [`Code`] is explained in `docs/FINDINGS.md` of the repository.

mod code;
mod deployment;
mod facts;
mod files;
mod finding;
mod judgement;
mod place;
mod policy;
#[cfg(feature = "ratelimit")]
mod probe;

pub use code::{Code, Level};
pub use deployment::Deployment;
pub use facts::{Audit, Cors, Duty, Guard, Kept, Secret};
pub use files::{Exposed, exposed};
pub use finding::{Finding, Findings};
