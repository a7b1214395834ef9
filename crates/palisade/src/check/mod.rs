//! What is wrong with a deployment, said before it serves anybody.
//!
//! An application tells a [`Deployment`] what it knows of itself; [`Deployment::check`] is a plain
//! function of that and says everything that is wrong, each with what to do. Print it at every
//! start, and refuse to serve real users while [`Findings::has_errors`].
//!
//! Each [`Code`] is explained in `docs/FINDINGS.md` of the repository.

mod code;
mod deployment;
mod files;
mod finding;
mod place;
mod policy;

pub use code::{Code, Level};
pub use deployment::{Audit, Cors, Deployment, Guard, Kept, Secret};
pub use files::{Exposed, exposed};
pub use finding::{Finding, Findings};
