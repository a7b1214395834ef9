//! Stores that many processes share.

mod faults;
mod model;
pub(crate) mod postgres;
mod redis;
mod sqlite;
