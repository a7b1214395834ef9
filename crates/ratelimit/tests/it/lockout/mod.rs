//! The login lockout.

mod attempts;
mod crash;
mod events;
mod flood;
mod memory;
mod mixed;
mod model;
mod outage;
mod postgres;
mod redis;
mod schema;
mod sqlite;
