//! Tests, run under coverage so that one build serves both.

use std::process::Stdio;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

/// Tests that drive Chromium: in a test program or a module of this name.
const BROWSER: &str = r"binary(=browser) | test(/\bbrowser::/)";

pub(super) fn nextest(context: &Context, log: &Log) -> Result<Tally> {
    // What earlier builds left would be counted as lines that nobody runs.
    log.run(&mut context.cargo(&["llvm-cov", "clean", "--workspace"]))?;
    run(context, log, &format!("not ({BROWSER})"))
}

pub(super) fn browser(context: &Context, log: &Log) -> Result<Tally> {
    run(context, log, BROWSER)
}

fn run(context: &Context, log: &Log, filter: &str) -> Result<Tally> {
    let mut cargo = context.cargo(&["llvm-cov", "--no-report", "--no-cfg-coverage", "nextest"]);
    cargo.args(["--locked", "--workspace", "--all-features", "--no-fail-fast"]);
    cargo.args(["--status-level", "slow", "-E", filter]);
    let status = log.status(&mut cargo)?;
    Ok(settle(status.success(), nextest_summary(&log.text()?)))
}

pub(super) fn doctests(context: &Context, log: &Log) -> Result<Tally> {
    let mut cargo = context.cargo(&["test", "--doc", "--locked", "--workspace", "--all-features"]);
    cargo.arg("--no-fail-fast").envs(as_the_tests_are_built(context)?);
    cargo.env("CARGO_TARGET_DIR", context.target.join("llvm-cov-target"));
    let status = log.status(cargo.env("LLVM_PROFILE_FILE", "/dev/null"))?;
    Ok(settle(status.success(), libtest_summary(&log.text()?)))
}

/// Returns the environment in which cargo finds what the tests under coverage were built on.
fn as_the_tests_are_built(context: &Context) -> Result<Vec<(String, String)>> {
    let mut cargo = context.cargo(&["llvm-cov", "show-env", "--no-cfg-coverage"]);
    let output = cargo.stderr(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("cargo llvm-cov show-env: {}", output.status);
    }
    let text = String::from_utf8(output.stdout)?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect())
}

/// A run that ended badly without a failed test failed to build: that counts as one.
pub(super) const fn settle(success: bool, counted: Tally) -> Tally {
    if success || counted.failed > 0 { counted } else { Tally { failed: 1, ..counted } }
}

/// Reads `Summary [ 1.2s] 8 tests run: 7 passed (1 slow), 1 failed, 0 skipped`.
pub(super) fn nextest_summary(text: &str) -> Tally {
    let line = text.lines().rfind(|line| line.trim_start().starts_with("Summary ["));
    line.map_or_else(Tally::default, |line| {
        let failed = ["failed", "timed out"].iter().map(|word| count_before(line, word)).sum();
        Tally { passed: count_before(line, "passed"), failed }
    })
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; ...`.
fn libtest_summary(text: &str) -> Tally {
    let mut sum = Tally::default();
    for line in text.lines().filter(|line| line.starts_with("test result: ")) {
        let (passed, failed) = (count_before(line, "passed"), count_before(line, "failed"));
        sum.add(Tally { passed, failed });
    }
    sum
}

/// Returns the number that stands before a word, 0 without one.
fn count_before(line: &str, word: &str) -> u64 {
    let before = line.split_once(&format!(" {word}")).map(|(before, _)| before);
    let number = before.and_then(|before| before.rsplit([' ', '.', '(']).next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_runners_say() {
        let nextest = "  PASS [x]\n     Summary [   1.204s] 9 tests run: 7 passed (1 slow), 1 failed, \
                       1 timed out, 3 skipped\n";
        assert_eq!(nextest_summary(nextest), Tally { passed: 7, failed: 2 });
        let libtest = "test result: ok. 3 passed; 0 failed; 0 ignored\n\
                       test result: FAILED. 2 passed; 1 failed; 0 ignored\n";
        assert_eq!(libtest_summary(libtest), Tally { passed: 5, failed: 1 });
    }

    #[test]
    fn a_run_that_fails_to_build_is_one_failure() {
        assert_eq!(settle(false, nextest_summary("error: no such file")), Tally::failed(1));
        assert_eq!(settle(false, Tally { passed: 3, failed: 2 }), Tally { passed: 3, failed: 2 });
    }
}
