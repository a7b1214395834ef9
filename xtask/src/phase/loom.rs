//! Models in which every interleaving of threads is tried.

use anyhow::Result;

use super::suite::{nextest_summary, settle};
use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let mut cargo = context.cargo(&["nextest", "run", "--locked", "--package", "loom-tests"]);
    cargo.args(["--cargo-profile", "model"]).env("CARGO_TARGET_DIR", context.target.join("loom"));
    // `--cfg loom` alone would reach tokio too, which then lacks what the tests use.
    let status = log.status(cargo.env("RUSTFLAGS", "--cfg palisade_loom"))?;
    Ok(settle(status.success(), nextest_summary(&log.text()?)))
}
