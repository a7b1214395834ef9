//! `cargo xtask bench`: ratios to a peer and to a hand-written floor, taken in one process.

use std::fs;

use anyhow::{Result, bail};
use jiff::Timestamp;
use palisade_core::{Clock, SystemClock};

use crate::context::Context;
use crate::house::benches;
use crate::process::Log;
use crate::report::{self, Tally};

const PAGE: &str = "docs/PERFORMANCE.md";

/// Runs each bench, prints its table and puts it into its section of the page.
pub(crate) fn run(context: &Context, names: &[String]) -> Result<Tally> {
    let known = benches(context)?;
    for name in names {
        if !known.contains(name) {
            bail!("there is no bench {name:?}; there are: {}", known.join(", "));
        }
    }
    let chosen: Vec<&String> =
        known.iter().filter(|name| names.is_empty() || names.contains(name)).collect();
    let log = Log::create(context.logs().join("bench.log"))?;
    let mut tally = Tally::default();
    for (position, name) in (1..).zip(&chosen) {
        report::begun(position, chosen.len(), name, "ours, a peer and a floor, interleaved");
        let mut cargo = context.cargo(&["run", "--release", "--locked", "--quiet"]);
        cargo.args(["--manifest-path", "benches/Cargo.toml", "--package", name]);
        cargo.env("CARGO_TARGET_DIR", context.target.join("benches"));
        let table = log
            .read(&mut cargo)
            .inspect_err(|_| report::failure(None, &log.text().unwrap_or_default(), log.path()))?;
        table.lines().for_each(report::note);
        let page = fs::read_to_string(context.root.join(PAGE))?;
        fs::write(context.root.join(PAGE), with_section(&page, name, &today()?, table.trim()))?;
        tally.add(Tally::passed(1));
    }
    Ok(tally)
}

fn today() -> Result<String> {
    Ok(Timestamp::try_from(SystemClock::new().wall())?.strftime("%Y-%m-%d").to_string())
}

/// Replaces the section `## name (date)`, or adds it at the end.
fn with_section(page: &str, name: &str, date: &str, table: &str) -> String {
    let heading = format!("## {name} (");
    let section = format!("## {name} ({date})\n\n{table}\n");
    let mut parts: Vec<String> = Vec::new();
    for line in page.lines() {
        match parts.last_mut() {
            Some(part) if !line.starts_with("## ") => {
                part.push('\n');
                part.push_str(line);
            }
            _ => parts.push(line.to_owned()),
        }
    }
    match parts.iter_mut().find(|part| part.starts_with(&heading)) {
        Some(part) => *part = section,
        None => parts.push(section),
    }
    let trimmed: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
    trimmed.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_added_once_and_then_replaced() {
        let first = with_section("# Performance\n\nHow.\n", "edge", "2026-01-01", "| a |");
        assert_eq!(first, "# Performance\n\nHow.\n\n## edge (2026-01-01)\n\n| a |\n");
        let both = with_section(&first, "cache", "2026-01-02", "| b |");
        let again = with_section(&both, "edge", "2026-01-03", "| c |");
        assert_eq!(
            again,
            "# Performance\n\nHow.\n\n## edge (2026-01-03)\n\n| c |\n\n## cache (2026-01-02)\n\n| b |\n"
        );
    }
}
