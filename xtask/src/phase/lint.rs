//! What the compiler and clippy say.

use anyhow::Result;

use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

/// The manifests of the three workspaces.
pub(super) const MANIFESTS: [&str; 3] = ["Cargo.toml", "benches/Cargo.toml", "fuzz/Cargo.toml"];

/// Applications and packages of tests, which have no features.
const FEATURELESS: [&str; 6] =
    ["cluster", "compile-tests", "exam-portal", "loom-tests", "quickstart", "xtask"];

pub(super) fn fmt(context: &Context, log: &Log) -> Result<Tally> {
    for manifest in MANIFESTS {
        log.run(&mut context.cargo(&["fmt", "--manifest-path", manifest, "--all", "--check"]))?;
    }
    Ok(Tally::passed(1))
}

pub(super) fn clippy(context: &Context, log: &Log) -> Result<Tally> {
    for manifest in MANIFESTS {
        let mut clippy = context.cargo(&["clippy", "--locked", "--manifest-path", manifest]);
        clippy.args(["--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]);
        log.run(&mut clippy)?;
    }
    Ok(Tally::passed(1))
}

pub(super) fn features(context: &Context, log: &Log) -> Result<Tally> {
    let mut hack = context.cargo(&["hack", "clippy", "--locked", "--workspace", "--each-feature"]);
    // All of them together are the phase before.
    hack.arg("--exclude-all-features");
    for without in FEATURELESS {
        hack.args(["--exclude", without]);
    }
    log.run(hack.args(["--", "-D", "warnings"]))?;
    Ok(Tally::passed(1))
}
