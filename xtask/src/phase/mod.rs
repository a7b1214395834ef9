//! `cargo xtask test`: the phases, in the order in which they fail soonest.

mod cost;
mod coverage;
mod docs;
mod growth;
mod lint;
mod loom;
mod package;
mod suite;
mod supply;

use anyhow::{Result, bail};
use palisade_core::{Clock, SystemClock};

use crate::context::Context;
use crate::process::Log;
use crate::report::{self, Tally};
use crate::{fuzz, house, setup};

type Run = fn(&Context, &Log) -> Result<Tally>;

struct Phase {
    name: &'static str,
    about: &'static str,
    run: Run,
}

const PHASES: &[Phase] = &[
    phase("setup", "the programs and tools that the checks need are here", installed),
    phase("fmt", "every file is formatted", lint::fmt),
    phase("house", "house rules: rooms, documents and the commands they name", house::check),
    phase("deny", "licences, sources and bans; no unused dependency; spelling", supply::check),
    phase("clippy", "no lint warns, in all targets with all features", lint::clippy),
    phase("features", "each feature alone compiles without a warning", lint::features),
    phase("tests", "unit and integration tests against real servers", suite::nextest),
    phase("browser", "pages in a real Chromium", suite::browser),
    phase("coverage", "the tests run at least this share of the lines of crates/", coverage::check),
    phase("doctests", "the examples of the documentation run", suite::doctests),
    phase("docs", "the documentation renders without a warning", docs::check),
    phase(
        "package",
        "each crate builds from its tarball, and the README's program on top",
        package::check,
    ),
    phase("loom", "models of the lock-free code, all interleavings", loom::check),
    phase(
        "cost",
        "instructions: hot paths within benches/budgets.toml, twice the text twice the work",
        cost::check,
    ),
    phase("fuzz", "seeds and past crashes replayed, then every target fuzzed", fuzz::smoke),
];

const fn phase(name: &'static str, about: &'static str, run: Run) -> Phase {
    Phase { name, about, run }
}

pub(crate) fn list() {
    for phase in PHASES {
        report::listed(phase.name, phase.about);
    }
}

/// Runs the named phases, or all, to the end and prints the closing line.
pub(crate) fn run(context: &Context, only: &[String]) -> Result<Tally> {
    for name in only {
        if !PHASES.iter().any(|phase| phase.name == name) {
            bail!("there is no phase {name:?}; `cargo xtask test --list` names them");
        }
    }
    let chosen: Vec<&Phase> = PHASES
        .iter()
        .filter(|phase| only.is_empty() || only.iter().any(|name| name == phase.name))
        .collect();
    let clock = SystemClock::new();
    let mut total = Tally::default();
    for (position, phase) in (1..).zip(&chosen) {
        report::begun(position, chosen.len(), phase.name, phase.about);
        let start = clock.now();
        let log = Log::create(context.logs().join(format!("{}.log", phase.name)))?;
        let outcome = (phase.run)(context, &log);
        let error = outcome.as_ref().err();
        let tally = outcome.as_ref().copied().unwrap_or(Tally::failed(1));
        if tally.failed > 0 {
            report::failure(error, &log.text()?, log.path());
        }
        report::ended(tally, clock.now().duration_since(start));
        total.add(tally);
    }
    report::total(total);
    Ok(total)
}

fn installed(context: &Context, log: &Log) -> Result<Tally> {
    setup::install(context, log).map(|()| Tally::passed(1))
}
