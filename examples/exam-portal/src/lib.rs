#![doc = include_str!("../README.md")]

mod api;
mod app;
mod config;
mod edge;
mod health;
mod log;
mod pages;
mod refusal;
mod server;
mod start;
mod store;
mod students;

pub use start::run;
