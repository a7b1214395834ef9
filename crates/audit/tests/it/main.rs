//! Every promise of the crate, and every mistake known from elsewhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::naive_bytecount,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking; tables read best with plain values"
)]

mod archive;
#[cfg(feature = "clap")]
mod command;
#[cfg(target_os = "linux")]
mod device;
#[cfg(any(feature = "rusqlite", feature = "sqlx-postgres"))]
mod filters;
mod full;
mod kill;
mod layer;
mod mirrors;
mod pending;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
mod proofs;
#[cfg(feature = "rusqlite")]
mod query;
mod record;
#[cfg(unix)]
mod room;
#[cfg(feature = "axum")]
mod routes;
mod security;
mod tamper;

use std::path::{Path, PathBuf};

use palisade_audit::{AuditLog, Builder, LogKey};

fn key() -> LogKey {
    LogKey::from_seed("example.com/log", &[7; 32]).unwrap()
}

fn builder(folder: &Path) -> Builder {
    AuditLog::builder(folder, key())
}

fn open(folder: &Path) -> AuditLog {
    builder(folder).open().unwrap()
}

/// Returns the files of events, in order.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    names.sort();
    names
}

/// Returns every line of the log, in order.
fn lines(folder: &Path) -> Vec<String> {
    let text = segments(folder).into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    text.collect::<String>().lines().map(str::to_owned).collect()
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap()
}
