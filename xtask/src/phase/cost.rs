//! Instructions of the hot paths, counted by callgrind.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::growth;
use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budgets {
    instructions: BTreeMap<String, u64>,
}

/// How often a case is counted before it fails: a hash table has another seed in each process, and
/// now and then two of its keys meet.
const ROUNDS: usize = 5;

/// A case may cost 2 % more than its budget before it fails; a case without one fails too.
pub(super) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let budgets: Budgets =
        toml::from_str(&fs::read_to_string(context.root.join("benches/budgets.toml"))?)?;
    let target = context.target.join("benches");
    let mut build = context.cargo(&["build", "--locked", "--release", "--package", "cost"]);
    log.run(
        build.args(["--manifest-path", "benches/Cargo.toml"]).env("CARGO_TARGET_DIR", &target),
    )?;
    let program = target.join("release/cost");
    let program = program.to_str().context("the target directory's path is not UTF-8")?;
    let listed = log.read(&mut context.command(program))?;
    let cases: Vec<&str> = listed.lines().collect();

    let mut lines = Vec::new();
    let mut tally = Tally::default();
    for case in &cases {
        let budget = budgets.instructions.get(*case).copied();
        let (mut verdict, mut line) = (Tally::default(), String::new());
        for _ in 0..ROUNDS {
            (verdict, line) = judge(case, instructions(context, log, program, case)?, budget);
            if verdict == Tally::passed(1) || budget.is_none() {
                break;
            }
        }
        tally.add(verdict);
        lines.push(line);
    }
    for stale in budgets.instructions.keys().filter(|name| !cases.contains(&name.as_str())) {
        tally.add(Tally::failed(1));
        lines.push(format!("{stale}: has a budget but is not measured any more; remove it"));
    }
    let (grown, told) = growth::check(context, log, program)?;
    tally.add(grown);
    lines.extend(told);
    log.note(&lines.join("\n"))?;
    Ok(tally)
}

fn judge(case: &str, counted: u64, budget: Option<u64>) -> (Tally, String) {
    match budget {
        None => (Tally::failed(1), format!("{case}: {counted} instructions, and no budget yet")),
        Some(budget) if counted > budget.saturating_add(budget.div_ceil(50)) => {
            (Tally::failed(1), format!("{case}: {counted} instructions, budget {budget} + 2 %"))
        }
        Some(budget) => (Tally::passed(1), format!("{case}: {counted} of {budget} instructions")),
    }
}

fn instructions(context: &Context, log: &Log, program: &str, case: &str) -> Result<u64> {
    let mut valgrind = context.command("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(format!("--toggle-collect={case}")).args([program, case]);
    let before = log.text()?.len();
    log.run(&mut valgrind)?;
    let text = log.text()?;
    let collected = text.get(before..).unwrap_or_default().lines().find_map(|line| {
        line.split_once("Collected : ").and_then(|(_, number)| number.trim().parse().ok())
    });
    collected.with_context(|| format!("callgrind counted nothing in {case}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_per_cent_over_the_budget_pass_and_more_fails() {
        assert_eq!(judge("ic_x", 1020, Some(1000)).0, Tally::passed(1));
        assert_eq!(judge("ic_x", 1021, Some(1000)).0, Tally::failed(1));
        assert_eq!(judge("ic_x", 1, None).0, Tally::failed(1));
    }
}
