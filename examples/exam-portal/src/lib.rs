#![doc = include_str!("../README.md")]

mod access;
mod accounts;
mod announcements;
mod answers;
mod api;
mod app;
mod backup;
#[cfg(test)]
mod bench;
mod caches;
mod config;
mod deployment;
mod edge;
mod exams;
mod fields;
mod figures;
mod folder;
mod headers;
mod health;
mod inside;
#[cfg(test)]
mod leaks;
mod limits;
mod log;
mod must_change;
mod pages;
mod payments;
mod refusal;
mod resets;
#[cfg(test)]
mod routes;
mod secret;
mod server;
mod sessions;
mod settings;
mod start;
mod state;
mod store;
mod students;
mod trail;

pub use inside::{Inside, InsideError};
pub use start::run;
