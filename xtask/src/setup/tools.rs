//! Cargo tools, prebuilt and pinned by hash, in a Python environment of their own.

use anyhow::Result;

use super::python;
use crate::context::Context;
use crate::process::Log;
use crate::report;

const PINNED: &str = include_str!("../../tools.txt");

/// Installs the tools of `xtask/tools.txt` unless exactly these are there.
pub(super) fn install(context: &Context, log: &Log) -> Result<()> {
    let folder = context.tools();
    if python::is_installed(&folder, PINNED) {
        return Ok(());
    }
    report::note("installing the pinned cargo tools");
    python::environment(context, log, &folder, "xtask/tools.txt")?;
    python::finish(&folder, PINNED)
}
