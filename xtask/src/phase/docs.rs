//! The rendered documentation.

use anyhow::Result;

use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let mut cargo = context.cargo(&["doc", "--locked", "--workspace", "--all-features"]);
    log.run(cargo.arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Tally::passed(1))
}
