//! The share of lines that tests run.

use anyhow::Result;

use crate::context::Context;
use crate::process::Log;
use crate::report::{self, Tally};

/// Per cent of the lines of `crates/`; raise it as it rises.
const LINES: &str = "88";

/// Everything that is not the source of a crate.
const IGNORED: &str = "/(examples|xtask|tests|target)/";

pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let mut cargo = context.cargo(&["llvm-cov", "report", "--summary-only"]);
    cargo.args(["--ignore-filename-regex", IGNORED, "--fail-under-lines", LINES]);
    let status = log.status(&mut cargo)?;
    // Columns of the last line: regions, functions and lines, each as count, missed, per cent.
    if let Some(total) = log.text()?.lines().rfind(|line| line.starts_with("TOTAL")) {
        let lines = total.split_whitespace().nth(9).unwrap_or("unknown");
        report::note(&format!("lines covered: {lines} (at least {LINES} %)"));
    }
    Ok(if status.success() { Tally::passed(1) } else { Tally::failed(1) })
}
