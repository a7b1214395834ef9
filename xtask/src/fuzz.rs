//! Fuzzing, with libFuzzer on the stable toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::context::Context;
use crate::process::Log;
use crate::report::{self, Tally};

/// What one run of `cargo xtask test` spends on fuzzing, shared by all targets.
const SMOKE: Duration = Duration::from_mins(2);

/// How many targets run side by side.
const SIDE_BY_SIDE: usize = 2;

/// Needs the whole portal, whose build takes longer than its share: fuzzed each night, and when it is
/// asked for. The tests of the portal replay what is known.
const PORTAL: &str = "portal_router";

/// The longest input; libFuzzer cuts longer ones.
const LONGEST: u64 = 4096;

/// Replays every seed and past crash, as libFuzzer does first, and fuzzes every target for its share.
///
/// Each night plain tests of `fuzz/` replay them once more, without libFuzzer.
pub(crate) fn smoke(context: &Context, log: &Log) -> Result<Tally> {
    let mut targets = targets(context)?;
    for target in &targets {
        let seeds = whole(&context.root.join("fuzz/seeds").join(target))?;
        whole(&context.root.join("fuzz/regressions").join(target))?;
        ensure!(seeds > 0, "fuzz/seeds/{target} is empty");
    }
    targets.retain(|target| target != PORTAL);
    let count = u32::try_from(targets.len()).context("too many targets")?;
    let share = SMOKE.checked_div(count).context("fuzz/fuzz_targets is empty")?.as_secs().max(1);
    build(context, log, &[])?;
    report::note(&format!("{count} targets, {share} s each, {SIDE_BY_SIDE} at a time"));
    let mut tally = Tally::default();
    for pair in targets.chunks(SIDE_BY_SIDE) {
        let outcomes: Vec<Result<bool>> = thread::scope(|scope| {
            let running: Vec<_> =
                pair.iter().map(|target| scope.spawn(|| run(context, target, share))).collect();
            running
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| bail!("a fuzzing thread panicked")))
                .collect()
        });
        for outcome in outcomes {
            tally.add(if outcome? { Tally::passed(1) } else { Tally::failed(1) });
        }
    }
    Ok(tally)
}

/// `cargo xtask fuzz TARGET SECONDS`.
pub(crate) fn one(context: &Context, target: &str, seconds: u64) -> Result<Tally> {
    let known = targets(context)?;
    if !known.iter().any(|name| name == target) {
        bail!("there is no fuzz target {target:?}; there are: {}", known.join(", "));
    }
    let log = Log::create(context.logs().join("fuzz.log"))?;
    let only = [target, "--features", "portal"];
    build(context, &log, if target == PORTAL { &only } else { &[] })
        .inspect_err(|_| report::failure(None, &log.text().unwrap_or_default(), log.path()))?;
    Ok(if run(context, target, seconds)? { Tally::passed(1) } else { Tally::failed(1) })
}

/// Counts the inputs in a folder, none of which libFuzzer may cut.
fn whole(folder: &Path) -> Result<usize> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut count = 0_usize;
    for entry in entries {
        let entry = entry?;
        let length = entry.metadata()?.len();
        ensure!(length <= LONGEST, "{} has {length} bytes", entry.path().display());
        count = count.saturating_add(usize::from(entry.file_name() != ".gitkeep"));
    }
    Ok(count)
}

/// Returns the names of the targets, in order.
fn targets(context: &Context) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(context.root.join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn folder(context: &Context) -> PathBuf {
    context.target.join("fuzz")
}

/// Builds every target, or what `more` asks cargo-fuzz for.
fn build(context: &Context, log: &Log, more: &[&str]) -> Result<()> {
    let mut cargo = context.cargo(&["fuzz", "build", "--sanitizer", "none", "--target-dir"]);
    log.run(cargo.arg(folder(context)).args(more).env("CARGO_TARGET_DIR", folder(context)))
}

/// Runs one target from its corpus, seeds and past crashes; false when it found a crash.
fn run(context: &Context, target: &str, seconds: u64) -> Result<bool> {
    let regressions = context.root.join("fuzz/regressions").join(target);
    let corpus = folder(context).join("corpus").join(target);
    let found = folder(context).join("found").join(target);
    for path in [&regressions, &corpus, &found] {
        fs::create_dir_all(path)?;
    }
    let log = Log::create(context.logs().join(format!("fuzz-{target}.log")))?;
    let mut fuzzer = context.command(&program(context, target)?);
    fuzzer
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-max_len={LONGEST}"))
        .args(["-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .args([&corpus, &context.root.join("fuzz/seeds").join(target), &regressions]);
    let clean = log.status(&mut fuzzer)?.success();
    if !clean {
        report::failure(None, &log.text()?, log.path());
        keep(&found, &regressions)?;
    }
    Ok(clean)
}

/// Moves what was found to the past crashes, which are replayed from now on.
fn keep(found: &Path, regressions: &Path) -> Result<()> {
    for entry in fs::read_dir(found)? {
        let path = entry?.path();
        let kept = regressions.join(path.file_name().context("a crash file without a name")?);
        fs::copy(&path, &kept)?;
        fs::remove_file(&path)?;
        report::note(&format!("kept {} (commit it with the fix)", kept.display()));
    }
    Ok(())
}

/// cargo-fuzz puts the programs under the name of the machine's target triple.
fn program(context: &Context, target: &str) -> Result<String> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let path = folder(context).join(triple).join("release").join(target);
    path.to_str().map(str::to_owned).context("the target directory's path is not UTF-8")
}
