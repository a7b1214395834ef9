//! Cargo tools, prebuilt and pinned by hash, in a Python environment of their own.

use std::fs;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::process::Log;
use crate::report;

const PINNED: &str = include_str!("../../tools.txt");

/// Installs the tools of `xtask/tools.txt` unless exactly these are there.
pub(super) fn install(context: &Context, log: &Log) -> Result<()> {
    let folder = context.tools();
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PINNED) {
        return Ok(());
    }
    report::note("installing the pinned cargo tools");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let python = folder.join("bin/python3");
    let python = python.to_str().context("the target directory's path is not UTF-8")?;
    log.run(context.command("python3").args(["-m", "venv"]).arg(&folder))?;
    log.run(context.command(python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--requirement",
        "xtask/tools.txt",
    ]))?;
    fs::write(stamp, PINNED)?;
    Ok(())
}
