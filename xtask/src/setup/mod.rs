//! `cargo xtask setup`: what the checks need and this machine lacks.

mod debian;
mod frameworks;
mod python;
mod tools;

use anyhow::Result;

use crate::context::Context;
use crate::process::Log;
use crate::report;

/// Installs what is missing and says so; does nothing, and quickly, where all is there.
pub(crate) fn run(context: &Context) -> Result<()> {
    let log = Log::create(context.logs().join("setup.log"))?;
    install(context, &log).inspect_err(|_| {
        report::failure(None, &log.text().unwrap_or_default(), log.path());
    })
}

pub(crate) fn install(context: &Context, log: &Log) -> Result<()> {
    debian::install(context, log)?;
    tools::install(context, log)?;
    frameworks::install(context, log)
}
