//! What the commands print.

use std::path::Path;
use std::time::Duration;

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    pub(crate) const fn passed(passed: u64) -> Self {
        Self { passed, failed: 0 }
    }

    pub(crate) const fn failed(failed: u64) -> Self {
        Self { passed: 0, failed }
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

pub(crate) fn listed(name: &str, about: &str) {
    println!("{BOLD}{name:<10}{BOLD:#} {about}");
}

pub(crate) fn note(text: &str) {
    println!("           {text}");
}

pub(crate) fn begun(position: usize, count: usize, name: &str, about: &str) {
    println!("{BOLD}[{position:>2}/{count}] {name}{BOLD:#}: {about}");
}

pub(crate) fn ended(tally: Tally, took: Duration) {
    let seconds = took.as_secs_f64();
    if tally.failed == 0 {
        println!("        {GREEN}ok{GREEN:#}      {:>4} passed, {seconds:.1} s", tally.passed);
    } else {
        println!(
            "        {RED}FAILED{RED:#}  {:>4} passed, {} failed, {seconds:.1} s",
            tally.passed, tally.failed
        );
    }
}

/// Shows the end of what a failed phase printed.
pub(crate) fn failure(error: Option<&anyhow::Error>, log: &str, path: &Path) {
    const SHOWN: usize = 120;
    let lines: Vec<&str> = log.lines().collect();
    for line in lines.iter().skip(lines.len().saturating_sub(SHOWN)) {
        println!("    | {line}");
    }
    if let Some(error) = error {
        println!("    {RED}{error:#}{RED:#}");
    }
    println!("    all of it: {}", path.display());
}

/// The closing line, which other programs read too.
pub(crate) fn total(tally: Tally) {
    println!("{} passed, {} failed", tally.passed, tally.failed);
}

pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("{RED}error{RED:#}: {error:#}");
}
