//! House rules: what a newcomer relies on and no compiler checks.

mod diagrams;
mod documents;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::process::Log;
use crate::report::Tally;

/// A rule looks at the tree and says what is wrong, a line for each place.
type Rule = fn(&Context) -> Result<Vec<String>>;

const RULES: &[Rule] = &[
    rooms::files_are_short,
    rooms::sources_are_ascii,
    rooms::crates_are_complete,
    documents::links_lead_somewhere,
    documents::commands_exist,
    documents::every_crate_is_listed,
    documents::proofs_exist,
    diagrams::name_what_exists,
];

pub(crate) fn check(context: &Context, log: &Log) -> Result<Tally> {
    let mut tally = Tally::default();
    for rule in RULES {
        let broken = rule(context)?;
        tally.add(if broken.is_empty() { Tally::passed(1) } else { Tally::failed(1) });
        for line in broken {
            log.note(&line)?;
        }
    }
    Ok(tally)
}

/// Returns the folder names of `crates/`, in order.
pub(crate) fn crates(context: &Context) -> Result<Vec<String>> {
    members(context, "crates")
}

/// Returns the packages of `benches/` that compare: `cost` counts instructions instead, `harness`
/// serves the others.
pub(crate) fn benches(context: &Context) -> Result<Vec<String>> {
    Ok(members(context, "benches")?
        .into_iter()
        .filter(|name| name != "cost" && name != "harness")
        .collect())
}

/// Returns the folders below `folder` that hold a package, in order.
fn members(context: &Context, folder: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(context.root.join(folder))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Returns every file below `folder` with that ending, build output left out.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with(".git") {
                waiting.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Returns a path as people write it, from the root.
fn shown(context: &Context, path: &Path) -> String {
    path.strip_prefix(&context.root).unwrap_or(path).display().to_string()
}
