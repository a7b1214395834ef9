//! Models in which every interleaving of threads is tried.

use anyhow::Result;

use crate::context::Context;
use crate::house::crates;
use crate::process::Log;
use crate::report::Tally;

pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let mut models = 0_u64;
    for name in crates(context)? {
        if !context.root.join(format!("crates/{name}/tests/loom.rs")).exists() {
            continue;
        }
        let package = format!("palisade-{name}");
        let mut cargo =
            context.cargo(&["test", "--locked", "--profile", "model", "--package", &package]);
        cargo.args(["--test", "loom"]).env("CARGO_TARGET_DIR", context.target.join("loom"));
        // `--cfg loom` alone would reach tokio too, which then lacks what the tests use.
        log.run(cargo.env("RUSTFLAGS", "--cfg palisade_loom"))?;
        models = models.saturating_add(1);
    }
    Ok(Tally::passed(models))
}
