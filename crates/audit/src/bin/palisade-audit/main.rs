//! `palisade-audit`: checks, reads, proves, copies and cuts the log in a folder.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to people")]

mod arguments;
mod find;
mod record;
mod tasks;

use std::process::ExitCode;

/// The log is what it should be.
const GOOD: u8 = 0;
/// The log is not what was sealed, or has not what was asked for.
const BAD: u8 = 1;
/// Nothing could be found out.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let matches = arguments::command().get_matches();
    let code = tasks::run(&matches).unwrap_or_else(|error| {
        eprintln!("palisade-audit: {error}");
        FAILED
    });
    ExitCode::from(code)
}
