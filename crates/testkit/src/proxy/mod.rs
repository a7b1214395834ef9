//! Real reverse proxies in front of a server under test.

mod haproxy;
mod nginx;
mod reverse;

pub use haproxy::Haproxy;
pub use nginx::{AUTHORITY, Nginx};
pub use reverse::{Announce, ReverseProxy};
