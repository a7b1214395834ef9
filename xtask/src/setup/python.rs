//! Python environments of their own, with exactly what is pinned.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::process::Log;

/// Whether a folder holds what the last installation of exactly these pins left.
pub(super) fn is_installed(folder: &Path, pins: &str) -> bool {
    fs::read_to_string(folder.join("installed.txt")).is_ok_and(|installed| installed == pins)
}

/// Makes the environment anew and installs a file of pins that stands in the root.
pub(super) fn environment(
    context: &Context,
    log: &Log,
    folder: &Path,
    requirements: &str,
) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let python = folder.join("bin/python3");
    let python = python.to_str().context("the target directory's path is not UTF-8")?;
    log.run(context.command("python3").args(["-m", "venv"]).arg(folder))?;
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
        requirements,
    ]))
}

/// Notes that all of it is there.
pub(super) fn finish(folder: &Path, pins: &str) -> Result<()> {
    Ok(fs::write(folder.join("installed.txt"), pins)?)
}
