//! The portal from outside: its real binary, over real connections.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; its patience is measured by the clock of the machine"
)]

mod accounts;
mod asked;
mod attack;
mod audit;
mod backup;
mod bad_input;
mod between;
mod browser;
mod caches;
mod check;
mod database;
mod drain;
mod edge;
mod errors;
mod forms;
mod headers;
mod health;
mod hostile;
mod inside;
mod limits;
mod live;
mod lockout;
mod log;
mod noise;
mod openapi;
mod ops;
mod pages;
mod portal;
mod postgres;
mod records;
mod resets;
mod scripts;
mod security_page;
mod stories;
mod students;
