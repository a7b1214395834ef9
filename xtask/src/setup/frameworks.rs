//! Web frameworks of other languages, pinned by hash: tests compare with what they compute.

use std::fs;

use anyhow::Result;

use super::python;
use crate::context::Context;
use crate::process::Log;
use crate::report;

/// Of Python, of npm.
const PINNED: &str = concat!(
    include_str!("../../frameworks/requirements.txt"),
    include_str!("../../frameworks/package-lock.json")
);

/// Installs what `xtask/frameworks` pins unless exactly that is there.
pub(super) fn install(context: &Context, log: &Log) -> Result<()> {
    let folder = context.target.join("frameworks");
    if python::is_installed(&folder, PINNED) {
        return Ok(());
    }
    report::note("installing the pinned frameworks of Python and npm");
    python::environment(context, log, &folder, "xtask/frameworks/requirements.txt")?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(context.root.join("xtask/frameworks").join(file), folder.join(file))?;
    }
    let mut npm = context.command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]);
    log.run(npm.arg(&folder))?;
    python::finish(&folder, PINNED)
}
