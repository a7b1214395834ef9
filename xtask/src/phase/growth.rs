//! Whether twice the input costs twice the work.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

/// What `cost growth` calls, and after each call of which callgrind dumps its counts.
const STEP: &str = "ic_growth";

/// A text that is twice as long may cost 2.2 times as much.
pub(super) fn check(context: &Context, log: &Log, program: &str) -> Result<(Tally, Vec<String>)> {
    let folder = context.logs().join("growth");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let dumps = folder.join("dump");
    let mut valgrind = context.command("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet", &format!("--toggle-collect={STEP}")]);
    valgrind.arg(format!("--dump-after={STEP}"));
    valgrind.arg(format!("--callgrind-out-file={}", dumps.display())).args([program, "growth"]);
    // Copies by one repeated instruction would count each byte, and only above a length.
    valgrind.env("GLIBC_TUNABLES", "glibc.cpu.x86_rep_movsb_threshold=1000000000");
    let names = log.read(&mut valgrind)?;

    let (mut tally, mut lines) = (Tally::default(), Vec::new());
    for (number, name) in (1_usize..).step_by(2).zip(names.lines()) {
        let (small, large) = (total(&dumps, number)?, total(&dumps, number.saturating_add(1))?);
        let (verdict, line) = judge(name, small, large);
        tally.add(verdict);
        lines.push(line);
    }
    ensure!(!lines.is_empty(), "`cost growth` named no text");
    fs::remove_dir_all(&folder)?;
    Ok((tally, lines))
}

fn judge(name: &str, small: u64, large: u64) -> (Tally, String) {
    let line = format!("{name}: {small} instructions, {large} for twice the text");
    if large.saturating_mul(10) <= small.saturating_mul(22) {
        (Tally::passed(1), line)
    } else {
        (Tally::failed(1), format!("{line}: more than 2.2 times"))
    }
}

/// Reads the count of a dump.
fn total(dumps: &Path, number: usize) -> Result<u64> {
    let path = format!("{}.{number}", dumps.display());
    let dump = fs::read_to_string(&path).with_context(|| format!("callgrind wrote no {path}"))?;
    let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
    total.with_context(|| format!("{path} has no total"))?.trim().parse().context("a total")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_work_passes_and_its_square_fails() {
        assert_eq!(judge("x", 1000, 2200).0, Tally::passed(1));
        assert_eq!(judge("x", 1000, 2201).0, Tally::failed(1));
        assert_eq!(judge("x", 1000, 4000).0, Tally::failed(1));
    }
}
