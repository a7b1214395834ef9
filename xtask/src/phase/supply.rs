//! What the project takes from others, and its spelling.

use anyhow::Result;

use super::lint::MANIFESTS;
use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    // Advisories need a database from elsewhere: they run on a schedule, see .github/workflows.
    for manifest in MANIFESTS {
        let mut deny = context.cargo(&["deny", "--manifest-path", manifest, "--locked", "check"]);
        log.run(deny.args(["--config", "deny.toml", "bans", "licenses", "sources"]))?;
    }
    log.run(&mut context.cargo(&["shear"]))?;
    log.run(&mut context.command("typos"))?;
    Ok(Tally::passed(3))
}
