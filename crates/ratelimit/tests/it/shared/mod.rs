//! Stores that many processes share.

mod faults;
mod model;
mod postgres;
mod redis;
mod sqlite;
